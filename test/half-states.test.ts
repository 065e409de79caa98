import { expect, test } from 'vitest'
import { randomToken } from '../src/base/crypto.ts'
import { cookieOf } from './act.ts'
import { gated } from './acts.ts'
import { codeFor, linkFor, member, nobody } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { entriesOf } from './feature-tables.ts'
import type { HalfState } from './half-state.ts'
import { bodyOf, browser, json, query, type Server, server, signedUp, somebody } from './harness.ts'
import { demanding, haveFactor, withFactor } from './planted-factor.ts'
import { exampleOf, type Operation, operationsOf, takesText } from './properties/operations.ts'
import { bodies, targetOf } from './route-access.ts'

const quickly = {
  plug: gated,
  limiter: openLimiter,
  argon2id: quick,
  settings: { AUTH_LIMIT_ADDRESS: '100000' },
}

const isAnswer = ({ name }: Pick<Operation, 'name'>) => name === 'POST /auth/challenge'

const halfStates: Readonly<Record<string, HalfState>> = {
  'a second factor': { make: withFactor, opens: isAnswer },
  enrolment: {
    make: signedUp,
    at: demanding,
    opens: (route) => isAnswer(route) || 'challenge' in (route.fields ?? {}),
  },
  'the proof of an address': {
    make: signedUp,
    at: (beside) => server({ beside, ...quickly, settings: { AUTH_EMAIL_VERIFICATION: 'required' } }),
    opens: isAnswer,
  },
  ...entriesOf((feature) => feature.halfStates),
}

/** The id of a challenge, and the browser in which the sign-in was put on hold, which was used before. */
const holdUp = async (at: Server, person: object, jar: ReadonlyMap<string, string>) => {
  const tab = browser(at)
  for (const [name, value] of jar) tab.jar.set(name, value)
  const { challenge } = await bodyOf(await tab.fetch('/auth/login', json(person)))
  return { id: String(challenge.id), headers: cookieOf(tab.jar) }
}

/** Every way to show a secret to a route, by name. */
const showings = ({ name, method, path, fields = {} }: Operation, jar: Record<string, string>, id: string) => {
  const good = { ...exampleOf(fields), ...bodies[name] }
  const init = (headers: Record<string, string>, body: object = {}): RequestInit =>
    method === 'GET' ? { headers } : { ...json({ ...good, ...body }, headers), method }
  const target = targetOf(path)
  const query = new URLSearchParams(['challenge', 'id', 'token', 'code', 'session'].map((key) => [key, id]))
  const shown: Record<string, [string, RequestInit]> = {
    'in the browser itself': [target, init(jar)],
    'as the session cookie': [target, init({ cookie: `${jar.cookie ?? ''}; __Host-session=${id}` })],
    'as the device cookie': [target, init({ cookie: `__Host-device=${id}` })],
    'as a bearer token': [target, init({ ...jar, authorization: `Bearer ${id}` })],
    'in the query': [`${target}?${query}`, init(jar)],
    'in the path': [path.replace(/\{\w+\}/g, id), init(jar)],
  }
  const texts = Object.entries(fields).flatMap(([field, schema]) => (takesText(schema) ? [field] : []))
  for (const field of texts) {
    shown[`as ${field}`] = [target, init(jar, { [field]: id })]
    if (method !== 'GET') shown[`as ${field} alone`] = [target, { ...json({ [field]: id }, jar), method }]
    shown[`as ${field}, like a refresh token`] = [target, init(jar, { [field]: `pst_rt_${id}` })]
  }
  return Object.entries(shown)
}

