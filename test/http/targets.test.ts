import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { dump } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, json, origin, server, signedUp, signedUpByToken } from '../harness.ts'
import { isUnsafe, raw, routes, spelt } from '../raw.ts'
import { spellings } from '../spellings.ts'

test.each(spellings)(
  'GHSA-x732-6j76-qmhm, CVE-2026-41248, GHSA-9hp6-4448-45g2: %s makes every path another, which is not there',
  async (_, spell) => {
    const on = await server({ limiter: openLimiter, argon2id: quick })
    const { jar, person } = await signedUp(on)
    const [before, { total }] = [await dump(on), on.trips]
    const good = { email: person.email, password: person.password }

    for (const { method, target } of routes(on)) {
      const body = method === 'GET' ? {} : { body: JSON.stringify(target === '/auth/login' ? good : {}) }
      const headers = { ...cookieOf(jar), 'content-type': 'application/json', 'x-auth-client': 'test' }
      const answer = await raw(on, spelt({ url: origin + spell(target) }, { method, headers, ...body }))

      expect.soft(answer.status, `${method} ${spell(target)}`).toBe(404)
      expect.soft(await bodyOf(answer)).toMatchObject({ code: 'not_found' })
    }
    expect(on.trips.total).toBe(total)
    expect(await dump(on)).toEqual(before)
  },
)

test('a query after the path is the same route, behind the same guard', async () => {
  const on = await server()

  for (const { method, target, name } of routes(on)) {
    const [bare, asked] = await Promise.all(
      ['', '?x=%2F..%2F&y=//'].map((query) => raw(on, spelt({ url: origin + target + query }, { method }))),
    )

    expect.soft(asked?.status, name).toBe(bare?.status)
    expect.soft(asked?.status, name).not.toBe(404)
  }
})

test.each(['?a=1&a=2', '?a=1&%61=2', '?a&a', '?=1&=2', '?x=1&y=2&x=1'])(
  'S70: a duplicate query parameter, %s, is 400 at every route',
  async (query) => {
    const on = await server()
    const headers = cookieOf((await signedUp(on)).jar)
    const { total } = on.trips

    for (const { method, target } of routes(on)) {
      const answer = await on.request(target + query, { method, headers })

      expect.soft(answer.status, `${method} ${target}`).toBe(400)
      expect.soft(await bodyOf(answer)).toMatchObject({
        code: 'malformed_request',
      })
    }
    expect(on.trips.total).toBe(total)
  },
)

const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'TRACK',
  'QUERY',
  'PROPFIND',
  'get ',
]

test('S72: a known path with another method is 405 with Allow, TRACE too', async () => {
  const on = await server()
  const all = routes(on)

  for (const { target } of all) {
    const own = all.filter((route) => route.target === target).flatMap((route) => route.method)
    const allow = own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    for (const method of methods.filter((one) => !allow.includes(one))) {
      const answer = await raw(on, spelt({ url: origin + target, method }))

      expect.soft(answer.status, `${method} ${target}`).toBe(405)
      expect.soft(answer.headers.get('allow'), `${method} ${target}`).toBe(allow.join(', '))
    }
  }
})

test.each(['/auth', '/auth/nowhere', '/auth/sessions/a/b', '/', '/me', '/robots.txt', '/auth/me/email', '/.env'])(
  'S72: %s is unknown: 404 whatever the method',
  async (path) => {
    const on = await server()

    const answers = await Promise.all(methods.map((method) => raw(on, spelt({ url: origin + path, method }))))

    expect(answers.map(({ status }) => status)).toEqual(methods.map(() => 404))
    expect(answers.filter(({ headers }) => headers.has('allow'))).toEqual([])
  },
)

test('HEAD answers as GET does, without the body', async () => {
  const on = await server()
  const headers = cookieOf((await signedUp(on)).jar)

  for (const { method, target } of routes(on)) {
    if (isUnsafe({ method })) continue
    const get = await on.request(target, { headers })
    const head = await on.request(target, { method: 'HEAD', headers })

    expect.soft(head.status, target).toBe(get.status)
    expect.soft(head.headers.get('content-type'), target).toBe(get.headers.get('content-type'))
    expect.soft(await head.text(), target).toBe('')
  }
})

test('a body with GET is not read', async () => {
  const on = await server()
  const request = spelt({ url: `${origin}/auth/session`, method: 'GET' }, { method: 'POST', body: '{' })

  const answer = await raw(on, request)

  expect(answer.status).toBe(200)
  expect(request.bodyUsed).toBe(false)
})

test.each([
  ['a letter', 'x'],
  ['a number', '1'],
  ['a prefix', 'ses_'],
  ['too short', `ses_${'A'.repeat(21)}`],
  ['too long', `ses_${'A'.repeat(23)}`],
  ['8,000 characters', `ses_${'A'.repeat(8000)}`],
  ['in upper case', `SES_${'A'.repeat(22)}`],
  ['of a user', `usr_${'A'.repeat(22)}`],
  ['with a dot', `ses_${'A'.repeat(21)}.`],
  ['with a quote', `ses_${'A'.repeat(21)}'`],
  ['SQL', "'+or+1=1+--"],
  ['a UUID', '0190a2b4-0000-7000-8000-000000000000'],
])(
  'S67, GHSA-8r88-6cj9-9fh5: an id that is not of our form, %s, is no session and asks nothing of the database',
  async (_, id) => {
    const on = await server()
    const { jar } = await signedUp(on)

    const url = `${origin}/auth/sessions/${id}`
    const headers = { ...cookieOf(jar), 'x-auth-client': 'test' }
    const answer = await raw(on, spelt({ url }, { method: 'DELETE', headers }))

    expect(answer.status).toBe(404)
    expect(on.trips.last).toBe(0)
  },
)

test('ids have a type prefix and 128 random bits', async () => {
  const on = await server({ limiter: openLimiter, argon2id: quick })

  const people = await Promise.all(Array.from({ length: 25 }, () => signedUp(on)))
  const { tokens } = await signedUpByToken(on)
  const [header = ''] = tokens.access_token.split('.')

  const ids = people.flatMap(({ user, session }) => [user.id, session.id])
  expect(new Set(ids.map((id) => id.slice(4))).size).toBe(50)
  expect(ids.filter((id) => !/^(?:usr|ses)_[\w-]{22}$/.test(id))).toEqual([])
  expect(JSON.parse(atob(header)).kid).toMatch(/^key_[\w-]{22}$/)
  expect((await on.request('/auth/login', json({}))).headers.get('x-request-id')).toMatch(/^req_[\w-]{22}$/)
})
