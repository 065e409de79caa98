import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { readSettings } from '../src/base/config.ts'
import { migrateDatabase, nameOf } from './migrate.ts'
import { wholeList } from './whole-list.ts'
import { wrangler } from './wrangler.ts'

process.chdir(resolve(import.meta.dirname, '..'))

const dryRun = process.argv.includes('--dry-run')
/** Lets the shell's `AUTH_SECRET` take the place of the one that is stored. */
const newSecret = process.argv.includes('--new-secret')

/** The parts of `wrangler.toml` that a deployment fills in or depends on. */
interface WranglerToml {
  name: string
  kv_namespaces: { binding: string; id?: string }[]
  d1_databases: { binding: string; database_name: string; database_id?: string }[]
  ratelimits: { name: string; simple: { limit: number } }[]
  send_email?: { name: string }[]
}

const toml: WranglerToml = unstable_readConfig({ config: 'wrangler.toml' })

/** What the shell sets, to be stored as the Worker's secrets. Never `.dev.vars`: its secret is for development. */
const given = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name, value]) => /^(AUTH_|TURSO_|SMTP_URL$|RESEND_API_KEY$)/.test(name) && value,
  ),
)

const mailers = ['SMTP_URL', 'RESEND_API_KEY']
const bindsEmail = toml.send_email?.some(({ name }) => name === 'EMAIL')
/** Addresses have to be proven, and how mail is sent has to be stored already. */
const wantsMailer =
  given.AUTH_EMAIL_VERIFICATION?.trim() === 'required' && !bindsEmail && !mailers.some((name) => name in given)

const secretIsStored = `AUTH_SECRET: The Worker has one stored, and storing another signs everybody out.
Unset it in the shell to keep the one that is stored. To change it, put the new one in front of the old,
AUTH_SECRET=new,old, and run: npm run deploy -- --new-secret`

