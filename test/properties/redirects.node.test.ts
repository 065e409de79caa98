import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import type { App } from '../../src/app.ts'
import { originPolicy, parseOrigin } from '../../src/base/origins.ts'
import { doc, validate } from '../../src/http/contract.ts'
import { gated } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { decoded, issuer } from '../forging.ts'
import { origin, server } from '../harness.ts'
import { hostileTargets } from './hostile-targets.ts'
import { goodRequest, operationsOf } from './operations.ts'
import { awayFrom, leadingAway } from './redirects.ts'

/** More mail is asked for from one address than one may. */
const settings = { AUTH_LIMIT_ADDRESS: '10000' }

const arranged = (mount?: (app: App) => unknown) =>
  server({ plug: gated, limiter: openLimiter, argon2id: quick, settings, ...(mount ? { mount } : {}) })

test('the corpus has at least 200 targets, no two alike', () => {
  expect(new Set(hostileTargets).size).toBe(hostileTargets.length)
  expect(hostileTargets.length).toBeGreaterThanOrEqual(200)
  expect(hostileTargets.filter((target) => !/evilevil/i.test(target.normalize('NFKC')))).toEqual([])
})

test('GHSA-vp58-j275-797x, GHSA-86j7-9j95-vpqj, CVE-2025-67495, GHSA-9h33-g3ww-mqff, S63: no parameter of any route leads anybody away', async () => {
  const on = await arranged()

  expect(await awayFrom(on)).toEqual([])
  await on.settled()
  expect(on.mailbox.length).toBeGreaterThan(100)
  expect(on.mailbox.filter(({ text, html }) => /evilevil/i.test(text + html))).toEqual([])
}, 300_000)

test('GHSA-3529-5m8x-rpv3, CVE-2023-49097: under a foreign host every route answers for the configured origin', async () => {
  const on = await arranged()

  for (const operation of await operationsOf(on)) {
    const { path, init } = await goodRequest(on, operation)
    const answer = await on.request(`https://evilevil.example${path}`, init)
    const text = await answer.clone().text()
    const [, payload] = /"access_token":"[\w-]+\.([\w-]+)/.exec(text) ?? []

    expect.soft(await leadingAway(answer), operation.name).toEqual([])
    if (payload !== undefined) expect.soft(JSON.parse(decoded(payload))).toMatchObject({ iss: issuer })
  }
})

const { host } = new URL(origin)
const Next = z.strictObject({ next: z.string() })

const redirecting = (choose: (target: string) => string) => (app: App) =>
  app.get('/auth/planted', doc('Planted', { 302: null }), (c) => {
    const to = choose(c.req.query('redirectTo') ?? '/')
    return c.body(null, 302, { location: encodeURI(to).replaceAll('%25', '%') })
  })

const planted: [title: string, isSeen: boolean, mount: (app: App) => unknown][] = [
  ['redirects where a query says', true, redirecting((to) => to)],
  ['redirects to what begins with a slash', true, redirecting((to) => (to.startsWith('/') ? to : '/'))],
  ['redirects to what ends as our host does', true, redirecting((to) => (to.endsWith(host) ? to : '/'))],
  ['redirects to what holds our host', true, redirecting((to) => (to.includes(host) ? to : '/'))],
  ['redirects to a target by an exact list', false, redirecting((to) => (to === '/account' ? to : '/'))],
  [
    'puts a header of the request into Refresh',
    true,
    (app) =>
      app.get('/auth/planted', doc('Planted', { 200: z.object({}) }), (c) =>
        c.json({}, 200, { refresh: `0; url=https://${c.req.header('x-forwarded-host') ?? host}/` }),
      ),
  ],
  [
    'tells a page where to go by a field of its body',
    true,
    (app) =>
      app.post('/auth/planted', doc('Planted', { 200: z.object({ url: z.string() }) }), validate(Next), (c) =>
        c.json({ url: c.req.valid('json').next }, 200),
      ),
  ],
]

test.each(planted)('a route of tomorrow that %s is seen: %s', async (_, isSeen, mount) => {
  const on = await arranged(mount)

  const found = await awayFrom(on, '/auth/planted')

  expect(found.length > 0).toBe(isSeen)
})

test('GHSA-vp58-j275-797x, CVE-2024-8883: no hostile target is an origin that may call', () => {
  const { allows } = originPolicy(origin, ['https://spa.example.net', 'https://*.preview.example.com'])

  expect(hostileTargets.filter(allows)).toEqual([])
  expect(hostileTargets.filter((target) => ![undefined, target].includes(parseOrigin(target)))).toEqual([])
})
