import { bodyOf } from '../http.ts'
import { targetOf } from '../route-access.ts'
import { spellings } from '../spellings.ts'
import { raw } from './node-process.ts'

interface Service {
  readonly base: string
  readonly port: number
}

interface Asked {
  /** `GET /auth/me` */
  readonly name: string
  readonly spelling: string
  readonly line: string
  readonly status: number
}

/** Requests at once. */
const many = 40

/** Asks for every path that wants a caller in every spelling, behind each of `before`, each on a socket of its own. */
export const askInEverySpelling = async (at: Service, before: readonly string[]): Promise<Asked[]> => {
  const { paths }: { paths: Record<string, Record<string, object>> } = await bodyOf(
    await fetch(`${at.base}/auth/openapi.json`),
  )
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => 'security' in operation)
      .map(([method]) => ({
        method: method.toUpperCase(),
        path: targetOf(path),
      })),
  )
  const asked: Promise<Asked>[] = []
  for (const { method, path } of routes) {
    const name = `${method} ${path}`
    for (const [spelling, spell] of spellings) {
      for (const host of before) {
        const line = `${method} ${host}${spell(path)}`
        asked.push(statusOf(at.port, line).then((status) => ({ name, spelling, line, status })))
        if (asked.length % many === 0) await Promise.all(asked)
      }
    }
  }
  return Promise.all(asked)
}

/** Of the one answer to a request line; 400 where the server hangs up. */
const statusOf = async (port: number, line: string): Promise<number> => {
  const headers = ['Host: localhost', 'X-Auth-Client: test', 'Content-Length: 0', 'Connection: close']
  const reply = await raw(port, `${[`${line} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`)
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? 400)
}
