import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'
import { buildForVercel } from '../../scripts/build-vercel.ts'
import type { Send } from '../http.ts'

export interface EdgeFunction {
  /** One request as Vercel's proxy passes it on, and all that goes on after its answer. */
  readonly send: Send
  readonly logs: Readonly<Record<string, unknown>>[]
}

export const origin = 'http://localhost'

/**
 * What Vercel does with the deployment that `npm run build:vercel` writes into `folder`: it compiles the wasm beside
 * the code, and calls the default export for each request.
 */
export const deployed = async (folder: string) => {
  await buildForVercel('edge', '* * * * *', folder)
  const files = join(folder, 'functions/auth.func')
  const wasm = await WebAssembly.compile(await readFile(join(files, 'argon2.wasm')))
  const { outputFiles } = await build({
    stdin: {
      contents: `import handler from './index.mjs'
        addEventListener('fetch', (event) => event.respondWith(handler(event.request, event)))`,
      resolveDir: files,
    },
    bundle: true,
    format: 'iife',
    write: false,
    plugins: [
      {
        name: 'wasm-module',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'wasm' }))
          onLoad({ filter: /./, namespace: 'wasm' }, () => ({ contents: 'export default globalThis.compiledWasm' }))
        },
      },
    ],
  })
  const [code] = outputFiles
  if (code === undefined) throw new Error('esbuild wrote nothing.')
  return (settings: Readonly<Record<string, string>>): EdgeFunction => isolate(code.text, wasm, settings)
}

const isolate = (code: string, wasm: WebAssembly.Module, settings: Readonly<Record<string, string>>): EdgeFunction => {
  const logs: EdgeFunction['logs'] = []
  const runtime = new EdgeRuntime({
    extend: (context) =>
      Object.assign(context, {
        process: { env: { ...settings } },
        compiledWasm: wasm,
        console: { ...console, log: (line: string) => line.startsWith('{') && logs.push(JSON.parse(line)) },
      }),
    initialCode: code,
  })
  return {
    logs,
    async send(path, init = {}) {
      const headers = { ...proxied, ...Object.fromEntries(new Headers(init.headers)) }
      const answer = await runtime.dispatchFetch(`${origin}${path}`, { ...init, headers })
      await answer.waitUntil()
      return answer
    },
  }
}

const proxied = { 'x-vercel-forwarded-for': '192.0.2.1', 'x-vercel-ip-country': 'FR', 'x-auth-client': 'test' }
