import { expect, test } from 'vitest'
import { cookieOf, quickServer, showing, signed, unpacked } from './credentials.ts'
import { bodyOf, signedUp } from './harness.ts'

const user = {
  id: [undefined, 7, null, 'usr_AAAAAAAAAAAAAAAAAAAAAA'],
  email: [undefined, 7, null, {}],
  emailVerified: [undefined, 0, 'false', null],
  username: [undefined, 7, {}],
  name: [undefined, 7, []],
  locale: [undefined, 7, {}],
  roles: [undefined, null, 'admin', {}, [7], [null]],
  createdAt: [undefined, null, '1800000000', 1.5, -1e300, 9e15],
}
const session = {
  methods: [undefined, null, 'password', {}, [7]],
  remember: [undefined, 1, 'true', null],
  createdAt: [undefined, null, '1800000000', 1.5],
  authenticatedAt: [undefined, null, '1800000000', 1e300, -9e15],
  expiresAt: [undefined, null, '1800000000', {}],
}
const whole = [{}, 'x', null, 7, [], true, [[]]]

/** Where a cookie packs them. */
const places = { user: 5, session: 6 } as const

/** One part of a cookie as another version of the service might have written it. */
const shapesOf = (part: keyof typeof places, fields: Readonly<Record<string, readonly unknown[]>>) => [
  ...whole.map((other): Shape => [`its ${part} is ${JSON.stringify(other)}`, places[part], () => other]),
  ...Object.entries(fields).flatMap(([name, values]) =>
    values.map(
      (value): Shape => [
        `the ${name} of its ${part} is ${JSON.stringify(value) ?? 'missing'}`,
        places[part],
        (good) => ({ ...good, [name]: value }),
      ],
    ),
  ),
]

type Shape = [title: string, place: number, change: (good: object) => unknown]

test.each([...shapesOf('user', user), ...shapesOf('session', session)])(
  'a cookie of our own is asked of the database, in one trip, where %s',
  async (_, place, change) => {
    const on = await quickServer()
    const tab = await signedUp(on, { name: 'Ada' })
    const said = unpacked(cookieOf(tab))
    const value = await signed(on, said.with(place, change(Object(said[place]))))

    const answers = [await on.request('/auth/session', showing(value)), await on.request('/auth/me', showing(value))]
    const trips = on.trips.last
    const strict = await on.request('/auth/sessions', showing(value))

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await bodyOf(answers[0] ?? Response.error())).toEqual({ user: tab.user, session: expect.anything() })
    expect(await bodyOf(answers[1] ?? Response.error())).toEqual(tab.user)
    expect([trips, strict.status]).toEqual([1, 200])
  },
)

test.each([9e15, -9e15, 1e300, '0', null])(
  'a cookie of our own whose lease begins at %j is nobody, and no 500',
  async (at) => {
    const on = await quickServer()
    const said = unpacked(cookieOf(await signedUp(on)))

    const answer = await on.request('/auth/session', showing(await signed(on, said.with(3, at))))

    expect(await bodyOf(answer)).toEqual({ user: null, session: null })
  },
)

test('so is one that lacks both parts, or one; neither signs anybody out', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  const said = unpacked(cookieOf(tab))
  const cookies = [await signed(on, said.slice(0, 5)), await signed(on, said.slice(0, 6))]

  const seen = []
  for (const value of cookies) {
    const { status } = await on.request('/auth/me', showing(value))
    seen.push([status, on.trips.last])
  }

  expect(seen).toEqual([
    [200, 1],
    [200, 1],
  ])
})

test('a cookie of our own that names its user by a number, twice, is nobody', async () => {
  const on = await quickServer()
  const said = unpacked(cookieOf(await signedUp(on)))
  const value = await signed(on, said.with(1, 7).with(5, { ...Object(said[5]), id: 7 }))

  const answer = await on.request('/auth/session', showing(value))

  expect(await bodyOf(answer)).toEqual({ user: null, session: null })
})

test('asking anew helps: past a minute the database answers with a cookie of today’s shape', async () => {
  const on = await quickServer()
  const tab = await signedUp(on)
  tab.jar.set('__Host-session', await signed(on, unpacked(cookieOf(tab)).with(5, {})))
  on.clock.pass(60)

  await tab.api.auth.me.$get()
  const asked = on.trips.last
  await tab.api.auth.me.$get()

  expect([asked, on.trips.last]).toEqual([1, 0])
})
