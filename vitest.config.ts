import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { ProvidedContext } from 'vitest'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const at = (path: string) => resolve(import.meta.dirname, path)

// Node and workerd trust it only when it is there before they are.
process.env.NODE_EXTRA_CA_CERTS = at('test/certificates/localhost.pem')
const { cloudflareTest, readD1Migrations } = await import('@cloudflare/vitest-plugin')
const { unstable_readConfig } = await import('wrangler')

const world = (name: 'file' | 'libsql' | 'd1') => ({ alias: { '#world': at(`test/worlds/${name}.ts`) } })

const everywhere = 'test/**/*.test.{ts,tsx}'
const onlyNode = 'test/**/*.node.test.{ts,tsx}'
const onlyWorkers = ['test/workers/**', 'test/**/*.workers.test.{ts,tsx}']
const elsewhere = ['test/{entry,edge,e2e,d1,faults,crash,simulation,load,deletion}/**']

/** What depends on how soon things happen. */
const timed = ['test/faults/**/*.test.ts', 'test/crash/locked-file.test.ts', 'test/load/{hash-queue,overload}.test.ts']

const reliability = (isSoak: boolean) => ({
  testTimeout: (isSoak ? 24 * 60 : 10) * 60_000,
  hookTimeout: 60_000,
  globalSetup: ['test/worlds/file.setup.ts', 'test/worlds/libsql.setup.ts'],
  provide: { isSoak },
})

interface WranglerToml {
  compatibility_date: string
  ratelimits: { name: string; namespace_id: string; simple: { limit: number; period: 10 | 60 } }[]
}
const { compatibility_date, ratelimits }: WranglerToml = unstable_readConfig({ config: at('wrangler.toml') })

/** The bindings of `wrangler.toml`, spelled out: given the file, the plugin would mix in the developer's `.dev.vars`. */
const workerd = (database: (provided: <K extends keyof ProvidedContext>(key: K) => ProvidedContext[K]) => object) =>
  cloudflareTest(({ inject }) => ({
    main: at('src/entry/worker.ts'),
    miniflare: {
      compatibilityDate: compatibility_date,
      kvNamespaces: ['REVOCATIONS'],
      d1Databases: ['DB'],
      email: { send_email: [{ name: 'EMAIL' }] },
      ratelimits: Object.fromEntries(ratelimits.map(({ name, ...limit }) => [name, limit])),
      modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
      bindings: {
        AUTH_ORIGIN: 'http://localhost',
        AUTH_SECRET: randomBytes(32).toString('base64url'),
        AUTH_MAIL_FROM: 'Postern <no-reply@auth.example.com>',
        ...database(inject),
      },
    },
  }))

declare module 'vitest' {
  interface ProvidedContext {
    /** `drizzle/`, for D1: workerd has no file system to read it from. */
    migrations: Awaited<ReturnType<typeof readD1Migrations>>
    /** Whether this is the long run, `npm run test:soak`. */
    isSoak: boolean
  }
}

export default defineConfig(
  async ({ mode }): Promise<ViteUserConfig> => ({
    test: {
      // Left to itself it leaves a core free, and on two cores runs one file after the other.
      maxWorkers: Math.max(2, availableParallelism() - 1),
      coverage: { provider: 'istanbul', include: ['src/**'], exclude: ['src/entry/**'], reporter: ['text', 'html'] },
      projects: [
        {
          resolve: world('file'),
          test: {
            name: 'node',
            testTimeout: 30_000,
            isolate: false,
            execArgv: ['--expose-gc'],
            include: [everywhere],
            exclude: [...elsewhere, ...onlyWorkers],
            globalSetup: ['test/worlds/file.setup.ts', 'test/worlds/mail.setup.ts'],
          },
        },
        {
          plugins: [workerd((inject) => ({ TURSO_DATABASE_URL: `${inject('libsql')}/worker/` }))],
          resolve: world('libsql'),
          test: {
            name: 'workerd',
            testTimeout: 30_000,
            isolate: false,
            include: [everywhere],
            exclude: [...elsewhere, onlyNode],
            setupFiles: 'test/worlds/libsql.leave.ts',
            globalSetup: ['test/worlds/libsql.setup.ts', 'test/worlds/mail.setup.ts'],
          },
        },
        {
          plugins: [workerd(() => ({}))],
          resolve: world('d1'),
          test: {
            name: 'd1',
            testTimeout: 30_000,
            include: ['test/d1/**/*.test.{ts,tsx}'],
            provide: { migrations: await readD1Migrations(at('drizzle')) },
          },
        },
        {
          // The visits of a feature stand beside what needs a world.
          resolve: world('file'),
          test: {
            name: 'entry',
            include: ['test/{entry,edge,deletion}/**/*.test.{ts,tsx}'],
            testTimeout: 60_000,
            hookTimeout: 60_000,
          },
        },
        {
          test: {
            name: 'e2e',
            include: ['test/e2e/**/*.test.ts'],
            testTimeout: 60_000,
            hookTimeout: 60_000,
            // A browser wants the machine to itself.
            sequence: { groupOrder: 2 },
            maxWorkers: 1,
            globalSetup: 'test/e2e/dev.setup.ts',
          },
        },
        {
          resolve: world('file'),
          test: {
            name: 'reliability',
            include: ['test/{crash,simulation,load}/**/*.test.ts'],
            exclude: timed,
            ...reliability(mode === 'soak'),
          },
        },
        {
          resolve: world('file'),
          test: {
            name: 'timed',
            include: timed,
            // The other projects first, and then one file at a time.
            sequence: { groupOrder: 1 },
            maxWorkers: 1,
            ...reliability(mode === 'soak'),
          },
        },
      ],
    },
  }),
)
