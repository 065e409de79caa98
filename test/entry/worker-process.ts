import { devNull } from 'node:os'
import { resolve } from 'node:path'
import { unstable_startWorker } from 'wrangler'
import { quietly, wrangler } from '../../scripts/wrangler.ts'

const config = resolve(import.meta.dirname, '../../wrangler.toml')

/** Makes the tables of the local D1 whose data are in `folder`. */
export const migrateLocalD1 = async (folder: string): Promise<void> => {
  const args = ['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', folder]
  const { code, output } = await wrangler(args)
  if (code !== 0) throw new Error(output)
}

/**
 * The Worker of `wrangler.toml` as `wrangler dev` runs it, with these variables; its data go into `folder`. `entry` is
 * another than that of production, `port` a certain one.
 */
export const startWorker = async (
  folder: string,
  variables: Readonly<Record<string, string>>,
  { entry, port = 0 }: { readonly entry?: string; readonly port?: number } = {},
) => {
  Object.assign(process.env, quietly)
  const worker = await unstable_startWorker({
    config,
    ...(entry === undefined ? {} : { entrypoint: entry }),
    envFiles: [devNull],
    bindings: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, { type: 'plain_text' as const, value }]),
    ),
    dev: {
      persist: folder,
      server: { hostname: entry === undefined ? '127.0.0.1' : 'localhost', port },
      inspector: false,
      watch: false,
      logLevel: 'none',
    },
  })
  const url = await worker.url
  return { base: url.origin, port: Number(url.port), stop: () => worker.dispose() }
}

export const randomSecret = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
