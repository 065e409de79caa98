/**
 * Makes `src/base/public-suffix-table.ts` from the Public Suffix List as the devDependency `tldts` ships it.
 *
 *     node scripts/public-suffixes.ts           writes the table
 *     node scripts/public-suffixes.ts --check   fails when the table is not what it would write
 *
 * Whoever runs the service needs it once, at boot, to refuse `https://*.vercel.app`. The whole list takes 41 KB gzip;
 * this keeps what an app's front end is hosted on, in less than 4 KB. `npm run deploy` asks the whole list.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

interface Rule {
  /** `co.uk`, `*.ck`, `!www.ck` */
  readonly name: string
  readonly isPrivate: boolean
}

/** Providers that give no names below a customer's own: all of it is refused, and regions need no entry each. */
const whole = `amazonaws.com amazoncognito.com amazonlightsail.com aivencloud.com azurestaticapps.net azurewebsites.net
  convex.cloud convex.site devtunnels.ms elasticbeanstalk.com gitpod.io herokuapp.com ngrok.io nip.io on.aws
  cloudworkstations.dev replit.dev sslip.io webcontainer.io windows.net`.split(/\s+/)

/** Anyone gets a name below these, though the list does not say so. */
const unlisted = `app.github.dev edgeone.app github.dev glitch.me hostingersite.com kinsta.app koyeb.app loca.lt
  neocities.org stackblitz.io`.split(/\s+/)

/** Where a stranger from anywhere gets a name in minutes; what the list has below these is taken too. */
const hosting = {
  ai: 'framer',
  app: `base44 beget botdash claude clerk clerkstage cloudflare codepen convex csb easypanel edgecompute encr evervault
    expo flutterflow framer gadget github glideos hackclub hasura hosted leapcell lovable luyani magicpatterns medusajs
    mocha modelence netlify ngrok ngrok-free northflank on-fleek ondigitalocean onhercules pplx puter railway replit
    retool rocketpreview run sliplane snowflake sprites streamlit telebit typedream upsun vercel wasmer web windsurf
    zeabur zerops`,
  build: 'shiptoday v0 windsurf',
  cc: 'cleverapps cloudns eu us',
  cloud: 'elementor emergent hstgr jelastic jele laravel magentosite observablehq ravendb servebolt vapor zap',
  co: 'carrd crd firewalledreplit leadpages otap repl supabase umso',
  com: `a2hosted adobeaemcloud amplifyapp appspacehosted appspot atlassian-3p authgearapps awsapprunner awsapps
    awsglobalaccelerator base44-sandbox blogspot bplaced builtwithdark canva-apps cf-ipfs claudeusercontent clever-cloud
    cloudflare-ipfs codespot cursorusercontent databricksapps devinapps digitaloceanspaces discordsays discordsez
    dreamhosters emergentagent encoreapi fastly-terrarium fbsbx firebaseapp forgeblocks framercanvas freemyip
    githubusercontent googleapis googlecode gotpantheon hatenablog hercules-app linode linodeobjects linodeusercontent
    live-website localtonet lovableproject magicpatternsapp metaaiusercontent meteorapp mochausercontent myshopblocks
    myshopify mythic-beasts nfshost oaiusercontent observableusercontent on-aptible on-forge on-vapor onrender
    oraclecloudapps outsystemscloud pagespeedmobilizer pythonanywhere readthedocs-hosted render same-app same-preview
    simplesite stackhero-network strapiapp streaklinks streamlitapp trycloudflare typeform upsunapp vultrobjects
    w-corp-staticblitz w-credentialless-staticblitz w-staticblitz webadorsite withgoogle withyoutube wixsite wixstudio
    wpdevcloud wpenginepowered wpmucdn yolasite
    africa br cn co de eu gr hk it jpn mex ru sa uk us za`,
  dev: `botdash codepen deno deno-staging evervault fly gateway githubpreview inbrowser iserv leapcell localcert modx
    ngrok ngrok-free pagelemon pages panel payload platter-app r2 runcontainers stg storage storageapi vercel workers`,
  direct: 'libp2p',
  gay: 'pages',
  gg: 'botdash panel ply stackit',
  global: 'appwrite',
  goog: 'cloud translate usercontent',
  host: 'bolt cloudaccess easypanel emergent freesite gadget half iserv jele myfast tempurl wp2 wpmudev',
  io: `apigee azurecontainer bitbucket bubble bubbleapps cleverapps darklang dedyn drive-platform editorx gitbook github
    gitlab hasura-app hypernode icp0 icp1 jele lair lolipop ngrok on-k3s on-rio pantheonsite pstmn qcx readthedocs
    resindevice sandcats telebit vaporcloud virtualserver webflow webflowtest webthings wixstudio`,
  limo: 'eth',
  link: 'canva dweb eth inbrowser nftstorage storacha w3s',
  live: 'aem hlx',
  media: 'framer',
  net: `adobeaemcloud adobeio-static adobeioruntime akamai akamaiedge akamaihd akamaiorigin akamaized alwaysdata azure-api
    azure-mobile azureedge azurefd botdash bplaced cdn77-ssl cloudaccess cloudapp cloudflare cloudfront cloudfunctions
    cloudjiffy deno edgekey edgesuite fastly fastlylb grafana-dev icp localcert localto luyani ovh siteleaf supabase
    trafficmanager ts tunnelmole usgovcloudapp vusercontent yandexcloud
    gb hu in jp ru se uk za`,
  network: 'aem appwrite',
  new: 'builtwithrocket',
  now: 'tmp',
  online: 'leapcell websitebuilder',
  org: `ae altervista cdn77 duckdns eu fedorapeople freedesktop fspages hatenadiary httpbin js toolforge tuxfamily us wmcloud wmflabs`,
  page: 'aem codeberg heyflow hlx statichost plesk',
  photos: 'framer',
  pizza: 'ngrok',
  plus: 'playit',
  pro: 'cloudns ngrok',
  reviews: 'aem',
  rocks: 'lima-city stackit webspace',
  run: 'appwrite build canva cloud code database development liara lovable migration onporter ravendb repl sanity val vercel wix',
  sh: 'botda hashbang lovable now platform surge',
  shop: 'base shopware',
  site: `byen caffeine canva chatgpt cloudera cpanel fastvps figma figma-gov heyflow jele jouwweb medusajs notion opensocial
    platformsh playcode preview puter scw square srht tst wpsquared`,
  space: 'app-ionos deployagent hf manus myfast vibehost',
  store: 'sellfy shopware',
  studio: 'ai sanity',
  team: 'discourse jelastic',
  tech: 'cleverapps',
  website: 'framer',
  wiki: 'framer',
  work: 'puter',
  xyz: 'botdash caffeine exe telebit',
  zone: 'stackit triton zerops',
}

