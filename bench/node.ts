import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { end, freePort, listen } from '../scripts/processes.ts'
import type { Settings } from './people.ts'
import { cpuOf, memoryOf, type Running } from './workerd.ts'

/** The entry of Node in a process of its own. @throws Error with its last words when it does not start */
export const serveNode = async (settings: Settings): Promise<Running> => {
  const port = await freePort()
  const { PATH = '' } = process.env
  const entry = resolve(import.meta.dirname, '../src/entry/node.ts')
  const child = spawn(process.execPath, ['--no-warnings', entry], {
    env: { PATH, ...settings, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killNow = () => child.kill()
  process.once('exit', killNow)
  const { lastWords } = listen(child)
  const listening = once(createInterface({ input: child.stdout }), 'line')
  await Promise.race([listening, once(child, 'exit').then(() => Promise.reject(new Error(lastWords())))])
  return {
    url: `http://127.0.0.1:${port}`,
    cpu: () => cpuOf(child.pid),
    memory: () => memoryOf(child.pid),
    async stop() {
      await end(child)
      process.off('exit', killNow)
    },
  }
}
