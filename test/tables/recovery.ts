import { act, byAccountToken, byCookie } from '../act.ts'
import type { FeatureTables } from '../feature-tables.ts'
import { json } from '../harness.ts'
import { cookiesOf, post } from '../http.ts'
import { factorName } from '../planted-factor.ts'

export const tables: FeatureTables = {
  access: { 'GET /auth/factors': 'strict', 'POST /auth/recovery-codes': 'strict' },
  typed: (auth) => ({
    'GET /auth/factors': auth.factors.$get,
    'POST /auth/recovery-codes': auth['recovery-codes'].$post,
  }),
  acts: [
    act(['GET /auth/factors'], [200, 1], async (on) => ({ headers: await byCookie(on) })),
    act(['GET /auth/factors', 'by bearer'], [200, 1], async (on) => ({ headers: (await byAccountToken(on)).bearer })),
    act(
      ['POST /auth/recovery-codes'],
      [200, 2],
      async (on) => {
        const headers = await byCookie(on)
        await on.request('/auth/me', { ...json({ name: factorName }, headers), method: 'PATCH' })
        return json({}, headers)
      },
      { facts: ['recovery.made'] },
    ),
  ],
  visits: [
    ['GET /auth/factors', 200, 1],
    ['POST /auth/recovery-codes', 409, 1],
  ],
  async visit(go, send) {
    const person = { email: `grace.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
    const own = { cookie: cookiesOf(await send('/auth/register', post(person))) }
    await go('GET /auth/factors', { headers: own })
    await go('POST /auth/recovery-codes', post({}, own))
  },
}