/** What an answer says and gives; `likeness` without what is new in each. */
const said = async (answer: Response) => {
  const text = await answer.text()
  return {
    likeness: `${answer.status} ${text.replace(/[\w-]{20,}/g, '…')}`,
    given: [
      ...answer.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0')),
      ...(text.match(/"access_token":"|"status":"signed_in"|usr_[\w-]{22}/g) ?? []),
    ],
  }
}

test.each(Object.entries(halfStates))(
  'GHSA-xg6x-h9c9-2m83, S15, S78: whoever waits for %s has nothing, at any route and in any way to show it, that a stranger has not',
  async (_, { make, at = async (on) => on, opens }) => {
    const on = await server(quickly)
    const { person, api, jar } = await make(on)
    await api.auth.logout.$post({ json: {} })
    await on.settled()
    const isolate = await at(on)
    const before = await query(on, 'select * from sessions order by id')
    const opened = new Set<string>()

    for (const operation of await operationsOf(on)) {
      // No more than five codes an hour are mailed.
      on.clock.pass(3600)
      const { id, headers } = await holdUp(isolate, person, jar)
      // What follows the sign-in changes what readyz counts.
      await isolate.settled()
      const strangers = showings(operation, {}, randomToken())
      for (const [turn, [how, shown]] of showings(operation, headers, id).entries()) {
        const answer = await on.request(...shown)
        const stranger = await on.request(...(strangers[turn]?.[1] ?? shown))

        const [theirs, nobodys] = [await said(answer), await said(stranger)]
        expect.soft(theirs.given, `${operation.name} ${how}`).toEqual([])
        if (theirs.likeness !== nobodys.likeness) opened.add(operation.name)
      }
    }

    const expected = (await operationsOf(on)).filter(opens).map(({ name }) => name)
    expect([...opened].toSorted()).toEqual(expected.toSorted())
    expect(await query(on, 'select * from sessions order by id')).toEqual(before)
  },
)

test('S15: the id of an enrolment is worth nothing any more once its user has a second factor', async () => {
  const on = await server(quickly)
  const { person, user, jar } = await signedUp(on)
  const { id } = await holdUp(await demanding(on), person, jar)
  const enrolling = (await operationsOf(on)).filter(({ fields = {} }) => 'challenge' in fields)
  const ask = async ({ name, path, fields = {}, method }: Operation) => {
    const body = { ...exampleOf(fields), ...bodies[name], challenge: id }
    return [name, (await on.request(path, { ...json(body), method })).status]
  }
  const before = await Promise.all(enrolling.map(ask))

  await haveFactor(on, user.id)
  const after = await Promise.all(enrolling.map(ask))

  expect(before.filter(([, status]) => status === 410)).toEqual([])
  expect(after).toEqual(enrolling.map(({ name }) => [name, 410]))
})

const asks: Readonly<Record<string, (on: Server) => Promise<[path: string, body: object]>>> = {
  'a registration': async () => ['/auth/register', somebody()],
  'a login': async (on) => ['/auth/login', (await signedUp(on)).person],
  'a login by username': async (on) => {
    const username = `u${crypto.randomUUID().slice(0, 8)}`
    const { person } = await signedUp(on, { username })
    return ['/auth/login', { username, password: person.password }]
  },
  'a link': async (on) => ['/auth/email/sign-in', { token: await linkFor(on, await member(on)) }],
  'a link of a newcomer': async (on) => ['/auth/email/sign-in', { token: await linkFor(on, nobody()) }],
  'a code': async (on) => ['/auth/email/sign-in', await codeFor(on, await member(on))],
}

test.each(Object.keys(asks).flatMap((way) => ['cookie', 'token'].map((transport) => [way, transport] as const)))(
  'GHSA-xg6x-h9c9-2m83, S15: where a second factor is required, %s with the transport %s gives neither a cookie nor a lease nor a token',
  async (way, transport) => {
    const on = await server(quickly)
    const [path, body] = (await asks[way]?.(on)) ?? ['', {}]
    const tab = browser(await demanding(on))
    const before = await query(on, 'select count(*) from sessions')

    const answer = await tab.fetch(path, json({ ...body, transport }))

    const { challenge, ...rest } = await bodyOf(answer)
    expect(rest).toEqual({ status: 'challenge' })
    expect(challenge.methods).toEqual(['enrol'])
    expect([answer.headers.getSetCookie(), tab.jar.size]).toEqual([[], 0])
    expect(await bodyOf(await tab.fetch('/auth/session'))).toEqual({ user: null, session: null })
    expect((await tab.fetch('/auth/token', json({}))).status).toBe(401)
    expect(await query(on, 'select count(*) from sessions')).toEqual(before)
  },
)
