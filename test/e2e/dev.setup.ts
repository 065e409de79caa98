import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../scripts/processes.ts'
import { newFolder } from '../entry/node-process.ts'
import { migrateLocalD1, randomSecret, startWorker } from '../entry/worker-process.ts'
import { chromium, howToInstall } from './chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The origins of two services of development: whether a proven address is optional there, or required. */
    services: Readonly<Record<'optional' | 'required', string>>
    /** By which they believe a request what its address is. */
    proxySecret: string
  }
}

/** The service that `npm run dev` runs, with its mailbox, twice: each on a port and over a database of its own. */
export default async ({ provide }: TestProject) => {
  if (chromium === undefined) return console.warn(`The tests in a browser are left out. ${howToInstall}`)
  const proxySecret = randomSecret()
  provide('proxySecret', proxySecret)
  const optional = await start('optional', proxySecret)
  const required = await start('required', proxySecret)
  provide('services', { optional: optional.base, required: required.base })
  return async () => {
    await Promise.all([optional.stop(), required.stop()])
  }
}

const start = async (verification: string, proxySecret: string) => {
  const { path, remove } = newFolder()
  await migrateLocalD1(path)
  const port = await freePort()
  const settings = {
    AUTH_ORIGIN: `http://localhost:${port}`,
    AUTH_SECRET: randomSecret(),
    AUTH_PRODUCT_NAME: 'Acme',
    AUTH_PROXY: `secret:${proxySecret}`,
    AUTH_EMAIL_VERIFICATION: verification,
  }
  const entry = resolve(import.meta.dirname, '../../src/entry/dev.ts')
  const worker = await startWorker(path, settings, { entry, port })
  return { base: settings.AUTH_ORIGIN, stop: () => worker.stop().then(remove) }
}