/** Below any country: who asks for a wildcard there asks for a registry's, and one that has no such label loses little. */
const generic = new Set('ac co com edu go gob gouv gov mil ne net nom or org'.split(' '))

const table = (rules: readonly Rule[]): string => {
  const pairs = groupBy(rules.flatMap(secondLevel), (name) => [before(name), after(name)])
  const shared = [...pairs].filter(([label, registries]) => !generic.has(label) && registries.length > 2)
  const names = new Set([
    ...rules.filter(isKept).map((rule) => rule.name),
    ...unlisted,
    ...whole.map((name) => `**.${name}`),
  ])
  const needed = [...names].filter((name) => !names.has(`*.${name}`) && !isInside(name))
  const labelsOf = groupBy(needed, (name) => [after(name), before(name)])
  const parentsOf = groupBy(labelsOf.keys(), (parent) => [(labelsOf.get(parent) ?? []).sort().join(' '), parent])
  const byRule: [string, string[]][] = [
    [[...generic].join(' '), ['??']],
    ['??', ['eu.org']],
  ]
  const records = [...byRule, ...shared, ...parentsOf]
  return records
    .map(([labels, parents]) => `${labels}:${[...parents].sort().join(' ')}`)
    .sort()
    .join(';')
}

const secondLevel = ({ name, isPrivate }: Rule): string[] =>
  !isPrivate && /^[a-z0-9]+\.[a-z]{2}$/.test(name) ? [name] : []

