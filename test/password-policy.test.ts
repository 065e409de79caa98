import { expect, test } from 'vitest'
import { refreshed } from './credentials.ts'
import { countedHashes, openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp, somebody } from './harness.ts'

const register = (on: Server, body: object) => on.request('/auth/register', json({ ...somebody(), ...body }))
const login = (on: Server, email: string, password: string) => on.request('/auth/login', json({ email, password }))

/** A registration and a change, both with this new password: the policy is one. */
const set = async (on: Server, password: string): Promise<Response[]> => {
  const { api, person } = await signedUp(on)
  const fetched = await api.auth.password.change.$post({
    json: { currentPassword: person.password, newPassword: password },
  })
  return [await register(on, { password }), new Response(JSON.stringify(await fetched.json()), fetched)]
}

const sentence = 'the quick brown fox jumps over thirteen lazy dogs, '.repeat(6)

test.each([
  ['7 characters', 'f7 Qz!x'],
  ['11 characters', 'f7 Qz!x 9Kp'],
  ['11 emoji', '🔑'.repeat(11)],
  ['11 characters of CJK', '正確馬電池訂書釘鑰匙鎖'],
  ['nothing', ''],
  ['257 characters', sentence.slice(0, 257)],
  ['257 emoji', '🔑'.repeat(257)],
  ['4,096 characters', 'x y'.repeat(1365)],
])('S1, S4: a password of %s is refused', async (_, password) => {
  const on = await server({ argon2id: quick })

  for (const [i, answer] of (await set(on, password)).entries()) {
    const field = i === 0 ? 'password' : 'newPassword'
    expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { [field]: '12 to 256 characters.' } })
  }
})

test.each([
  ['12 characters', 'f7 Qz!x 9Kp,'],
  ['14 characters', 'f7 Qz!x 9Kp, m'],
  ['64 characters', sentence.slice(0, 64)],
  ['256 characters', sentence.slice(0, 256)],
  ['12 emoji', '🔑🐎🔋📎🗝🔒🚪🏰🌊🐚🌙🔭'],
  ['256 emoji', '🔑🐎'.repeat(128)],
  ['12 characters of CJK', '正確馬電池訂書釘鑰匙鎖門'],
  ['20 spaces and letters', 'a b c d e f g h i j '],
  ['letters alone', 'oncemoreuntothebreach'],
  ['NUL and controls', 'ab\0cd\u0007ef\ngh\tij'],
  ['right-to-left text', 'סוס נכון סוללה סיכה'],
])('S2, S4: a password of %s is taken, and is the way in', async (_, password) => {
  const on = await server({ argon2id: quick })
  const { email } = somebody()

  const answer = await register(on, { email, password })

  expect(answer.status).toBe(201)
  expect((await login(on, email, password)).status).toBe(200)
})

test.each([
  ['8', 'f7 Qz!x', 'f7 Qz!x9'],
  ['64', sentence.slice(0, 63), sentence.slice(0, 64)],
])('S1: AUTH_PASSWORD_MIN=%s moves the least length', async (min, tooShort, justRight) => {
  const on = await server({ argon2id: quick, settings: { AUTH_PASSWORD_MIN: min } })

  const answers = [await register(on, { password: tooShort }), await register(on, { password: justRight })]

  expect(answers.map(({ status }) => status)).toEqual([422, 201])
})

const stored = sentence.slice(0, 200)
const flip = (at: number) => `${stored.slice(0, at)}#${stored.slice(at + 1)}`

test.each([
  ['differs at character 9', stored, flip(8)],
  ['differs at character 73', stored, flip(72)],
  ['differs at character 129', stored, flip(128)],
  ['differs in its last', stored, flip(199)],
  ['lacks its last', stored, stored.slice(0, -1)],
  ['is cut at 72', stored, stored.slice(0, 72)],
  ['is cut at 128', stored, stored.slice(0, 128)],
  ['has one more', stored, `${stored}.`],
  ['is in upper case', stored, stored.toUpperCase()],
  ['lacks the space before', ` ${stored}`, stored],
  ['lacks the space after', `${stored} `, stored],
  ['has one space for two', 'two  spaces between', 'two spaces between'],
  ['lacks the line feed', 'with a line feed\n', 'with a line feed'],
  ['is cut at NUL', 'correct horse\0battery', 'correct horse'],
  ['differs after NUL', 'correct horse\0battery', 'correct horse\0bottery'],
  ['lacks an accent', 'Zoë and André at noon', 'Zoe and Andre at noon'],
  ['is another emoji', '🔑🐎🔋📎🗝🔒🚪🏰🌊🐚🌙🔭', '🔑🐎🔋📎🗝🔒🚪🏰🌊🐚🌙🔬'],
])('S3: nothing is trimmed, folded or cut: what %s is another password', async (_, password, near) => {
  const on = await server({ argon2id: quick })
  const { email } = somebody()
  await register(on, { email, password })

  const answers = [await login(on, email, near), await login(on, email, password)]

  expect(answers.map(({ status }) => status)).toEqual([401, 200])
})

