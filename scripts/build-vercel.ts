import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** The runtimes of Vercel, by the name that `VERCEL_RUNTIME` chooses them with. */
type Runtime = 'nodejs' | 'edge'

const root = resolve(import.meta.dirname, '..')
const fileOf = (name: string) => createRequire(import.meta.url).resolve(name)

/**
 * Writes a deployment in the form of the Build Output API: one function that answers all of `/auth` and
 * what browsers ask of passkeys, and the cron job.
 * @see https://vercel.com/docs/build-output-api
 */
export async function buildForVercel(runtime: Runtime, schedule: string, output: string): Promise<void> {
  rmSync(output, { recursive: true, force: true })
  const folder = join(output, 'functions/auth.func')
  mkdirSync(folder, { recursive: true })
  await build({ ...common, ...options[runtime](folder), outfile: join(folder, 'index.mjs') })
  writeJson(join(folder, '.vc-config.json'), functionConfig[runtime])
  writeJson(join(output, 'config.json'), {
    version: 3,
    routes: ['/auth(?:/.*)?', '/\\.well-known/webauthn'].map((src) => ({ src, dest: '/auth' })),
    crons: [{ path: '/auth/cron', schedule }],
  })
}

const functionConfig: Record<Runtime, object> = {
  edge: { runtime: 'edge', entrypoint: 'index.mjs' },
  nodejs: {
    runtime: 'nodejs24.x',
    handler: 'index.mjs',
    launcherType: 'Nodejs',
    shouldAddHelpers: false,
    supportsResponseStreaming: true,
  },
}

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
}

const options: Record<Runtime, (folder: string) => BuildOptions> = {
  // The edge calls a default export, Node the method of one.
  edge: (folder) => ({
    stdin: { contents: "import entry from './src/entry/vercel.ts'\nexport default entry.fetch", resolveDir: root },
    platform: 'browser',
    conditions: ['edge-light', 'worker', 'browser'],
    plugins: [wasmBeside(folder)],
  }),
  nodejs: (folder) => {
    copyArgon2(join(folder, 'node_modules/@phi-ag/argon2'))
    return {
      entryPoints: ['src/entry/vercel.ts'],
      platform: 'node',
      // What is CommonJS inside the bundle asks for the modules of Node.
      banner: { js: "import { createRequire as req } from 'node:module'; const require = req(import.meta.url);" },
    }
  },
}

/** The edge compiles at deployment what is imported with `?module`, from a file beside the code. */
const wasmBeside = (folder: string): Plugin => ({
  name: 'wasm-beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => {
      const file = fileOf(path.replace('?module', ''))
      copyFileSync(file, join(folder, basename(file)))
      return { path: `./${basename(file)}?module`, external: true }
    }),
})

/** For a Node whose crypto has no Argon2: it looks for the wasm where a package would be. */
function copyArgon2(folder: string) {
  mkdirSync(folder, { recursive: true })
  copyFileSync(fileOf('@phi-ag/argon2/argon2.wasm'), join(folder, 'argon2.wasm'))
  writeJson(join(folder, 'package.json'), { name: '@phi-ag/argon2', exports: { './argon2.wasm': './argon2.wasm' } })
}

function writeJson(file: string, content: object) {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
}

if (import.meta.main) {
  const { VERCEL_RUNTIME: runtime = 'nodejs', VERCEL_CRON: schedule = '* * * * *' } = process.env
  if (runtime === 'nodejs' || runtime === 'edge') {
    await buildForVercel(runtime, schedule, join(root, '.vercel/output'))
    console.log(`.vercel/output serves /auth on Vercel's ${runtime} runtime.`)
  } else {
    console.error(`VERCEL_RUNTIME must be nodejs or edge, not "${runtime}".`)
    process.exitCode = 1
  }
}
