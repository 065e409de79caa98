import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { bodyOf, json, origin, type Server, server, signedUp } from '../harness.ts'
import { bytes, isUnsafe, raw, routes } from '../raw.ts'

const trusted = 'https://spa.example.net'
const settings = { AUTH_TRUSTED_ORIGINS: `${trusted},https://*.preview.example.com` }

const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'Same-Origin', 'same-origin, none', '']
const origins = [undefined, origin, trusted, 'https://pr-1.preview.example.com', 'https://evil.example', 'null', '']
const cookies = [
  undefined,
  '__Host-session=x',
  'a=b; __Host-session =x',
  '__Host-device=x; session=x',
  'x__Host-session=x',
]
const clients = [undefined, '', 'curl']
const types = [undefined, 'application/json', 'APPLICATION/JSON', 'text/plain', 'multipart/form-data; boundary=x', '']

interface Case {
  readonly site: string | undefined
  readonly from: string | undefined
  readonly cookie: string | undefined
  readonly client: string | undefined
}

/** The rule as the contract states it. */
const mayPass = ({ site, from, cookie, client }: Case): boolean => {
  const isAllowed = from === origin || from === trusted || from === 'https://pr-1.preview.example.com'
  if (site === 'same-origin' || site === 'none') return true
  if (site !== undefined || from !== undefined) return isAllowed
  const bearsCookie = cookie === '__Host-session=x' || cookie === 'a=b; __Host-session =x'
  return !bearsCookie || client === 'curl'
}

const cases: Case[] = sites.flatMap((site) =>
  origins.flatMap((from) => cookies.flatMap((cookie) => clients.map((client) => ({ site, from, cookie, client })))),
)

const headersOf = ({ site, from, cookie, client }: Case, type: string | undefined): Headers => {
  const given = {
    'sec-fetch-site': site,
    origin: from,
    cookie,
    'x-auth-client': client,
    'content-type': type,
  }
  return new Headers(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

const isRefused = async (on: Server, target: string, init: RequestInit): Promise<boolean> => {
  const answer = await raw(on, new Request(new URL(target, origin), init))
  return answer.status === 403 && (await bodyOf(answer)).code === 'cross_origin'
}

test('S58: every unsafe route passes the gate for each Sec-Fetch-Site, Origin, cookie and X-Auth-Client as stated', async () => {
  const on = await server({ settings })
  const wrong: unknown[] = []

  for (const { method, target, name } of routes(on).filter(isUnsafe)) {
    for (const one of cases) {
      const refused = await isRefused(on, target, { method, headers: headersOf(one, undefined) })
      if (refused === mayPass(one)) wrong.push({ name, ...one })
    }
  }

  expect(wrong).toEqual([])
})

test.each(types)(
  'S58, GHSA-2234-fmw7-43wr, CVE-2024-43787: the gate is the same for a body of type %j, and for an empty body',
  async (type) => {
    const on = await server({ settings })
    const wrong: unknown[] = []

    for (const one of cases) {
      if (one.client === '' || one.cookie !== cookies[one.client ? 1 : 2]) continue
      for (const body of [undefined, bytes('{"everywhere":true}')]) {
        const init = { method: 'POST', headers: headersOf(one, type), ...(body ? { body } : {}) }
        if ((await isRefused(on, '/auth/logout', init)) === mayPass(one)) wrong.push({ ...one, body })
      }
    }

    expect(wrong).toEqual([])
  },
)

test.each([
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['a sandboxed frame with Sec-Fetch-Site', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['a sub-domain', { origin: 'https://evil.app.example.com', 'sec-fetch-site': 'same-site' }],
  ['a sub-domain that sends no Origin', { 'sec-fetch-site': 'same-site' }],
  ['plain http on our host', { origin: 'http://app.example.com', 'sec-fetch-site': 'cross-site' }],
  ['another port', { origin: `${origin}:8443`, 'sec-fetch-site': 'same-site' }],
  ['nowhere, with the cookie alone', {}],
  ['nowhere, with an empty X-Auth-Client', { 'x-auth-client': '' }],
  ['another site, with X-Auth-Client', { origin: 'https://evil.example', 'x-auth-client': 'app' }],
])('S58: no unsafe request from %s does anything with a live cookie', async (_, from: Record<string, string>) => {
  const on = await server()
  const { api, jar, user } = await signedUp(on)
  const { total } = on.trips

  for (const { method, target, name } of routes(on).filter(isUnsafe)) {
    const headers = { ...cookieOf(jar), ...from }
    expect.soft(await isRefused(on, target, { method, headers }), name).toBe(true)
  }

  expect(on.trips.total).toBe(total)
  expect(await (await api.auth.session.$get()).json()).toMatchObject({ user: { id: user.id } })
})

test('S58: a refused sign-in leaves no cookie behind: nobody is signed in to an account of the attacker', async () => {
  const on = await server()
  const { person } = await signedUp(on)

  const answer = await on.request('/auth/login', json(person, { origin: 'https://evil.example' }))

  expect(answer.status).toBe(403)
  expect(answer.headers.getSetCookie()).toEqual([])
})

test('a GET from anywhere is answered, and CORS keeps the answer from the page', async () => {
  const on = await server()
  const { jar } = await signedUp(on)
  const headers = { ...cookieOf(jar), origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

  const answer = await raw(on, new Request(`${origin}/auth/me`, { headers }))

  expect(answer.status).toBe(200)
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
})

test('on loopback the gate looks for the cookie of that name', async () => {
  const on = await server({ settings: { AUTH_ORIGIN: 'http://localhost:8787' } })
  const ask = (cookie: string) => isRefused(on, '/auth/logout', { method: 'POST', headers: { cookie } })

  const refused = await Promise.all([
    ask('session=x'),
    ask('a=b;session=x'),
    ask('__Host-session=x'),
    ask('xsession=x'),
  ])

  expect(refused).toEqual([true, true, false, false])
})
