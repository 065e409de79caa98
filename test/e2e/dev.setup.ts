import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../scripts/processes.ts'
import { newFolder } from '../entry/node-process.ts'
import { migrateLocalD1, randomSecret, startWorker } from '../entry/worker-process.ts'
import { chromium, howToInstall } from './chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The origin of the service of development. */
    dev: string
  }
}

/** The service that `npm run dev` runs, with its mailbox, on a port and over a database of its own. */
export default async ({ provide }: TestProject) => {
  if (chromium === undefined) return console.warn(`The tests in a browser are left out. ${howToInstall}`)
  const { path, remove } = newFolder()
  await migrateLocalD1(path)
  const port = await freePort()
  const settings = {
    AUTH_ORIGIN: `http://localhost:${port}`,
    AUTH_SECRET: randomSecret(),
    AUTH_PRODUCT_NAME: 'Acme',
    AUTH_LIMIT_REQUESTS: '1000',
  }
  const entry = resolve(import.meta.dirname, '../../src/entry/dev.ts')
  const worker = await startWorker(path, settings, { entry, port })
  provide('dev', settings.AUTH_ORIGIN)
  return async () => {
    await worker.stop()
    remove()
  }
}