const isInside = (name: string): boolean =>
  !name.startsWith('**') && whole.some((zone) => name === zone || name.endsWith(`.${zone}`))

const zones = new Set(
  Object.entries(hosting).flatMap(([top, names]) => names.split(/\s+/).map((name) => `${name}.${top}`)),
)

/** A registry's wildcard or the exception from it; a host's zone, or what is in it. */
const isKept = ({ name, isPrivate }: Rule): boolean =>
  isPrivate ? zones.has(name.split('.').slice(-2).join('.')) && !/\.eu\.org$/.test(name) : /^[*!]/.test(name)

const groupBy = (names: Iterable<string>, split: (name: string) => [string, string]): Map<string, string[]> => {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [key, value] = split(name)
    groups.set(key, [...(groups.get(key) ?? []), value])
  }
  return groups
}

const before = (name: string) => name.slice(0, name.indexOf('.'))
const after = (name: string) => name.slice(name.indexOf('.') + 1)

/** The rules in ASCII; tldts keeps them as a flat trie, labels right to left. 1 marks the ICANN section, 2 private. */
const readRules = (): Rule[] => {
  const trie: unknown = createRequire(import.meta.url)('tldts/dist/cjs/src/data/trie.js')
  const flags = numbersOf(trie, 'nodeFlags')
  const [starts, lengths] = [numbersOf(trie, 'edgeStart'), numbersOf(trie, 'edgeLength')]
  const children = numbersOf(trie, 'edgeChild')
  const everyEdge = [...lengths.keys()]
  const text = propertyOf(trie, 'labelText')
  const [root, exceptions] = [propertyOf(trie, 'rulesRoot'), propertyOf(trie, 'exceptionsRoot')]
  if (typeof text !== 'string' || typeof root !== 'number' || typeof exceptions !== 'number') throw unknownShape()
  const offsets = [0]
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + length)
  const below = (node: number, suffix: string, sign: string): Rule[] => {
    const own = flags[node] ? [{ name: sign + suffix.slice(1), isPrivate: flags[node] === 2 }] : []
    const edges = everyEdge.slice(starts[node], starts[node + 1])
    const label = (edge: number) => text.slice(offsets[edge], offsets[edge + 1])
    return [...own, ...edges.flatMap((edge) => below(children[edge] ?? -1, `.${label(edge)}${suffix}`, sign))]
  }
  return [...below(root, '', ''), ...below(exceptions, '', '!')].filter(({ name }) => /^[!-~]+$/.test(name))
}

const numbersOf = (trie: unknown, name: string): number[] => {
  const value = propertyOf(trie, name)
  const isNumbers = value instanceof Uint8Array || value instanceof Uint16Array || value instanceof Uint32Array
  if (!isNumbers) throw unknownShape()
  return [...value]
}

const propertyOf = (trie: unknown, name: string): unknown =>
  typeof trie === 'object' && trie !== null ? Object.getOwnPropertyDescriptor(trie, name)?.value : undefined

const unknownShape = () => new Error('tldts keeps its table in another shape than this script knows.')

const moduleOf = (text: string): string =>
  `// Made by scripts/public-suffixes.ts from the Public Suffix List (https://publicsuffix.org/list/), which is under the
// Mozilla Public License 2.0; so is this file (https://mozilla.org/MPL/2.0/). Do not edit.
export const publicSuffixTable = \`
${text.replaceAll(/(.{1,119}(?:;|(?= |$))) ?/g, '$1\n')}\`
`

const rules = readRules()
const known = new Set(rules.map(({ name }) => name.split('.').slice(-2).join('.')))
const gone = [...zones].filter((zone) => !known.has(zone))
if (gone.length) throw new Error(`No longer on the list: ${gone.join(' ')}`)

const path = join(import.meta.dirname, '../src/base/public-suffix-table.ts')
const made = moduleOf(table(rules))
const isStale = process.argv.includes('--check') && readFileSync(path, 'utf8') !== made
if (isStale) throw new Error('The table is not current: node scripts/public-suffixes.ts')
if (!process.argv.includes('--check')) writeFileSync(path, made)
console.log(`src/base/public-suffix-table.ts: ${gzipSync(made, { level: 9 }).length} bytes gzip`)
