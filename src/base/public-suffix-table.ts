// Made by scripts/public-suffixes.ts from the Public Suffix List (https://publicsuffix.org/list/), which is under the
// Mozilla Public License 2.0; so is this file (https://mozilla.org/MPL/2.0/). Do not edit.
export const publicSuffixTable = `
!city *:kawasaki.jp kitakyushu.jp kobe.jp nagoya.jp sapporo.jp sendai.jp yokohama.jp;!www *:ck;**:aivencloud.com
amazonaws.com amazoncognito.com amazonlightsail.com azurestaticapps.net azurewebsites.net cloudworkstations.dev
convex.cloud convex.site devtunnels.ms elasticbeanstalk.com gitpod.io herokuapp.com ngrok.io nip.io on.aws replit.dev
sslip.io webcontainer.io windows.net;*:appwrite.run at.playit.plus at.ply.gg atlassian-3p.com awsapprunner.com
azure.databricksapps.com azurecontainer.io beget.app build.run builtwithrocket.new c.ts.net cloudera.site code.run
cursorusercontent.com database.run dev.adobeaemcloud.com devinapps.com digitaloceanspaces.com dweb.link er eth.limo
eth.link fk gateway.dev hosted.app hosting.ovh.net icp.net inbrowser.dev inbrowser.link jm linodeobjects.com
localto.net magentosite.cloud metaaiusercontent.com migration.run mm mtls.run.app nodebalancer.linode.com nom.br
northflank.app np oaiusercontent.com on-k3s.io on-rio.io oraclecloudapps.com otap.co pg platformsh.site
privatelink.snowflake.app r.appspot.com raw.icp0.io raw.icp1.io run.app sch.uk services.clever-cloud.com snowflake.app
stg.dev sys.qcx.io telebit.xyz triton.zone tst.site upsun.app user.localcert.dev usercontent.goog vultrobjects.com
webpaas.ovh.net zerops.app zerops.zone;??:eu.org;a b global:ssl.fastly.net;a global:prod.fastly.net;a2hosted
adobeaemcloud africa amplifyapp appspacehosted appspot authgearapps awsapps awsglobalaccelerator base44-sandbox
blogspot bplaced br builtwithdark canva-apps cf-ipfs claudeusercontent cloudflare-ipfs cn co codespot de discordsays
discordsez dreamhosters encoreapi eu fastly-terrarium firebaseapp forgeblocks framercanvas freemyip githubusercontent
googleapis googlecode gotpantheon gr hatenablog hercules-app hk hostingersite it jpn live-website localtonet
lovableproject magicpatternsapp meteorapp mex mochausercontent myshopblocks myshopify nfshost on-aptible on-forge
on-vapor onrender outsystemscloud pagespeedmobilizer pythonanywhere readthedocs-hosted ru sa same-app same-preview
simplesite stackhero-network strapiapp streaklinks streamlitapp trycloudflare uk upsunapp us w-corp-staticblitz
w-credentialless-staticblitz w-staticblitz webadorsite withgoogle withyoutube wixsite wixstudio wpdevcloud
wpenginepowered wpmucdn yolasite za:com;ac co com edu go gob gouv gov mil ne net nom or org:??;adobeaemcloud
adobeio-static adobeioruntime akamai akamaiedge akamaihd akamaiorigin akamaized alwaysdata azure-api azure-mobile
azureedge azurefd botdash bplaced cdn77-ssl cloudaccess cloudapp cloudflare cloudfront cloudfunctions cloudjiffy deno
edgekey edgesuite fastlylb gb grafana-dev hu in jp localcert luyani ru se siteleaf supabase trafficmanager ts
tunnelmole uk usgovcloudapp vusercontent yandexcloud za:net;ae altervista duckdns eu fedorapeople freedesktop fspages
hatenadiary httpbin js neocities toolforge tuxfamily us wmcloud wmflabs:org;aem appwrite:network;aem codeberg heyflow
hlx plesk statichost:page;aem hlx:live;aem:reviews;agro:bj bo pl;ai sanity:studio;ai:bd id in jo kr vn;al:it no us;ams
waw:scw.site;apigee bitbucket bubbleapps cleverapps darklang dedyn drive-platform editorx gitbook github gitlab
hasura-app hypernode icp0 icp1 jele lolipop pantheonsite pstmn qcx readthedocs resindevice sandcats stackblitz telebit
vaporcloud virtualserver webflow webflowtest webthings wixstudio:io;app-ionos deployagent hf manus myfast
vibehost:space;app:github.dev render.com;apps:fbsbx.com lair.io;appwrite:global;art:br do dz ec ht ml sn;arts:nf ro ve;
asso:ci dz fr gp ht km mc ml nc re;auth:lovable.app;aws gcp:databricksapps.com;b:bg br se;base shopware:shop;base44
botdash claude clerk clerkstage cloudflare codepen convex csb easypanel edgecompute edgeone encr expo flutterflow
framer gadget github glideos hackclub hasura kinsta koyeb leapcell lovable luyani magicpatterns medusajs mocha
modelence netlify ngrok ngrok-free on-fleek ondigitalocean onhercules pplx puter replit retool rocketpreview sliplane
sprites streamlit telebit typedream vercel wasmer web windsurf zeabur:app;beta:wmcloud.org;biz:az bb cy et fj gh id in
ki ls mv mw my ni nr pk pl pr ss tj tr tt vn zm;bolt cloudaccess easypanel emergent freesite gadget half iserv jele
myfast tempurl wp2 wpmudev:host;botda hashbang lovable now surge:sh;botdash caffeine exe:xyz;botdash codepen deno
deno-staging fly github githubpreview iserv leapcell modx ngrok ngrok-free pagelemon pages panel payload platter-app r2
runcontainers vercel workers:dev;botdash panel stackit:gg;byen caffeine chatgpt cpanel fastvps figma figma-gov heyflow
jele jouwweb medusajs notion opensocial playcode preview puter scw square srht wpsquared:site;c rsc:cdn77.org;ca:in it
us;canva cloud development liara lovable onporter ravendb repl sanity val vercel wix:run;canva:link;caracal customer
fentiger lynx ocelot oncilla onza sphinx vs x yali:mythic-beasts.com;carrd crd firewalledreplit leadpages repl supabase
umso:co;cdn:bubble.io cloudflare.net;cleverapps cloudns eu us:cc;cleverapps:tech;cloud sandbox:modelence.app;cloud
translate:goog;cloudns ngrok:pro;cn:in it ua;coop:ar br ht in km mv mw py rw;d6:ply.gg;daemon:panel.gg;discourse
jelastic:team;ed:ao ci cr jp;elementor emergent hstgr jele laravel observablehq ravendb servebolt vapor zap:cloud;
eng:br ec jo;ent eu us:platform.sh;eu:meteorapp.com pythonanywhere.com;fin:ec in tn;firm:ht in nf ro ve;fm:br it jo no;
fra1-de west1-us:cloudjiffy.net;frame:claudeusercontent.com;framer:ai media photos website wiki;freetls map:fastly.net;
frontend:encr.app;gen:in nz tr;glitch:me;hotel:hu lk tz;i:bg ng ph se;ia:bo br us ve;id:au bd cv fj ir lv ly us vn;
id:firewalledreplit.co repl.co replit.app;in:ni rs th ua us;ind:br gt in kw tn;inf:br cu mk;info:az bb bd bj bo ec eg
et fj gu ht hu in ke ki la ls ml mv nf ni nr pl pr ro sd tn tr tt tz ve vn zm;int:ar az bo ci cv in la lk mv mw ni pt
tj ve vn;io:in kr vn;ip:linodeusercontent.com;ipfs:nftstorage.link storacha.link w3s.link;iran:liara.run;it:ao bd kr;
js:wpenginepowered.com;k12:ec il tr vi;leapcell websitebuilder:online;libp2p:direct;lima-city stackit webspace:rocks;
loca:lt;ltd:cy gi lk uk;map:fastlylb.net;me:eg in it ke kr so ss tz uk us;med:br ec ee ht ly om pa sa sd;
media:strapiapp.com;members:linode.com;mi:it th us;mo:cn it us;mobi:gp ke ng tz;mock:pstmn.io;ms:it kr us;museum:mv no
om;my:canva.site;name:az eg et fj hr mk mv my ng pr qa tj tr tt vn;ngo:lk ph za;ngrok:pizza;nic:in tj za;nt:au ca no ro;
on staging:expo.app;on:staging.expo.app;pages:gay;pe:ca it kr;per:jo la nf;playit:plus;pol:dz ht tr;pr:it ml us;prd:fr
km mg;press:cy ma se;preview:csb.app emergentagent.com;priv:hu me no pl;pro:az br cy ec fj ht in mv om pr tt vn;
pro:typeform.com;puter:work;re:it kr no;realtime storage:supabase.co;rec:br nf ro ve;relay:evervault.app evervault.dev;
sa:au cr it;sandbox:deno.net;sc:cn ke kr ls tz ug us;sch:ae bd id ir jo lk ly ng qa sa ss uk zm;school:ge in nz za;
sellfy shopware:store;shiptoday v0 windsurf:build;shop:ht hu pl;stackit:zone;static:hf.space observableusercontent.com;
storage website:yandexcloud.net;store:bb nf ro st ve;t3:storage.dev storageapi.dev;tm:cy dz fr hu km mc no pl ro se za;
tmp:now;tourism:bj pl tn;tur:ar br ec;tv:bb bd bo br eg im in it jo sd tr tz;up:railway.app;va:it no us;
vip:jelastic.cloud;web:bo do gu id lk nf ni pk tj tr ve za;web:val.run;with:playit.plus
`
