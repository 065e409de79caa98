import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** What a browser sends with every request from the app's own origin, and the platform's address beside it. */
export const browser = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: '*/*',
  'accept-language': 'en-GB,en;q=0.5',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  'cf-connecting-ip': '198.51.100.7',
  'cf-ipcountry': 'FR',
}

export interface Call {
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Milliseconds until the caller gives up; without it, never. */
  readonly timeout?: number
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Send = (call: Call) => Promise<Reply>

const agent = new Agent({ keepAlive: true })

/** A browser that speaks to `url`, over connections that stay open. Answers whatever the status. */
export const newClient =
  (url: string): Send =>
  async ({ path, method = 'GET', headers, json, timeout }) => {
    const body = json === undefined ? '' : JSON.stringify(json)
    const typed = json === undefined ? {} : { 'content-type': 'application/json' }
    const length = method === 'GET' ? {} : { 'content-length': `${Buffer.byteLength(body)}` }
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const signal = timeout === undefined ? undefined : AbortSignal.timeout(timeout)
    const sent = { ...browser, ...typed, ...length, ...headers }
    const outgoing = request(url + path, { method, agent, headers: sent, ...(signal ? { signal } : {}) })
    outgoing.once('error', reject).once('response', (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      incoming.once('error', reject)
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }))
    })
    outgoing.end(body)
    return promise
  }

/** The same. @throws Error for any status that is not 2xx: what fails is not measured */
export const newSend = (url: string): Send => {
  const send = newClient(url)
  return async (call) => {
    const reply = await send(call)
    const { path, method = 'GET' } = call
    if (reply.status < 200 || reply.status > 299) throw new Error(`${method} ${path}: ${reply.status} ${reply.body}`)
    return reply
  }
}

export const closeConnections = () => agent.destroy()
