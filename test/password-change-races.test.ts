import { expect, test } from 'vitest'
import { after, faultyDatabase, noFault, quick, replyLost, unreachable } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedIn, signedUp } from './harness.ts'

const login = (on: Server, email: string, password: string) => on.request('/auth/login', json({ email, password }))
const newPassword = 'a new one, much better'

const withFaults = async () => {
  const faults = faultyDatabase()
  const on = await server({ database: faults.database, argon2id: quick })
  return { on, faults, ...(await signedUp(on)) }
}

const liveSessions = (on: Server) => query(on, 'select count(*) from sessions where ended_at is null')

test.each([2, 10])(
  'S79: of %i changes at once from one session, exactly one wins, and its password is the one',
  async (many) => {
    const on = await server({ argon2id: quick })
    const { fetch, jar, person } = await signedUp(on)
    const cookie = `__Host-session=${jar.get('__Host-session')}`
    const passwords = Array.from({ length: many }, (_, i) => `a new one, and my own: ${i}`)

    const answers = await Promise.all(
      passwords.map((password) =>
        fetch('/auth/password/change', json({ currentPassword: person.password, newPassword: password }, { cookie })),
      ),
    )

    const won = passwords.filter((_, i) => answers[i]?.status === 200)
    expect(won).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200)) expect([401, 403]).toContain(answer.status)
    expect(await liveSessions(on)).toEqual([[1]])
    expect((await login(on, person.email, won[0] ?? '')).status).toBe(200)
    expect((await login(on, person.email, person.password)).status).toBe(401)
  },
)

test('S79: of two changes from two sessions, the second finds its session ended', async () => {
  const { on, faults, person, api } = await withFaults()
  const other = await signedIn(on, person)
  faults.next(
    noFault,
    after(() => other.api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })),
  )

  const answer = await api.auth.password.change.$post({
    json: { currentPassword: person.password, newPassword: 'and this one is for me' },
  })

  expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect((await other.api.auth.sessions.$get()).status).toBe(200)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test.each([
  ['ended', 'update sessions set ended_at = 1, expires_at = 1'],
  ['deleted', 'delete from sessions'],
])(
  'a session that is %s between the two trips of a change changes nothing, and no right password is called wrong',
  async (_, statement) => {
    const { on, faults, person, api } = await withFaults()
    const stored = await query(on, 'select hash from passwords')
    faults.next(
      noFault,
      after(() => query(on, statement)),
    )

    const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

    expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
    expect(await query(on, 'select hash from passwords')).toEqual(stored)
    expect(await liveSessions(on)).toEqual([[0]])
  },
)

test('a password that something else has changed between the two trips of a change stays', async () => {
  const { on, faults, person, api } = await withFaults()
  const [[stored] = []] = await query(on, 'select hash from passwords')
  const other = String(stored).replace(/.{4}$/, 'AAAA')
  faults.next(
    noFault,
    after(() => query(on, 'update passwords set hash = ?', other)),
  )

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await bodyOf(answer)).toMatchObject({ status: 403, code: 'wrong_credentials' })
  expect(await query(on, 'select hash from passwords')).toEqual([[other]])
  expect((await api.auth.sessions.$get()).status).toBe(200)
})

test('S32: a user who is suspended between the two trips of a change changes nothing', async () => {
  const { on, faults, person, api } = await withFaults()
  const stored = await query(on, 'select hash from passwords')
  faults.next(
    noFault,
    after(() => query(on, 'update users set suspended_at = 1')),
  )

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await bodyOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect(await query(on, 'select hash from passwords')).toEqual(stored)
})

test('a change whose reply got lost answers as it would have, with one session', async () => {
  const { on, faults, person, api } = await withFaults()
  await signedIn(on, person)
  faults.next(replyLost, noFault, replyLost, replyLost)

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(answer.status).toBe(200)
  expect((await api.auth.sessions.$get()).status).toBe(200)
  expect(await liveSessions(on)).toEqual([[1]])
  expect(await query(on, 'select * from throttle where count <> 0')).toEqual([])
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('S77: a change that committed with every reply lost is 503, all or nothing: the new password is the way in', async () => {
  const { on, faults, person, api } = await withFaults()
  faults.next(noFault, replyLost, replyLost, replyLost)

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await bodyOf(answer)).toMatchObject({ status: 503, code: 'unavailable' })
  expect((await api.auth.sessions.$get()).status).toBe(401)
  expect((await login(on, person.email, person.password)).status).toBe(401)
  expect((await login(on, person.email, newPassword)).status).toBe(200)
})

test('S77: a change that never arrived is 503 and changed nothing', async () => {
  const { on, faults, person, api } = await withFaults()
  faults.next(noFault, unreachable, unreachable, unreachable)

  const answer = await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(answer.status).toBe(503)
  expect((await api.auth.sessions.$get()).status).toBe(200)
  expect((await login(on, person.email, person.password)).status).toBe(200)
})

test('a login with the old password that is under way during a change gives no session', async () => {
  const { on, faults, person, api } = await withFaults()
  faults.next(
    noFault,
    after(() => login(on, person.email, person.password)),
  )

  await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })

  expect(await liveSessions(on)).toEqual([[1]])
  expect((await api.auth.sessions.$get()).status).toBe(200)
})