test.each([
  ['composed and decomposed', 'Zoë and André at noon'.normalize('NFC'), 'Zoë and André at noon'.normalize('NFD')],
  ['full-width and ASCII', '\uff43\uff4f\uff52\uff52\uff45\uff43\uff54 horse battery', 'correct horse battery'],
  ['a ligature and its letters', '\ufb01fteen \ufb02at oysters', 'fifteen flat oysters'],
  ['conjoining jamo and syllables', '비밀번호열두자입니다요네'.normalize('NFD'), '비밀번호열두자입니다요네'],
])('S7: %s are one password, on every runtime', async (_, password, other) => {
  const on = await server({ argon2id: quick })
  const { email } = somebody()
  const answer = await register(on, { email, password })

  const again = await login(on, email, other)

  expect([answer.status, again.status]).toEqual([201, 200])
})

test('S7: the length is that of what is hashed: 11 characters that NFKC makes of 22 are too few', async () => {
  const on = await server({ argon2id: quick })
  const password = 'é'.repeat(11).normalize('NFD')

  const answer = await register(on, { password })

  expect([...password]).toHaveLength(22)
  expect(answer.status).toBe(422)
})

test.each(['\ud800'.repeat(12), `correct horse \udc00 staple`, `correct horse battery \ud83d`])(
  'a lone surrogate is refused in a new password (%j), and matches nothing as an old one',
  async (password) => {
    const on = await server({ argon2id: quick })
    const { person, api } = await signedUp(on)

    for (const answer of await set(on, password)) expect(answer.status).toBe(422)
    const body = { currentPassword: password, newPassword: 'a new one, much better' }

    expect((await login(on, person.email, password)).status).toBe(401)
    expect((await api.auth.password.change.$post({ json: body })).status).toBe(403)
  },
)

test.each([
  'passwordpassword',
  'Password123456',
  'PASSWORD1234567890',
  'qwertyuiop[]',
  '123456789012',
  'aaaaaaaaaaaa',
  'Football2024!',
  'iloveyou1234',
  '1qaz2wsx3edc',
  'adminadminadmin',
  'letmeinletmein',
  'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ',
])('S5: the common password %s is refused', async (password) => {
  const on = await server({ argon2id: quick })

  for (const answer of await set(on, password)) expect(await bodyOf(answer)).toMatchObject({ status: 422 })
})

const own = { email: 'Ada.Lovelace.1815@example.com', name: 'Augusta Ada King', username: 'ada-lovelace-1815' }

test.each([
  ['e-mail', 'Ada.Lovelace.1815@example.com'],
  ['e-mail in another case', 'ADA.LOVELACE.1815@EXAMPLE.COM'],
  ['local part', 'ada.lovelace.1815'],
  ['name', 'Augusta Ada King'],
  ['name in another case', 'augusta ada KING'],
  ['username', 'ada-lovelace-1815'],
  ['username in another case', 'ADA-Lovelace-1815'],
  ['username in full width', '\uff41da-lovelace-1815'],
])('S5: a password that is the own %s is refused, at registration and at a change', async (_, password) => {
  const on = await server({ argon2id: quick })

  const registration = await register(on, { ...own, password })
  const { tokens } = await bodyOf(await register(on, { ...own, transport: 'token' }))
  const { bearer } = await refreshed(on, tokens.refresh_token, 'account')
  const body = { currentPassword: somebody().password, newPassword: password }
  const change = await on.request('/auth/password/change', json(body, bearer))

  expect(await bodyOf(registration)).toMatchObject({ status: 422, fields: { password: expect.any(String) } })
  expect(await bodyOf(change)).toMatchObject({ status: 422, fields: { newPassword: expect.any(String) } })
})

test('what only holds the own name is no copy of it, and another user’s name is no secret of one’s own', async () => {
  const on = await server({ argon2id: quick })
  await register(on, own)

  const answers = [
    await register(on, { username: 'ada', password: 'ada-lovelace-1815!' }),
    await register(on, { username: 'grace', password: own.username }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([201, 201])
})

test('a refused password makes no hash and takes no trip', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id })

  for (const password of ['short', 'x'.repeat(300), 'passwordpassword', '\ud800'.repeat(12)])
    expect((await register(on, { password })).status).toBe(422)

  expect([counter.hashes, on.trips.total]).toEqual([0, 0])
})

test('a change to a password that is refused for itself takes no trip, and is no guess', async () => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.quickly })
  const { fetch, person } = await signedUp(on)
  const before = [counter.hashes, on.trips.total]
  const changeTo = (newPassword: string) =>
    fetch('/auth/password/change', json({ currentPassword: person.password, newPassword }))

  for (const newPassword of ['short', 'x'.repeat(300), 'passwordpassword', '\ud800'.repeat(12)])
    expect((await changeTo(newPassword)).status).toBe(422)

  expect([counter.hashes, on.trips.total]).toEqual(before)
})

test.each([
  ['in one piece', (body: string) => body],
  ['in chunks, with no length told', (body: string) => new Blob([body]).stream()],
])('S4: a megabyte %s is refused with 413 before anything is hashed', async (_, send) => {
  const counter = countedHashes()
  const on = await server({ argon2id: counter.argon2id, limiter: openLimiter })
  const huge = JSON.stringify({ ...somebody(), password: 'x'.repeat(1_048_576) })
  const headers = { 'content-type': 'application/json' }

  for (const path of ['/auth/register', '/auth/login', '/auth/password/change']) {
    const init = { method: 'POST', headers, body: send(huge), duplex: 'half' }
    const answer = await on.request(path, init)

    expect(await bodyOf(answer)).toMatchObject({ status: 413, code: 'body_too_large' })
  }
  expect([counter.hashes, on.trips.total]).toEqual([0, 0])
  expect(await query(on, 'select * from users')).toEqual([])
})
