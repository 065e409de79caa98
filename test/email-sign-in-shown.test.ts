import { expect, test } from 'vitest'
import { dump } from './acts.ts'
import { askLink, codeFor, linkFor, member, nobody, show } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { bodyOf, json, mailTo, query, server, signedUp, somebody, tokenIn } from './harness.ts'

const signIn = '/auth/email/sign-in'

test('S59: a link that is opened shows a page with one button, and consumes nothing', async () => {
  const on = await server({ limiter: openLimiter })
  const token = await linkFor(on, nobody())
  const before = await dump(on)

  const pages = [await on.request(signIn), await on.request(`${signIn}?token=${token}`), await on.request(signIn)]
  await on.request(signIn, { method: 'HEAD' })

  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200])
  // The other form waits for a sign-in that asks for more.
  const [form = ''] = (await pages[0]?.text())?.split('</form>') ?? []
  expect(form.match(/type="submit"/g)).toHaveLength(1)
  expect(await dump(on)).toEqual(before)
  expect((await show(on, { token })).status).toBe(200)
})

test('S43: a token that was mailed for another end signs nobody in, and is good still', async () => {
  const on = await server({ argon2id: quick })
  const { person } = await signedUp(on)
  await on.request('/auth/password/forgot', json({ email: person.email }))
  const [invitation, reset] = await mailTo(on, person)
  const tokens = [
    tokenIn(invitation, 'email/verify'),
    tokenIn(invitation, 'email/disown'),
    tokenIn(reset, 'password/reset'),
  ]

  const answers = [...tokens, (await codeFor(on, nobody())).id].map((token) => show(on, { token }))

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([410, 410, 410, 410])
  expect(await query(on, 'select count(*) from codes where used_at is not null')).toEqual([[0]])
})

test('S43: the token of a link is no id of a code, and opens nothing else that is mailed', async () => {
  const on = await server()
  const token = await linkFor(on, nobody())
  const [{ hash } = { hash: '' }] = (await query(on, 'select hash from codes')).map(([one]) => ({ hash: String(one) }))

  const answers = [
    await show(on, { id: token, code: 'BCDFGHJK' }),
    await show(on, { token: hash }),
    await on.request('/auth/email/verify', json({ token })),
    await on.request('/auth/email/disown', json({ token })),
    await on.request('/auth/password/reset', json({ token, newPassword: 'another good long password' })),
  ]

  expect(answers.map(({ status }) => status)).toEqual([410, 410, 410, 410, 410])
  expect((await show(on, { token })).status).toBe(200)
})

test('of a link and a code of one address either is good while the other is open', async () => {
  const on = await server()
  const grace = await member(on)
  const [token, typed] = [await linkFor(on, grace), await codeFor(on, grace)]

  const answers = [await show(on, { token }), await show(on, typed)]

  expect(answers.map(({ status }) => status)).toEqual([200, 200])
})

test('a code that was asked for before the address had an account signs in the account that it has since', async () => {
  const on = await server()
  const grace = nobody()
  const typed = await codeFor(on, grace)
  const first = await bodyOf(await show(on, { token: await linkFor(on, grace) }))

  const second = await bodyOf(await show(on, typed))

  expect(second.user.id).toBe(first.user.id)
})

test.each<[string, object, Record<string, string>]>([
  ['nothing', {}, { token: 'Either the token of a link, or an id and a code.' }],
  ['both', { token: 'a', id: 'b', code: 'c' }, { token: 'Either the token of a link, or an id and a code.' }],
  ['a token and a code', { token: 'a', code: 'c' }, { token: 'Either the token of a link, or an id and a code.' }],
  ['an id alone', { id: 'b' }, { code: 'The code that was mailed.' }],
  ['a code alone', { code: 'c' }, { id: 'The id that was answered when the code was asked for.' }],
])('a sign-in with %s is 422 and says what is missing', async (_, body, fields) => {
  const on = await server()

  const answer = await show(on, body)

  expect(await bodyOf(answer)).toMatchObject({ status: 422, code: 'invalid_request', fields })
  expect(on.trips.last).toBe(0)
})

test.each([
  ['/auth/email/link', { email: 'ada' }, 'email'],
  ['/auth/email/code', { email: 'ada@example.com\r\nBcc: eve@example.com' }, 'email'],
  ['/auth/email/code', {}, 'email'],
  ['/auth/email/code', { email: 'ada@example.com', redirectTo: 'https://app.example.com/' }, 'redirectTo'],
  [signIn, { token: 1 }, 'token'],
  [signIn, { token: 'a'.repeat(65) }, 'token'],
  [signIn, { id: 'a', code: 12_345_678 }, 'code'],
])('S18, S68: %s with %j is 422', async (path, body, field) => {
  const on = await server()

  const answer = await on.request(path, json(body))

  const { code, fields } = await bodyOf(answer)
  expect([answer.status, code, Object.keys(fields)[0], on.trips.last]).toEqual([422, 'invalid_request', field, 0])
})

test('a link that leads to a page of the app carries its token in the fragment, and none leads anywhere by a header', async () => {
  const on = await server()
  const [grace, ada] = [nobody(), somebody('ada')]
  const hostile = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }

  await askLink(on, grace, { redirectTo: 'https://app.example.com/welcome?next=%2Fhome' })
  await on.request('/auth/email/link', json({ email: ada.email }, hostile))

  const [[toPage], [toUs]] = [await mailTo(on, grace), await mailTo(on, ada)]
  expect(toPage?.text).toMatch(/^https:\/\/app\.example\.com\/welcome\?next=%2Fhome#token=[\w-]{43}$/m)
  expect(toUs?.text).toMatch(/^https:\/\/app\.example\.com\/auth\/email\/sign-in#token=[\w-]{43}$/m)
  expect(`${toPage?.html}${toUs?.html}${toUs?.text}`).not.toContain('evil')
})