try {
  const unset = checkSettings()
  if (dryRun) printPlan(unset)
  else await deploy(unset)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function deploy(unset: string[]) {
  await must(['whoami', '--json'], 'Log in first: npx wrangler login (or set CLOUDFLARE_API_TOKEN).')
  const stored = await storedSecrets()
  const missing = unset.filter((name) => !stored.includes(name))
  if (missing.length) throw new Error(`Set ${missing.join(' and ')} in the shell: the Worker has none stored yet.`)
  if (stored.includes('TURSO_DATABASE_URL') && !given.TURSO_DATABASE_URL) {
    throw new Error('The Worker uses Turso: set TURSO_DATABASE_URL and TURSO_AUTH_TOKEN, so that it can be migrated.')
  }
  const rival = given.SMTP_URL ? 'RESEND_API_KEY' : given.RESEND_API_KEY && 'SMTP_URL'
  if (rival && stored.includes(rival)) {
    throw new Error(`The Worker has ${rival} stored, and mail has one way. Run: npx wrangler secret delete ${rival}`)
  }
  if (wantsMailer && !stored.some((name) => mailers.includes(name))) {
    throw new Error(
      'AUTH_EMAIL_VERIFICATION: Required, but no mail can be sent. Set SMTP_URL or RESEND_API_KEY, or bind EMAIL in wrangler.toml.',
    )
  }
  if (stored.includes('AUTH_SECRET') && given.AUTH_SECRET && !newSecret) throw new Error(secretIsStored)
  await provision()
  // Before the secrets, which take effect at once: they may name a database that is empty yet.
  await migrateTarget()
  if (Object.keys(given).length) await must(['secret', 'bulk'], 'The secrets were not stored.', JSON.stringify(given))
  console.log((await must(['deploy'], 'Not deployed.')).trim())
}

/** Refuses what is wrong, and answers what is not set here and must therefore be stored already. */
function checkSettings(): string[] {
  const { problems, warnings } = readSettings({
    ...given,
    EMAIL: toml.send_email?.find(({ name }) => name === 'EMAIL'),
  })
  for (const warning of warnings) console.warn(`Warning: ${warning}`)
  const wrong = problems.filter(({ setting }) => setting in given)
  const refused = wrong.map(({ setting, problem, fix }) => `${setting}: ${problem} ${fix}`).concat(checkForWorkers())
  if (refused.length) throw new Error(refused.join('\n'))
  return problems.map(({ setting }) => setting)
}

/** What is good for Node or for development, but not for a Worker on the internet. */
function checkForWorkers(): string[] {
  const { AUTH_ORIGIN = '', TURSO_DATABASE_URL = '', AUTH_LIMIT_REQUESTS, SMTP_URL = '' } = given
  const limit = toml.ratelimits.find(({ name }) => name === 'REQUESTS')?.simple.limit
  const refused = [...wildcardsOnSuffixes(), ...suffixAsRpId()]
  if (AUTH_ORIGIN.startsWith('http:')) refused.push('AUTH_ORIGIN: Not https.')
  if (/^(file|http):|tls=0/.test(TURSO_DATABASE_URL)) refused.push('TURSO_DATABASE_URL: Out of reach of a Worker.')
  if (/\/\/(?:[^@]*@)?(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/.test(SMTP_URL)) {
    refused.push('SMTP_URL: Out of reach of a Worker.')
  }
  if (/:25\/?$/.test(SMTP_URL))
    refused.push('SMTP_URL: A Worker may not connect to port 25. Use 587, or 465 with smtps.')
  if (AUTH_LIMIT_REQUESTS && Number(AUTH_LIMIT_REQUESTS) !== limit) {
    refused.push(`AUTH_LIMIT_REQUESTS: Not the ${limit} of [[ratelimits]] in wrangler.toml. Make them equal.`)
  }
  return refused
}

/** The service knows an extract of the list; here is room for all of it. */
function wildcardsOnSuffixes(): string[] {
  const entries = (given.AUTH_TRUSTED_ORIGINS ?? '').split(',').map((entry) => entry.trim())
  return entries.filter(Boolean).flatMap((entry, at) => {
    const host = /^https:\/\/\*\.([^:/]+)/.exec(entry)?.[1]
    if (!host || !wholeList.isPublicSuffix(host)) return []
    return [`AUTH_TRUSTED_ORIGINS: Entry ${at + 1} is a wildcard on a public suffix. Name the hosts one by one.`]
  })
}

function suffixAsRpId(): string[] {
  const { AUTH_RP_ID: id = '', AUTH_ORIGIN = '' } = given
  if (!id || AUTH_ORIGIN === `https://${id}` || !wholeList.isPublicSuffix(id)) return []
  return ['AUTH_RP_ID: A public suffix. Write the host of AUTH_ORIGIN, or a domain of your own above it.']
}

function printPlan(unset: string[]) {
  const kv = toml.kv_namespaces.filter(({ id }) => !id).map(({ binding }) => `the KV namespace ${titleOf(binding)}`)
  const d1 = toml.d1_databases.filter((one) => !one.database_id).map((one) => `the D1 database ${one.database_name}`)
  const names = Object.keys(given)
  const url = given.TURSO_DATABASE_URL
  const steps = [
    'check that wrangler is logged in',
    unset.length && `check that the Worker has ${unset.join(' and ')} stored, which the shell does not set`,
    wantsMailer && `check that the Worker has ${mailers.join(' or ')} stored, since addresses have to be proven`,
    given.AUTH_SECRET && !newSecret && 'check that the Worker has no AUTH_SECRET stored, which this one would replace',
    ...[...kv, ...d1].map((resource) => `create ${resource}, unless it exists, and write its id into wrangler.toml`),
    `migrate ${url ? nameOf(url) : 'the remote D1 database DB'}`,
    names.length && `store as secrets: ${names.join(', ')}`,
    `deploy the Worker ${toml.name}`,
  ]
  console.log(['Would:', ...steps.filter(Boolean)].join('\n  - '))
}

async function storedSecrets(): Promise<string[]> {
  const { code, output } = await wrangler(['secret', 'list'])
  if (code === 0) return listIn<{ name: string }>(output).map(({ name }) => name)
  // There is no such Worker before the first deployment.
  if (/Worker ".*" not found/.test(output)) return []
  throw new Error(`${output.trim()}\nIt is not known which secrets the Worker has stored.`)
}

async function provision() {
  for (const { binding, id } of toml.kv_namespaces) {
    if (id) continue
    const find = async () => {
      const namespaces = listIn<{ id: string; title: string }>(await must(['kv', 'namespace', 'list']))
      return namespaces.find(({ title }) => title === titleOf(binding))?.id
    }
    writeId(binding, 'id', await findOrCreate(find, ['kv', 'namespace', 'create', titleOf(binding)]))
  }
  for (const { binding, database_name, database_id } of toml.d1_databases) {
    if (database_id) continue
    const find = async () => {
      const databases = listIn<{ uuid: string; name: string }>(await must(['d1', 'list', '--json']))
      return databases.find(({ name }) => name === database_name)?.uuid
    }
    writeId(binding, 'database_id', await findOrCreate(find, ['d1', 'create', database_name]))
  }
}

async function findOrCreate(find: () => Promise<string | undefined>, create: string[]): Promise<string> {
  const existing = await find()
  if (existing) return existing
  await must(create)
  const id = await find()
  if (!id) throw new Error(`wrangler ${create.join(' ')} succeeded, but nothing was created.`)
  return id
}

function writeId(binding: string, key: string, id: string) {
  const text = readFileSync('wrangler.toml', 'utf8')
  writeFileSync(
    'wrangler.toml',
    text.replace(`binding = "${binding}"\n`, (line) => `${line}${key} = "${id}"\n`),
  )
  console.log(`wrangler.toml: ${binding} is ${id}. Commit that.`)
}

async function migrateTarget() {
  const { TURSO_DATABASE_URL: url, TURSO_AUTH_TOKEN: authToken } = given
  if (url) await migrateDatabase({ url, authToken })
  else await must(['d1', 'migrations', 'apply', 'DB', '--remote'], 'D1 was not migrated.')
}

/** @throws Error with what wrangler said */
async function must(args: string[], otherwise = '', input = ''): Promise<string> {
  const { code, output } = await wrangler(args, { input })
  if (code === 0) return output
  throw new Error(`${output.trim()}\n${otherwise || `wrangler ${args.join(' ')} failed.`}`)
}

/** The JSON list in what wrangler prints, between whatever else it has to say. */
function listIn<Item>(output: string): Item[] {
  return JSON.parse(output.slice(output.indexOf('['), output.lastIndexOf(']') + 1))
}

function titleOf(binding: string): string {
  return `${toml.name}-${binding.toLowerCase()}`
}
