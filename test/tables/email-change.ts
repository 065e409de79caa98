import { expect } from 'vitest'
import { act, byAccountToken, byCookie } from '../act.ts'
import { confirmToken, moved, proven, undo } from '../address-changes.ts'
import type { FeatureTables } from '../feature-tables.ts'
import { json, mailTo, signedUp, somebody, tokenIn } from '../harness.ts'
import { cookiesOf, post } from '../http.ts'
import { links } from '../place.ts'

const token = 'A'.repeat(43)

export const tables: FeatureTables = {
  access: {
    'POST /auth/email/change': 'strict',
    'GET /auth/email/change/confirm': 'public',
    'POST /auth/email/change/confirm': 'public',
    'GET /auth/email/change/undo': 'public',
    'POST /auth/email/change/undo': 'public',
  },
  typed: ({ email }) => ({
    'POST /auth/email/change': email.change.$post,
    'GET /auth/email/change/confirm': email.change.confirm.$get,
    'POST /auth/email/change/confirm': email.change.confirm.$post,
    'GET /auth/email/change/undo': email.change.undo.$get,
    'POST /auth/email/change/undo': email.change.undo.$post,
  }),
  acts: [
    act(['POST /auth/email/change'], [202, 1], async (on) => json({ newEmail: somebody().email }, await byCookie(on))),
    act(
      ['POST /auth/email/change', 'to an address that is taken'],
      [202, 1],
      async (on) => {
        const { person } = await signedUp(on)
        return json({ newEmail: person.email }, await byCookie(on))
      },
      { accounts: 2 },
    ),
    act(['POST /auth/email/change', 'by bearer'], [202, 1, 2], async (on) =>
      json({ newEmail: somebody().email }, (await byAccountToken(on)).bearer),
    ),
    act(['GET /auth/email/change/confirm'], [200, 0], async () => ({})),
    act(
      ['POST /auth/email/change/confirm'],
      [204, 1],
      async (on) => json({ token: await confirmToken(on, await proven(on), somebody().email) }),
      { again: 410, facts: ['email.changed'] },
    ),
    act(['GET /auth/email/change/undo'], [200, 0], async () => ({})),
    act(
      ['POST /auth/email/change/undo'],
      [204, 1],
      async (on) => {
        const ada = await proven(on)
        return json({ token: await moved(on, ada, ada.person.email, somebody().email) })
      },
      { again: 410, ends: 2, facts: ['email.change_undone', 'session.ended'] },
    ),
  ],
  visits: [
    ['POST /auth/email/change', 202, 1],
    ['GET /auth/email/change/confirm', 200, 0],
    ['POST /auth/email/change/confirm', 410, 1],
    ['GET /auth/email/change/undo', 200, 0],
    ['POST /auth/email/change/undo', 410, 1],
  ],
  async visit(go, send) {
    const person = { email: `grace.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
    const own = { cookie: cookiesOf(await send('/auth/register', post(person))) }
    await go('POST /auth/email/change', post({ newEmail: `new.${person.email}` }, own))
    await go('GET /auth/email/change/confirm')
    await go('POST /auth/email/change/confirm', post({ token }))
    await go('GET /auth/email/change/undo')
    await go('POST /auth/email/change/undo', post({ token }))
  },
  bodies: { 'POST /auth/email/change': { newEmail: 'mallory@example.com' } },
  places: links({ 'email/change/confirm': 'change token', 'email/change/undo': 'undo token' }),
  taken: {
    'POST /auth/email/change/confirm token': 'the token of email/change/confirm',
    'POST /auth/email/change/undo token': 'the token of email/change/undo',
  },
  endings: {
    'the undoing of a change of address': {
      by: 'POST /auth/email/change/undo',
      async end(on, { person }, other) {
        const verify = tokenIn((await mailTo(on, person))[0], 'email/verify')
        await on.request('/auth/email/verify', json({ token: verify }))
        const undone = await undo(on, await moved(on, other, person.email, somebody().email))
        expect(undone.status).toBe(204)
      },
      otherLives: false,
    },
  },
}
