import { expect, test } from 'vitest'
import { json, server, somebody } from './harness.ts'

test.each(['passkeys/sign-in/options', 'passkeys/sign-up/options', 'passkeys/sign-up', 'passkeys/options', 'passkeys'])(
  'S10: nobody who asks a lot is answered each time: POST /auth/%s',
  async (path) => {
    const on = await server()
    const ask = () => on.request(`/auth/${path}`, json({}))

    const answers = await Promise.all(Array.from({ length: 31 }, ask))

    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  },
)

test('who loads a page that offers passkeys may still sign up as often as others', async () => {
  const on = await server()
  for (let load = 0; load < 30; load++) await on.request('/auth/passkeys/sign-in/options', json({}))

  const answer = await on.request('/auth/register', json(somebody()))

  expect(answer.status).toBe(201)
})
