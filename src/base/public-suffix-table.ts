// Made by scripts/public-suffixes.ts from the Public Suffix List (https://publicsuffix.org/list/), which is under the
// Mozilla Public License 2.0; so is this file (https://mozilla.org/MPL/2.0/). Do not edit.
export const publicSuffixTable = `
!city *:kawasaki.jp kitakyushu.jp kobe.jp nagoya.jp sapporo.jp sendai.jp yokohama.jp;!www *:ck;**:aivencloud.com
amazonaws.com amazonaws.com.cn amazoncognito.com amazonlightsail.com amazonwebservices.com.cn amazonwebservices.eu
azurestaticapps.net azurewebsites.net cloudworkstations.dev crm.dev devtunnels.ms elasticbeanstalk.com evennode.com
gitpod.io int.apple ncloudstorage.com ngrok.io nip.io on.aws sagemaker.aws sslip.io usgovcloudapi.net webcontainer.io
windows.net;*:0emm.com alces.network apps.grok.bot appwrite.run at.playit.plus at.ply.gg atlassian-3p-us-gov-mod.com
atlassian-3p.com atlassian-isolated-3p.com auiusercontent.com awsapprunner.com azure.databricksapps.com
azurecontainer.io beget.app begetcdn.cloud build.run builder.code.com builtwithrocket.new c.ts.net cloudera.site
clusters.rdpa.co code.run compute.estate compute.herokuapp.com cursorusercontent.com customer-oci.com database.run
dev-builder.code.com dev.adobeaemcloud.com developer.app devinapps.com digitaloceanspaces.com dweb.link er eth.limo
eth.link ewp.live fk gateway.dev hosted.app hosting.ovh.net icp.net id.pub inbrowser.dev inbrowser.link jm kin.one
kin.pub lcl.dev lclstage.dev linodeobjects.com localto.net lutrausercontent.com magentosite.cloud metaaiusercontent.com
migration.run mm moonscale.io mtls.run.app nodebalancer.linode.com nom.br northflank.app np nxa.eu oaiusercontent.com
oci.customer-oci.com ocp.customer-oci.com ocs.customer-oci.com on-k3s.io on-rancher.cloud on-rio.io oraclecloudapps.com
oraclegovcloudapps.com otap.co owo.codes pages.grok.bot paywhirl.com pg platformsh.site private.repost.aws
privatelink.snowflake.app qualyhqpartner.com qualyhqportal.com quipelements.com r.appspot.com raw.icp0.io raw.icp1.io
replit.dev run.app s.brave.app s.brave.dev s.brave.io sch.uk services.clever-cloud.com snowflake.app srvrless.rdpa.co
statics.cloud stg-builder.code.com stg.dev stgstage.dev stolos.io sys.qcx.io teams.replit.dev telebit.xyz transurl.eu
triton.zone tst.site upsun.app user.localcert.dev usercontent.goog vultrobjects.com wadl.top webhare.dev
webpaas.ovh.net xmit.co zerops.app zerops.zone ztna-dingtalk.com;1337:pictures;180r 1kapp 3utilities 4u a2hosted
adobeaemcloud africa alibabacloudcs amplifyapp appchizi applinzi apps-1and1 appspacehosted appspaceusercontent appspot
atmeta authgear-staging authgearapps awsapps awsglobalaccelerator balena-devices base44-sandbox blogspot blogsyte
boutir bplaced br builtwithdark bumbleshrimp cafjs canva-apps canva-hosted-embed canvacode cdn77-storage cechire
cf-ipfs ciscofreak claudeusercontent cloudflare-ipfs cn co codespot cprapid cpserver damnserver dattolocal dattorelay
dattoweb de deployagent deus-canvas discordsays discordsez ditchyourip doesntexist dojin dontexist dopaas dreamhosters
drive-platform dsmynas durumis encoreapi eu eu1-plenit familyds fastly-edge fastly-terrarium fastvps-server firebaseapp
firewall-gateway fldrv forgeblocks framercanvas freebox-os freeboxos freemyip geekgalaxy gentapps gentlentapis getmyip
giize githubusercontent gleeze googleapis googlecode gotpantheon gr grayjayleagues hatenablog hatenadiary
health-carereform hercules-app hercules-dev herokuapp hk hobby-site hosted-by-files hostedpi hostingersite
hotelwithflight iamallama issmarterthanyou it jdevcloud jpn kasserver kozow la1-plenit ladesk likescandy live-website
localtonet logoip loseyourip lovableproject lpusercontent magicpatternsapp meteorapp mex miniserver mochausercontent
modelscape mwcloudnonprod myactivedirectory myasustor mycloudnas mydatto mydbserver mydobiss myiphost mynascloud
myoxypages myqnapcloud mysecuritycamera myshopblocks myshopify myspreadshop mytabit mytuleap myvnc neat-url net-freaks
nfshost ninjaneer-sites on-aptible on-forge on-vapor onrender onthewifi ooguy operaunite orsites outsystemscloud
ownprovider pagespeedmobilizer pgfog pivohosting pixolino playstation-cloud pleskns point2this polyspace postman-echo
pythonanywhere qa2 qbuser qualifioapp quicksytes rackmaze readthedocs-hosted remotewd reservd rhcloud rice-labs
routingthecloud ru sa sakuratan sakuraweb same-app same-preview scrysec securitytactics selfip shopitsite siiites
simple-url simplesite sinaapp smushcdn space-to-rent stackhero-network strapiapp streak-link streaklinks
streakusercontent streamlitapp stufftoread subsc-pay taveusercontent theworkpc thingdustdata townnews-staging
try-snowplow trycloudflare tuleap-partners uk unusualperson upsunapp us us1-plenit vipsinaapp vivenushop
w-corp-staticblitz w-credentialless-staticblitz w-staticblitz wafflecell webadorsite webspace-host wiredbladehosting
withgoogle withyoutube wixsite wixstudio woltlab-demo workisboring wpdevcloud wpenginepowered wphostedmail wpmucdn
writesthisblog x0 xtooldevice yolasite za:com;2038 apigee b-data basicserver beagleboard bitbucket bluebite boxfuse
brave browsersafetymark bubbleapps cleverapps cloudbeesusercontent co com darklang dedyn definima drive-platform
editorx edu edugit fh-muenster gitbook github gitlab gov hasura-app hostyhosting hypernode icp0 icp1 jele keenetic
kiloapps loginline lolipop mil mo-siemens musician myaddr myrdbx net nom org pantheonsite pstmn qcx qoto qzz
readthedocs resindevice sandcats stackblitz telebit terramind tickets utwente vaporcloud virtualserver webflow
webflowtest webthings wixstudio wz:io;611 com edu gov mil net nett org vpnplus x0:to;abyme bearblog botdash brave
codepen deno deno-staging erp fly github githubpreview grebedoc hrsn iserv leapcell localplayer loginline lp mediatech
mocha-sandbox modx myaddr ngrok ngrok-free pagelemon pages panel payload platter-app r2 reliantlabs reliantpreview
runcontainers vercel vivenushop workers xmit:dev;ac ai biz ca cn co com coop edu fin firm gen gov ind info int io me
mil net nic org pro school tv:in;ac ai biz co go mil net or sch web:id;ac ai biz com edu gov id info int io name net
org pro:vn;ac ai co com edu gov id info it mil net org sch tv:bd;ac ai co go io it me mil ms ne or pe re sc:kr;ac art
asso com edu gouv gov info net org pr:ml;ac asso co com ed edu go gouv int net or org:ci;ac b i org press tm:se;ac biz
co com coop edu gov int net org:mw;ac biz co com edu gob in info int mil net nom org web:ni;ac biz co com edu gov info
mil net org sch:zm;ac biz co edu gov info net org sc:ls;ac biz com edu gob gov net org web:pk;ac biz com edu gov id
info mil name net org pro:fj;ac biz com edu gov info name net org pro:pr;ac biz com gov ltd mil net org press pro tm:cy;
ac brasilia c66 co craft diskstation dscloud edgestack edu filegear filegear-sg glitch gov grok hopto i234 loginto
lohmus mcdir mybox myds net nohost noip opencloud org priv soundcast synology tcp4 vp4 webhop xwx:me;ac co com edu go
gov mil ne or org sc:ug;ac co com gov net or org:mu;ac co com net org tv:im;ac co coop gov mil net org:rw;ac co ed go
ne or:jp;ac co ed go or sa:cr;ac co edu gov in org:rs;ac co edu gov mil net ngo nic nom org school tm web:za;ac co edu
gov mil net org:mz;ac co gen mil net org school:nz;ac co go hotel info me mil mobi ne or sc tv:tz;ac co go in mi net
or:th;ac co go info me mobi ne or sc:ke;ac co gov id net org sch:ir;ac co gov k12 net org:il;ac co gov ltd me net
org:uk;ac co gov mil net org sch:ae;ac co gov mil org:zw;ac co gov net org press:ma;ac co gov net org:bw;ac co or:at;ac
co org:sz;ac com edu gob med net nom org:pa;ac com edu gov hotel int ltd net ngo org sch web:lk;ac com edu gov info me
mil name net org tv:eg;ac com edu gov mil mo net org sc xn--55qx5d xn--od0alg:cn;ac com edu gov net org:gn;ac:be;
accesscam ae altervista blogsite bmoattachments boldlygoingnowhere cable-modem camdvr couchpotatofries doesntexist
dontexist dsmynas endofinternet endoftheinternet eu familyds fedorainfracloud fedorapeople freedesktop fspages
game-host hatenadiary hepforge hk hobby-site hopto httpbin ip-dynamic jpn js kicks-ass misconfused my-firewall
myfirewall myftp mysecuritycamera mywire neocities no-ip pimienta podzone poivron potager pubtls read-books readmyblog
routingthecloud roxa selfip sellsyourhome small-web sweetpepper toolforge tunk tuxfamily twmail us webhop webredirect
wmcloud wmflabs wz za zapto:org;activetrail cloud-ip cloudns dscloud jozi mmafan myftp no-ip orx selfip webhop:biz;
adobeaemcloud adobeio-static adobeioruntime akamai akamai-staging akamaiedge akamaiedge-staging akamaihd
akamaihd-staging akamaiorigin akamaiorigin-staging akamaized akamaized-staging alwaysdata apps-1and1 appudo azure-api
azure-mobile azureedge azurefd blackbaudcdn boomla botdash bounceme bplaced broke-it buyshouses casacam cdn-edges
cdn77-ssl channelsdvr clickrising cloudaccess cloudapp cloudflare cloudfront cloudfunctions cloudjiffy cloudycluster
community-pro ctfcloud dattolocal de5 debian definima deno does-it dontexist dsmynas eating-organic edgekey
edgekey-staging edgesuite edgesuite-staging endofinternet familyds fastlylb feste-ip firewall-gateway gb gets-it ggff
grafana-dev ham-radio-op heteml hicam hu in iobb ipifony ipv64 jp keyword-on kicks-ass kinghost knx-server krellian
live-on localcert luyani mafelo meinforum memset moonscale myamaze mydatto mydissent myeffect myfritz mymediapc mypsx
myradweb mysecuritycamera myspreadshop mysynology no-ip office-on-the oninferno opik ownip podzone
privatizehealthinsurance rackmaze redirectme reserve-online routingthecloud ru schokokeks scrapper-site se seidat
selfip senseering shopselect siteleaf spryt square7 squares static-access subsc-pay supabase sytes thruhere torproject
trafficmanager ts tunnelmole twmail uk uni5 usgovcloudapp usgovtrafficmanager vps-host vusercontent webhop yandexcloud
za zabc:net;aem appwrite arvo azimuth co tlon:network;aem codeberg deuxfleurs heyflow hlx linkyhost mybox mymagic omgs
pdns plesk prod prvcy rocky statichost vibekit:page;aem hlx:live;aem:reviews;agilevibes aiven base44 botdash brave
claude clerk clerkstage cloudflare cloudzyro codepen convex corespeed crbts csb e2b easypanel edgecompute edgeone encr
expo flutterflow framer gadget github glideos hackclub hasura kinsta koyeb leapcell loginline lovable luyani
magicpatterns medusajs messerli miren mocha modelence netlify ngrok ngrok-free noop nyat on-fleek ondigitalocean
onhercules pplx puter replit retool rocketpreview shiptoday sliplane spawnbase sprites streamlit telebit typedream
vercel wal wasmer web windsurf wnext zeabur:app;agro biz com edu gov info media mil net nom org priv shop tm tourism:pl;
agro co com edu info net org tourism:bj;agro com edu gob ia info int mil net org tv web:bo;ai com edu eng fm gov mil
net org per sch tv:jo;ai sanity:studio;al asso at au be bg ca cd ch cn cy cz de dk edu ee es fi fr gr hr hu ie il in
int is it jp kr lt lu lv me mk mt my net ng nl no nz pl pt ro ru se si sk tr uk us:eu.org;al ca cn co edu fm go gov me
mi mo ms or pe pr re sa tv va:it;al ca co ia id in me mi mo ms ne or pr sc va:us;al fm mil museum nt priv re tm va:no;
ams waw:scw.site;antagonist convex diadem elementor emergent hstgr jele jote jotelulu keliweb kuleuven laravel linkyard
matlab observablehq online-server oxa primetel ravendb servebolt trafficplex unison-services urown vapor voorloper
zap:cloud;api objects:lp.dev;app cdn fn go:amba.host;app-ionos deployagent heiyu hf manus myfast project uber vibehost
xs4all:space;app:github.dev render.com;apps:fbsbx.com lair.io;appwrite:global;art asso com coop edu firm gouv info med
net org pol pro shop:ht;art asso com edu gov net org pol tm:dz;art b com coop edu eng fm gov ia ind inf med mil net org
pro rec tur tv:br;art com edu eng fin gob gov info k12 med mil net org pro tur:ec;art com edu gob gov mil net org
web:do;art com edu gouv org:sn;arts co com edu firm gob gov ia info int mil net nom org rec store web:ve;arts com firm
info net per rec store web:nf;arts com firm info nom nt org rec store tm:ro;asso com coop edu gouv gov mil nom org prd
tm:km;asso com edu mobi net org:gp;asso com gouv nom prd tm:fr;asso com:re;asso nom:nc;asso tm:mc;at:emf.camp;aus
nz:basketball;auth:lovable.app;aws gcp:databricksapps.com;b i:bg;barrel-of-knowledge barrell-of-knowledge cloudns
dvrcam forumz groks-the groks-this ilovecollege knowsitall mayfirst mittwald mittwaldserver no-ip nsupdate selfip
typo3server v-info webhop:info;base hoplix shopware:shop;bearly botda com gov hashbang lovable mil net now org surge
teleport:sh;beta:wmcloud.org;better-than from sakura worse-than:tv;biz co com edu go gov int mil name net nic org
web:tj;biz co com edu gov info int mil name net org pro:az;biz co com edu gov info mil name net org pro:tt;biz co com
edu gov info net org store tv:bb;biz co com edu gov me net org sch:ss;biz com coop edu gov info int mil museum name net
org pro:mv;biz com edu gen gov info k12 mil name net org pol tv web:tr;biz com edu gov info name net org:et;biz com edu
gov info net org:ki nr;biz com edu gov mil name net org:my;biz com edu gov mil net org:gh;bolt cloudaccess easypanel
emergent fastvps freesite gadget half iserv jele mircloud myfast tempurl voati wp2 wpmudev:host;book eero eero-stage
heimdns leapcell websitebuilder:online;botdash caffeine exe opentunnel:xyz;botdash co kaas net org panel stackit:gg;bss
graphic:design;byen caffeine chatgpt co convex cpanel cyon docsflowy fastvps figma figma-gov heyflow jele jouwweb
loginline madethis medusajs notion novecore omniwe opensocial piebox playcode preview puter scw sol sourcecraft square
srht support wpsquared:site;c rsc:cdn77.org;ca uk us:reclaim.cloud;canva cloud development liara lovable needle
onporter ravendb repl rwx sanity sm stackit val vercel wix:run;canva cyon joinmc keenetic myfritz mypep:link;caracal
customer fentiger lynx ocelot oncilla onza sphinx vs x yali:mythic-beasts.com;carrd com crd edu firewalledreplit gov
hidns leadpages lpages mil mypi net nom org repl supabase umso:co;ccwu cleverapps cloud-ip cloudns csx ec eu
fantasyleague ftpaccess game-server gu myphotos scrapping sryze twmail uk us:cc;cdn:bubble.io cloudflare.net
cloudflareanycast.net cloudflarecn.net cloudflareglobal.net;ch de:trendhosting.cloud;clan:rip;cleverapps:tech;
client:scrypted.io;cloud sandbox:modelence.app;cloud translate:goog;cloud:fedoraproject.org nospamproxy.com;cloudns
daemon dix:asia;cloudns deuxfleurs directwp prvw spdns:eu;cloudns eng keenetic med ngrok:pro;cloudns jele:club;
cloudsite:builders;cn com edu gov in net org:ua;cnpy:gdn;co com edu gov med museum net org pro:om;co com edu gov mil
net nom org:tm;co com edu gov mil nom org prd:mg;co com edu gov net org:bz dm gy lc;co com edu mil net org store:st;co
com edu net org:gl;co com edu or org:bi;co com gov net org:na;co com gov net:cm;co com k12 net org:vi;co com net nom
org:ag;co com net org:am uz;co ed edu gov it org:ao;co edu gov net org:pn;co edu:krd;co gob gov mil:cl;co gov me mygov
org:scot;co hotel info media org priv shop tm:hu;co koobin:events;co net org:je;co ship:place;co:business education
financial technology;com coop edu gob gov int mil net org tur:ar;com coop edu gov mil net org:py;com edu gob ind mil
net org:gt;com edu gob inf net org:cu;com edu gob mil net nom org:pe;com edu gob mil net org:hn;com edu gob net org:mx;
com edu gob nom org:es;com edu gob org:sv;com edu gov i mil mobi name net org sch:ng;com edu gov i mil net ngo org:ph;
com edu gov id med net org sch:ly;com edu gov id mil net org:lv;com edu gov id net nt org sa:au;com edu gov ind net
org:kw;com edu gov inf name net org:mk;com edu gov info int net org per:la;com edu gov info med net org tv:sd;com edu
gov info net org web:gu;com edu gov int net org:pt;com edu gov ltd org:gi;com edu gov me net org:so;com edu gov med net
org sch:sa;com edu gov med org:ee;com edu gov mil name net org sch:qa;com edu gov mil net org:ac al ba iq kg kz sy tw
vc ye;com edu gov net org school:ge;com edu gov net org xn--55qx5d xn--od0alg:hk;com edu gov net org:af bh bm bn bs bt
gr kh lb lr mo ms ps sb sc sg sl ws;com edu gov org:kp;com edu id int net org:cv;com edu mil net org:uy;com edu net
org:cw fm ky mt vu;com edu org:pf;com fin gov ind info net org tourism:tn;com framer kiloapps net org uwu:ai;com gov
mil:by;com name:hr;com:aw;cs:keliweb.cloud;d6:ply.gg;daemon:panel.gg;de elementor:cool;demo instance:datadetect.com;
demo:jelastic.com;dev:project-study.com;devices:resinstaging.io;direct:quickconnect.to;discourse jelastic:team;
discourse:diy group;dscloud:mobi;edu gov net org:kn;edu gov org:mn;edu gov:gd;edu:vg;elastic s3 website:k2.cloud;ent eu
us:platform.sh;es-1:axarnet.cloud;eu-west-1 us-east-1:convex.cloud convex.site;eu:encoway.cloud meteorapp.com
pythonanywhere.com;forgot:her.name his.name;fra1-de west1-us:cloudjiffy.net;frame:claudeusercontent.com;framer:media
photos website wiki;freetls map:fastly.net;frontend:encr.app;git-pages:rit.edu;gov loca:lt;gov:as bf cd cx cz ie mr pw
sx tl;here tmp:now;hidns:vip;hra:health;id:firewalledreplit.co forgerock.io repl.co replit.app;instances:spawn.cc;
intouch:email;ip:linodeusercontent.com;ipfs:nftstorage.link storacha.link w3s.link;iran:liara.run;ispmanager
keenetic:name;it1:jenv-aruba.cloud;j:scaleforce.net;jcloud jcloud-ver-jpc:ik-server.com;jed ryd:wafaicloud.com;jelastic
nordeste-idc:saveincloud.net;jelastic:dogado.eu;jls-sto1 jls-sto2 jls-sto3:elastx.net;js:wpenginepowered.com;k8s
scalebook smartlabeling:scw.cloud;kr kr-private:gov-ncloudstorage.com;libp2p:direct;lima prg1-zerops stackit:zone;
lima-city myddns stackit v6 webspace:rocks;loginline:services;map:fastlylb.net;media press:aero;media:strapiapp.com;
members:linode.com;miren:systems;mkm:fan;mock:pstmn.io;ms vicp yicp zicp:fun;ms:show;my:canva.site;myaddr:tools;
mybox:company;myforum nog ravendb:community;nerdpol:ovh;ngrok:pizza;noticeable:news;nt pe:ca;ntdll:top;official:academy;
omg:lol;on staging:expo.app;opencraft:hosting;org:sk;p:tawk.email tawkto.email;paas:beebyte.io hosted-by-previder.com
massivegrid.com;pages:gay torproject.net wiardweb.com;playit:plus;pley sheezy:games;prequalifyme:today;preview:csb.app
emergentagent.com;pro:typeform.com;puter:work;r:cdn77.net;rag-cloud rag-cloud-ch:hosteur.com;realtime
storage:supabase.co;relay:evervault.app evervault.dev;resolve:bar;runs:onstackit.cloud;s3:teckids.org;sail:box;
sandbox:deno.net;sav:case;sekd1:beebyteapp.io;sellfy shopware storebase:store;seprox:hooc.me;service website:one;
service:gov.scot;shiptoday v0 windsurf:build;site:rb-hosting.io tb-hosting.com transip.me;sites:reliantlabs.dev;
sn:mynetname.net;soc user:srcf.net;space view:fast;stage:nodeart.io;static:hf.space observableusercontent.com;storage
website:yandexcloud.net;t3:storage.dev storageapi.dev;tech:orange;tn uk:oxa.cloud;u:channelsdvr.net;ui:nabu.casa;
uk:primetel.cloud;up:railway.app;user:party.eus;v6:army navy;vip:jelastic.cloud;vps:hrsn.net;web:erp.dev val.run;
with:playit.plus;xen:prgmr.com;xn--55qx5d xn--od0alg:xn--j6w193g
`
