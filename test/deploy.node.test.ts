import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const newSecret = () => randomBytes(32).toString('base64url')

/** Stands before Cloudflare: preloaded, it answers for wrangler and writes down what wrangler was asked. */
const cloudflare = `
const { appendFileSync, readFileSync } = require('node:fs')
if (/wrangler/.test(process.argv[1] ?? '')) {
  const args = process.argv.slice(2)
  const stored = process.env.STORED
  appendFileSync(process.env.ASKED, JSON.stringify({ args: args.join(' '), input: readFileSync(0, 'utf8') }) + '\\n')
  const lists = {
    'secret list': stored,
    'kv namespace list': '[{ "id": "0123", "title": "postern-revocations" }]',
    'd1 list --json': '[{ "uuid": "4567", "name": "postern" }]',
  }
  const answer = lists[args.join(' ')] ?? 'Done.'
  process.stdout.write(answer)
  process.exit(answer.startsWith('[') || answer === 'Done.' ? 0 : 1)
}
`

interface Shell {
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  /** What `wrangler secret list` says. */
  readonly stored?: readonly string[] | string
  /** What stands in `wrangler.toml` besides. */
  readonly toml?: string
}

/** A run of `npm run deploy` in a checkout of its own: it writes ids into `wrangler.toml`. */
const deploy = async ({ env = {}, flags = [], stored = [], toml = '' }: Shell) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-deploy-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const part of ['scripts', 'src', 'drizzle', 'package.json', 'wrangler.toml']) {
    await cp(join(root, part), join(folder, part), { recursive: true })
  }
  await appendFile(join(folder, 'wrangler.toml'), toml)
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [preload, asked] = [join(folder, 'cloudflare.cjs'), join(folder, 'asked')]
  await Promise.all([writeFile(preload, cloudflare), writeFile(asked, '')])
  const names = typeof stored === 'string' ? stored : JSON.stringify(stored.map((name) => ({ name })))
  const { promise, resolve: ended } = Promise.withResolvers<{ failed: boolean; output: string }>()
  execFile(
    process.execPath,
    [join(folder, 'scripts/deploy.ts'), ...flags],
    { env: { PATH: process.env.PATH, ...env, NODE_OPTIONS: `--require ${preload}`, STORED: names, ASKED: asked } },
    (error, stdout, stderr) => ended({ failed: error !== null, output: stdout + stderr }),
  )
  const result = await promise
  const lines = (await readFile(asked, 'utf8')).split('\n').filter(Boolean)
  const calls: { args: string; input: string }[] = lines.map((line) => JSON.parse(line))
  return { ...result, calls, asked: calls.map(({ args }) => args) }
}

const settings = { AUTH_ORIGIN: 'https://app.example.com' }

test('the first deployment migrates before it stores the secrets, and stores them before it deploys', async () => {
  const env = { ...settings, AUTH_SECRET: newSecret() }

  const { failed, output, calls, asked } = await deploy({ env, stored: 'Worker "postern" not found.' })

  expect(failed, output).toBe(false)
  expect(asked.slice(-3)).toEqual(['d1 migrations apply DB --remote', 'secret bulk', 'deploy'])
  expect(JSON.parse(calls.find(({ args }) => args === 'secret bulk')?.input ?? '')).toEqual(env)
})

test('a deployment refuses to replace the secret that is stored, and says how to do so', async () => {
  const env = { ...settings, AUTH_SECRET: newSecret() }

  const { failed, output, asked } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET'] })

  expect(failed).toBe(true)
  expect(output).toContain('AUTH_SECRET=new,old')
  expect(output).toContain('--new-secret')
  expect(output).not.toContain(env.AUTH_SECRET)
  expect(asked).toEqual(['whoami --json', 'secret list'])
})

test('--new-secret replaces the secret that is stored', async () => {
  const env = { AUTH_SECRET: `${newSecret()},${newSecret()}` }
  const stored = ['AUTH_ORIGIN', 'AUTH_SECRET']

  const { failed, output, calls } = await deploy({ env, flags: ['--new-secret'], stored })

  expect(failed, output).toBe(false)
  expect(JSON.parse(calls.find(({ args }) => args === 'secret bulk')?.input ?? '')).toEqual(env)
})

