import { act, byAccountToken, byCookie } from '../act.ts'
import type { FeatureTables } from '../feature-tables.ts'
import { bodyOf, json, query } from '../harness.ts'
import { cookiesOf, post } from '../http.ts'
import { challengeFor, nameOfFactor, recovered, withRecoveryCodes } from '../recovery-people.ts'

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
      [200, 1],
      async (on) => {
        const headers = await byCookie(on)
        await on.request('/auth/me', { ...json({ name: nameOfFactor }, headers), method: 'PATCH' })
        return json({}, headers)
      },
      { facts: ['recovery.made'] },
    ),
    act(
      ['POST /auth/challenge', 'by a recovery code'],
      [200, 2],
      async (on) => {
        const { person, codes } = await withRecoveryCodes(on)
        return json({ id: await challengeFor(on, person), method: 'recovery', code: codes[0] })
      },
      { again: 410, facts: ['recovery.used', 'session.started'] },
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
  secrets: {
    names: ['recovery code', 'stored recovery code'],
    async make(on) {
      const { codes } = await withRecoveryCodes(on)
      const [[hash] = []] = await query(on, 'select hash from recovery_codes')
      return { 'recovery code': codes[0] ?? '', 'stored recovery code': String(hash) }
    },
  },
  secretKinds: { 'recovery_codes.hash': 'one-time' },
  outstanding: { 'recovery_codes.hash': 'of the user' },
  oneTime: {
    'recovery_codes.hash': {
      make: async (on) => {
        const { person, codes } = await withRecoveryCodes(on)
        return `${await challengeFor(on, person)} ${codes[0]}`
      },
      spend(on, secret) {
        const [id = '', code = ''] = secret.split(' ')
        return recovered(on, id, code)
      },
      won: 200,
      effectOf: async (answer) => (await bodyOf(answer)).session.id,
      uses: async (on) => Number((await query(on, 'select count(*) from recovery_codes where used_at is not null'))[0]),
      trips: 2,
      losers: [410],
    },
  },
  everything: async (on, { user }) => {
    const insert = "insert into recovery_codes values (?, ?, 'salt', ?, 1, 'req')"
    await query(on, insert, `recovery ${user.id}`, user.id, on.clock.now)
  },
}
