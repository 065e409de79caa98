import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { clientAddress } from '../base/addresses.ts'
import { stopwatch } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { fromUtf8, timingSafeEqual } from '../base/crypto.ts'
import { notFound, Problem } from '../base/errors.ts'
import { newContext } from '../identity/context.ts'
import type { Ports } from '../identity/core.ts'
import { formFields, plainPath } from './contract.ts'
import type { Env } from './env.ts'
import { bodyTooLarge, crossOrigin, malformedRequest, problemResponse } from './problem.ts'

/** Bytes of a body at most. */
const bodyLimit = 64 * 1024

/**
 * Stands before every route: makes the request's context, refuses what no route should see, sets the headers of every
 * answer and writes its log line.
 */
export const protect = (config: Config, ports: Ports) =>
  createMiddleware<Env>(async (c, next) => {
    const elapsed = stopwatch()
    const request = c.req.raw
    const { headers, method } = request
    const context = newContext({
      ...ports,
      waitUntil: c.env.waitUntil,
      headers,
      isSafe: method === 'GET' || method === 'HEAD',
      address: clientAddress(headers, c.env.address, config.proxy, timingSafeEqual),
      country: c.env.country,
    })
    c.set('context', context)

    const admitted = await admit(config, request).catch((error) => problemResponse(context, error))
    const isEarly = admitted instanceof Response
    if (isEarly) c.res = admitted
    else {
      c.set('body', admitted)
      await next()
    }

    decorate(config, headers.get('origin'), c.res.headers)
    c.res.headers.set('x-request-id', context.requestId)
    for (const cookie of context.cookies.values()) c.res.headers.append('set-cookie', cookie)
    const milliseconds = elapsed()
    if (!config.secureCookies) {
      c.res.headers.set('server-timing', `app;dur=${milliseconds}, db;desc="${context.trips} trips"`)
    }
    context.log({
      event: 'request',
      method,
      route: isEarly ? undefined : plainPath(routePath(c)),
      status: c.res.status,
      code: context.refusal,
      milliseconds,
      trips: context.trips,
      country: context.country,
    })
    context.settle()
  })

/**
 * The text of the body, or an early answer.
 * @throws Problem `not_found` (404), `malformed_request` (400), `cross_origin` (403), `body_too_large` (413)
 */
const admit = async (config: Config, request: Request): Promise<Response | string> => {
  checkTarget(request.url)
  const { method, headers } = request
  if (method === 'GET' || method === 'HEAD') return ''
  if (method === 'OPTIONS' && headers.has('access-control-request-method')) return preflight(config, headers)
  checkOrigin(config, headers)
  return readBody(request)
}

/** A path has one spelling, so that a guard, a limiter and the router never disagree (CVE-2026-41248). */
const checkTarget = (url: string): void => {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const [target = ''] = url.slice(start).split('#')
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (/%|\\|\/\/|\/\.{0,2}(?:\/|$)/.test(path)) throw new Problem(notFound)
  if (query >= 0) formFields(target.slice(query + 1))
}

/**
 * The origin gate of unsafe methods, whatever the content type: hono/csrf lets cross-site JSON through by design.
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
const checkOrigin = (config: Config, headers: Headers): void => {
  const site = headers.get('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return
  const origin = headers.get('origin')
  if (origin !== null) {
    if (config.origins.allows(origin)) return
    throw new Problem(crossOrigin)
  }
  const isBrowser = site !== null
  const name = config.secureCookies ? '__Host-session' : 'session'
  const bearsCookie = new RegExp(`(?:^|;)[ \\t]*${name}[ \\t]*=`).test(headers.get('cookie') ?? '')
  if (isBrowser || (bearsCookie && !headers.get('x-auth-client'))) throw new Problem(crossOrigin)
}

const preflight = (config: Config, headers: Headers): Response => {
  if (!config.origins.allows(headers.get('origin') ?? '')) throw new Problem(crossOrigin)
  const allow = {
    'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
    'access-control-allow-headers': 'Content-Type, Authorization, X-Auth-Client',
    'access-control-max-age': '600',
  }
  return new Response(null, { status: 204, headers: allow })
}

/**
 * Counts what arrives, whatever `Content-Length` claims, and stops reading at the limit.
 * @throws Problem `body_too_large` (413), `malformed_request` (400) also for a body that broke off
 */
const readBody = async (request: Request): Promise<string> => {
  if (request.body === null) return ''
  try {
    const reader = request.body.getReader()
    const chunks: Uint8Array[] = []
    let size = 0
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.byteLength
      if (size > bodyLimit) {
        void reader.cancel().catch(() => undefined)
        throw new Problem(bodyTooLarge)
      }
      chunks.push(read.value)
    }
    return fromUtf8(joined(chunks, size))
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(malformedRequest)
  }
}

const joined = (chunks: readonly Uint8Array[], size: number): Uint8Array => {
  const [first] = chunks
  if (first?.byteLength === size) return first
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

/** Headers of every answer, problems included. */
const decorate = (config: Config, origin: string | null, headers: Headers): void => {
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('referrer-policy', 'no-referrer')
  if (!headers.has('content-security-policy')) {
    headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  }
  if (config.secureCookies) headers.set('strict-transport-security', 'max-age=31536000')
  headers.append('vary', 'Origin')
  if (origin !== null && config.origins.allows(origin)) {
    headers.set('access-control-allow-origin', origin)
    headers.set('access-control-allow-credentials', 'true')
    headers.set('access-control-expose-headers', 'X-Request-Id, Retry-After')
  }
}
