import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { TestProject } from 'vitest/node'
import { newHttpServers } from './http-answers.ts'
import { misbehave } from './misbehaving-smtp.ts'

/** One message as an SMTP server took it. */
export interface Received {
  readonly from: string
  readonly to: readonly string[]
  /** Base64 of its bytes, dots undone. */
  readonly raw: string
  readonly user: string | undefined
  readonly isSecure: boolean
}

/** What a server says to `RCPT TO` before it takes anything for that recipient; `hang` says nothing. */
export type Refusal = `${number} ${string}` | 'hang'

declare module 'vitest' {
  interface ProvidedContext {
    /** Real SMTP servers on loopback, by port, and where to ask what they took. */
    mail: {
      /** Offers no TLS; takes `ada` and `secret`, and goes without. */
      readonly plain: number
      /** Demands STARTTLS and the login, with a certificate for localhost that this run trusts. */
      readonly starttls: number
      /** The same by AUTH LOGIN alone. */
      readonly login: number
      /** The same with TLS from the first byte. */
      readonly tls: number
      /** As `starttls`, with a certificate that nobody trusts. */
      readonly untrusted: number
      /** Answers what came for an address, has it refused first, and starts servers that misbehave: `test/mailers/mails.ts`. */
      readonly api: string
    }
  }
}

const file = (name: string) => readFileSync(join(import.meta.dirname, '../certificates', name))

/** Certificates and passwords of the tests alone. */
export default async function setup(project: TestProject) {
  const box: Box = { received: [], refusals: new Map() }
  const trusted = { cert: file('localhost.pem'), key: file('localhost.key.pem') }
  const servers = {
    plain: newServer(box, { hideSTARTTLS: true, authOptional: true, allowInsecureAuth: true }),
    starttls: newServer(box, trusted),
    login: newServer(box, { ...trusted, authMethods: ['LOGIN'] }),
    tls: newServer(box, { ...trusted, secure: true }),
    untrusted: newServer(box, { key: file('nobody.key.pem'), cert: file('nobody.pem') }),
  }
  const bad: TcpServer[] = []
  const http = newHttpServers()
  const routes: Record<string, (asked: URLSearchParams, body: string) => unknown> = {
    'GET /': (asked) => box.received.filter(({ to }) => to.includes(asked.get('to') ?? '')),
    'PUT /': (asked, body) => void box.refusals.set(asked.get('to') ?? '', JSON.parse(body)),
    'POST /': async (_, body) => {
      const server = createTcpServer(misbehave(JSON.parse(body)))
      bad.push(server)
      return { port: await listening(server) }
    },
    'GET /http': (asked) => http.asked(asked.get('url') ?? ''),
    'POST /http': async (_, body) => ({ url: await http.start(JSON.parse(body)) }),
  }
  const api = createServer(async (request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const body = Buffer.concat(await request.toArray()).toString()
    answer.end(JSON.stringify(await routes[`${request.method} ${pathname}`]?.(searchParams, body)))
  })
  project.provide('mail', {
    plain: await listening(servers.plain.server),
    starttls: await listening(servers.starttls.server),
    login: await listening(servers.login.server),
    tls: await listening(servers.tls.server),
    untrusted: await listening(servers.untrusted.server),
    api: `http://127.0.0.1:${await listening(api)}`,
  })
  return () => {
    for (const server of Object.values(servers)) server.close()
    for (const server of bad) server.close()
    http.stop()
    api.close().closeAllConnections()
  }
}

/** What all of the servers share. */
interface Box {
  readonly received: Received[]
  /** By recipient, one for each attempt. */
  readonly refusals: Map<string, Refusal[]>
}

const newServer = ({ received, refusals }: Box, options: SMTPServerOptions) =>
  new SMTPServer({
    ...options,
    closeTimeout: 100,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _, done) => {
      const isRight = username === 'ada' && password === 'secret ü'
      if (isRight) done(null, { user: username })
      else done(Object.assign(new Error('5.7.8 Authentication credentials invalid'), { responseCode: 535 }))
    },
    onRcptTo: ({ address }, _, done) => {
      const refusal = refusals.get(address)?.shift()
      if (refusal === undefined) return done()
      if (refusal === 'hang') return
      done(Object.assign(new Error(refusal.slice(4)), { responseCode: Number.parseInt(refusal, 10) }))
    },
    onData: async (stream, { envelope, user, secure }, done) => {
      const raw = Buffer.concat(await stream.toArray()).toString('base64')
      const from = envelope.mailFrom ? envelope.mailFrom.address : ''
      const to = envelope.rcptTo.map(({ address }) => address)
      received.push({ from, to, raw, user, isSecure: secure })
      done()
    },
    // A client that is wary of a certificate hangs up, which is no error of the test.
  }).on('error', () => {})

const listening = (server: TcpServer | Server): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => {
    const at = server.address()
    resolve(typeof at === 'object' && at ? at.port : 0)
  })
  return promise
}
