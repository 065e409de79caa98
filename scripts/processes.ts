import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** A port of the loopback interface that nobody listens on right now. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer().once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No port.'))))
  })
  return promise
}

export function isPortFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer().once('error', () => resolve(false))
  server.listen(port, 'localhost', () => server.close(() => resolve(true)))
  return promise
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Undefined when there is no such process; its parent and its command line are read where the platform keeps them. */
export function processInfo(pid: number): { parent: number; command: string } | undefined {
  try {
    if (process.platform === 'linux') {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return {
        parent: Number(parent?.[1]),
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
      }
    }
    const line = execFileSync('ps', ['-o', 'ppid=,command=', '-p', `${pid}`], { encoding: 'utf8', stdio: 'pipe' })
    const [parent, ...command] = line.trim().split(/\s+/)
    return { parent: Number(parent), command: command.join(' ') }
  } catch {
    return undefined
  }
}

/** End a child and, if it leads a process group, all of that: with SIGTERM, and after ten seconds with SIGKILL. */
export async function end(child: ChildProcess, { group = false } = {}) {
  const { pid } = child
  if (pid === undefined) return
  const send = (signal: NodeJS.Signals) => {
    try {
      if (group && process.platform === 'win32') execFileSync('taskkill', ['/pid', `${pid}`, '/t', '/f'])
      else process.kill(group ? -pid : pid, signal)
    } catch {
      // It has ended already.
    }
  }
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    const impatience = setTimeout(send, 10_000, 'SIGKILL')
    send('SIGTERM')
    await ended
    clearTimeout(impatience)
  }
  if (group) send('SIGKILL')
}

/** Keeps what a child says for the moment when it fails; from `passOn` on shows it as it comes, unless `hide` matches. */
export function listen(child: ChildProcess) {
  const said: string[] = []
  let hide: RegExp | undefined
  for (const input of [child.stdout, child.stderr]) {
    if (!input) continue
    createInterface({ input }).on('line', (line) => {
      if (hide && !hide.test(line)) console.log(line)
      said.push(line)
      if (said.length > 20) said.shift()
    })
  }
  return {
    lastWords: () => said.join('\n').trim(),
    passOn(unless: RegExp) {
      hide = unless
      said.length = 0
    },
  }
}

export interface Ended {
  code: number | null
  output: string
}

/** Run a command to its end and collect what it says, which `show` also shows as it comes. */
export function run(
  command: string,
  args: string[],
  { input = '', show = false, env = process.env }: { input?: string; show?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const child = spawn(command, args, { stdio: 'pipe', env })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.push(text)
      if (show) process.stdout.write(text)
    })
  }
  child.once('error', reject).once('close', (code) => resolve({ code, output: output.join('') }))
  child.stdin.end(input)
  return promise
}
