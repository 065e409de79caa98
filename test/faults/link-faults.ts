import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exchange, Fault, Reply } from './proxy.ts'

/** A request that meets no fault. */
export const passed: Fault = async ({ forward, response }) => {
  const { status, headers, body } = await forward()
  response.writeHead(status, headers).end(body)
}

/** The seven faults of the matrix that make no one wait, but for the one that needs no proxy. */
export const quickFaults = {
  'a reply lost after the commit': async ({ forward, response }) => {
    await forward()
    response.destroy()
  },
  'a reply cut in half': async ({ forward, response, random }) => {
    const { head, body } = written(await forward(), random)
    const isInHead = random() < 0.3
    const whole = isInHead ? head : Buffer.concat([head, body])
    const from = isInHead ? 1 : head.length
    const cut = whole.subarray(0, from + Math.floor(random() * (whole.length - from)))
    response.socket?.write(cut, () => response.socket?.destroy())
  },
  'a 503 before the request': async (exchange) => say(exchange, 503),
  'a 503 after the commit': async (exchange) => {
    await exchange.forward()
    say(exchange, 503)
  },
  'an HTML page': async (exchange) => {
    if (exchange.random() < 0.5) await exchange.forward()
    exchange.response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  },
  'a 429': async (exchange) => say(exchange, 429),
  'a reset connection': async ({ forward, response, random }) => {
    if (random() < 0.5) await forward()
    response.socket?.resetAndDestroy()
  },
} as const satisfies Readonly<Record<string, Fault>>

/** The three that make the service wait for longer than it does. */
export const slowFaults = {
  'a hang': async ({ forward, response, random }) => {
    // Past its time limit the service lets go of the connection.
    const closed = once(response, 'close', { signal: AbortSignal.timeout(15_000) })
    if (random() < 0.5) await forward()
    await closed
  },
  'a reply 2 s late': async (exchange) => {
    const isOnTheWay = exchange.random() < 0.5
    if (isOnTheWay) await sleep(2000)
    const reply = await exchange.forward()
    if (!isOnTheWay) await sleep(2000)
    exchange.response.writeHead(reply.status, reply.headers).end(reply.body)
  },
  'a reply that dribbles for 10 s': async ({ forward, response, random }) => {
    const { head, body } = written(await forward(), random)
    const whole = Buffer.concat([head, body])
    const quick = random() < 0.5 ? head.length : 0
    response.socket?.write(whole.subarray(0, quick))
    const step = Math.ceil((whole.length - quick) / 40)
    for (let at = quick; at < whole.length && !response.destroyed; at += step) {
      response.socket?.write(whole.subarray(at, at + step))
      await sleep(250)
    }
  },
} as const satisfies Readonly<Record<string, Fault>>

/** It never leaves the service: nobody listens, or whoever does closes at once. */
export const refused = 'a connection refused before the request'

const page = '<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>'

/** As a load balancer says it, or as the database itself does. */
const say = ({ response, random }: Exchange, status: number): void => {
  if (random() < 0.5) return void response.writeHead(status, { 'content-type': 'text/html' }).end(page)
  const headers = { 'content-type': 'application/json', 'retry-after': '1' }
  response.writeHead(status, headers).end(JSON.stringify({ error: 'Too busy.' }))
}

/** A reply as bytes, in one of the three ways in which HTTP/1.1 tells its end. */
const written = ({ status, headers, body }: Reply, random: () => number) => {
  const about = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const start = `HTTP/1.1 ${status} OK\r\n${about.join('')}`
  const way = Math.floor(random() * 3)
  if (way === 0) return { head: Buffer.from(`${start}content-length: ${body.length}\r\n\r\n`), body }
  if (way === 1) return { head: Buffer.from(`${start}connection: close\r\n\r\n`), body }
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
  return { head: Buffer.from(`${start}transfer-encoding: chunked\r\n\r\n`), body: chunk }
}
