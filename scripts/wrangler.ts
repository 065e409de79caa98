import { createRequire } from 'node:module'
import { type Ended, run } from './processes.ts'

/** Run by the Node that runs this script: the system's may be too old for it. */
export const wranglerCli = createRequire(import.meta.url).resolve('wrangler')

export const quietly = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

/** Run wrangler to its end, without asking anything. `input` goes to its standard input, which `ps` does not show. */
export function wrangler(args: string[], { input = '', show = false } = {}): Promise<Ended> {
  return run(process.execPath, ['--no-warnings', wranglerCli, ...args], { input, show, env: quietly })
}