test('a deployment with nothing in the shell keeps the secrets that are stored', async () => {
  const { failed, output, asked } = await deploy({ stored: ['AUTH_ORIGIN', 'AUTH_SECRET'] })

  expect(failed, output).toBe(false)
  expect(asked).not.toContain('secret bulk')
  expect(asked.at(-1)).toBe('deploy')
})

test('a deployment that cannot learn which secrets are stored replaces none', async () => {
  const env = { ...settings, AUTH_SECRET: newSecret() }

  const { failed, output, asked } = await deploy({ env, stored: 'A request to the Cloudflare API failed.' })

  expect(failed).toBe(true)
  expect(output).toContain('not known which secrets')
  expect(asked).toEqual(['whoami --json', 'secret list'])
})

test('a Worker is not told of a database that cannot be migrated', async () => {
  const env = { TURSO_DATABASE_URL: 'libsql://127.0.0.1:1', TURSO_AUTH_TOKEN: 'token' }

  const { failed, output, asked } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET'] })

  expect(failed).toBe(true)
  expect(output).toContain('cannot be migrated')
  expect(asked).not.toContain('secret bulk')
  expect(asked).not.toContain('deploy')
})

test('a deployment stores how mail is sent, and by whom', async () => {
  const env = { SMTP_URL: 'smtps://user:pass%40word@mail.example.com', AUTH_MAIL_FROM: 'Acme <no-reply@acme.example>' }

  const { failed, output, calls } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET'] })

  expect(failed, output).toBe(false)
  expect(JSON.parse(calls.find(({ args }) => args === 'secret bulk')?.input ?? '')).toEqual(env)
})

test('a deployment does not store a second way for mail beside the one that is stored', async () => {
  const env = { RESEND_API_KEY: 're_123', AUTH_MAIL_FROM: 'Acme <no-reply@acme.example>' }

  const { failed, output, asked } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET', 'SMTP_URL'] })

  expect(failed).toBe(true)
  expect(output).toContain('wrangler secret delete SMTP_URL')
  expect(asked).toEqual(['whoami --json', 'secret list'])
})

test.each([
  ['nowhere', [], {}, true],
  ['by SMTP', [], { SMTP_URL: 'smtps://mail.example.com' }, false],
  ['by Resend, whose key is stored', ['RESEND_API_KEY'], {}, false],
] as const)(
  'a deployment where addresses have to be proven and mail goes %s',
  async (_, alreadyStored, given, isRefused) => {
    const env = { AUTH_EMAIL_VERIFICATION: 'required', AUTH_MAIL_FROM: 'Acme <no-reply@acme.example>', ...given }

    const { failed, output, asked } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET', ...alreadyStored] })

    expect(failed, output).toBe(isRefused)
    expect(asked.includes('deploy')).toBe(!isRefused)
    if (isRefused) expect(output).toContain('AUTH_EMAIL_VERIFICATION: ')
  },
)

test('a deployment where addresses have to be proven takes the binding EMAIL of wrangler.toml for a way', async () => {
  const env = { AUTH_EMAIL_VERIFICATION: 'required', AUTH_MAIL_FROM: 'Acme <no-reply@acme.example>' }
  const toml = '\n[[send_email]]\nname = "EMAIL"\n'

  const { failed, output } = await deploy({ env, stored: ['AUTH_ORIGIN', 'AUTH_SECRET'], toml })

  expect(failed, output).toBe(false)
})

test.each(['smtp://localhost:1025', 'smtp://mail.example.com:25'])(
  'a deployment refuses %s, which no Worker reaches',
  async (SMTP_URL) => {
    const { failed, output, asked } = await deploy({ env: { SMTP_URL, AUTH_MAIL_FROM: 'no-reply@acme.example' } })

    expect(failed).toBe(true)
    expect(output).toContain('SMTP_URL: ')
    expect(asked).toEqual([])
  },
)

test('S26: a deployment refuses to make passkeys for a public suffix, also for one that the service does not know', async () => {
  const env = { AUTH_ORIGIN: 'https://auth.oslo.no', AUTH_RP_ID: 'oslo.no' }

  const { failed, output, asked } = await deploy({ env })

  expect(failed).toBe(true)
  expect(output).toContain('AUTH_RP_ID: A public suffix.')
  expect(asked).toEqual([])
})
