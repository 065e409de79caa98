import { act, byAccountToken, byCookie, cookieOf } from '../act.ts'
import { codeFor, nobody } from '../by-mail.ts'
import type { FeatureTables } from '../feature-tables.ts'
import { bodyOf, browser, json, query, type Server, signedIn, signedUp, somebody } from '../harness.ts'
import { cookiesOf, post } from '../http.ts'
import { heldUpTimes } from '../planted-factor.ts'
import { mostUses, unlimited } from '../properties/uses.ts'
import { codeAt } from '../totp-app.ts'
import { answered, enrol, held, withTotp } from '../totp-people.ts'

/** The headers of a browser that waits for the first code of an app, and that code. */
const waiting = async (on: Server) => {
  const { jar, fetch } = await signedUp(on)
  const { secret } = await bodyOf(await fetch('/auth/totp', json({})))
  return { headers: cookieOf(jar), code: await codeAt(secret, on.clock.now) }
}

export const tables: FeatureTables = {
  access: { 'POST /auth/totp': 'strict', 'POST /auth/totp/confirm': 'strict', 'DELETE /auth/totp': 'strict' },
  typed: ({ totp }) => ({
    'POST /auth/totp': totp.$post,
    'POST /auth/totp/confirm': totp.confirm.$post,
    'DELETE /auth/totp': totp.$delete,
  }),
  acts: [
    act(['POST /auth/totp'], [200, 1], async (on) => json({}, await byCookie(on))),
    act(['POST /auth/totp', 'by bearer'], [200, 1, 2], async (on) => json({}, (await byAccountToken(on)).bearer)),
    act(
      ['POST /auth/totp/confirm'],
      [200, 2],
      async (on) => {
        const { headers, code } = await waiting(on)
        return json({ code }, headers)
      },
      { again: 401, ends: 1, facts: ['factor.added'] },
    ),
    act(
      ['POST /auth/totp/confirm', 'with another session'],
      [200, 2],
      async (on) => {
        const { jar, fetch, person } = await signedUp(on)
        await signedIn(on, person)
        const { secret } = await bodyOf(await fetch('/auth/totp', json({})))
        return json({ code: await codeAt(secret, on.clock.now) }, cookieOf(jar))
      },
      { again: 401, ends: 2, facts: ['factor.added', 'session.ended'] },
    ),
    act(['DELETE /auth/totp'], [204, 1], async (on) => ({ headers: cookieOf((await withTotp(on)).jar) }), {
      again: 404,
      ends: 1,
      facts: ['factor.removed'],
    }),
    act(['POST /auth/login', 'of somebody with an app'], [200, 2], async (on) => json((await withTotp(on)).person), {
      facts: ['challenge.asked'],
    }),
    act(
      ['POST /auth/challenge', 'by the code of an app'],
      [200, 2],
      async (on) => {
        const ada = await withTotp(on)
        const { id } = await held(browser(on), ada.person)
        return json({ id, method: 'totp', code: await ada.next(), trustDevice: true })
      },
      { again: 410, facts: ['session.started'] },
    ),
    act(
      ['POST /auth/session/refresh-auth', 'by the code of an app'],
      [200, 2],
      async (on) => {
        const ada = await withTotp(on)
        return json({ method: 'totp', code: await ada.next() }, cookieOf(ada.jar))
      },
      { again: 401, facts: ['session.elevated'] },
    ),
  ],
  visits: [
    ['POST /auth/totp', 200, 1],
    ['POST /auth/totp/confirm', 403, 1],
    ['DELETE /auth/totp', 404, 1],
  ],
  async visit(go, send) {
    const person = { email: `grace.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
    const own = { cookie: cookiesOf(await send('/auth/register', post(person))) }
    await go('POST /auth/totp', post({}, own))
    await go('POST /auth/totp/confirm', post({ code: 'no code' }, own))
    await go('DELETE /auth/totp', { headers: own })
  },
  bodies: { 'POST /auth/totp/confirm': { code: '123456' } },
  places: {
    'the challenge of an enrolment': {
      takes: ['enrol challenge id'],
      show: (on, challenge) => on.request('/auth/totp', json({ challenge })),
      refused: [410, 422],
    },
    'the challenge of an enrolment that is confirmed': {
      takes: ['enrol challenge id'],
      show: (on, challenge) => on.request('/auth/totp/confirm', json({ challenge, code: '123456' })),
      refused: [410, 422],
    },
    'the code of an app': {
      // That of another secret is none.
      takes: [],
      async show(on, code) {
        const newcomer = await on.request('/auth/email/sign-in', json(await codeFor(on, nobody())))
        const headers = { cookie: cookiesOf(newcomer) }
        await on.request('/auth/totp', json({}, headers))
        return on.request('/auth/totp/confirm', json({ code }, headers))
      },
      refused: [403, 422],
    },
  },
  taken: {
    'POST /auth/totp challenge': 'the challenge of an enrolment',
    'POST /auth/totp/confirm challenge': 'the challenge of an enrolment that is confirmed',
    'POST /auth/totp/confirm code': 'the code of an app',
  },
  secrets: {
    names: ['secret of an app', 'code of an app', 'sealed secret of an app'],
    async make(on) {
      const { secret, next } = await withTotp(on)
      const [[sealed] = []] = await query(on, 'select secret from totp_secrets')
      return { 'secret of an app': secret, 'code of an app': await next(), 'sealed secret of an app': String(sealed) }
    },
  },
  // It lasts; each of its codes counts once.
  secretKinds: { 'totp_secrets.secret': 'one-time' },
  outstanding: { 'totp_secrets.secret': 'of the user' },
  oneTime: {
    'totp_secrets.secret': {
      settings: unlimited,
      async make(on) {
        const { person, next } = await withTotp(on)
        return JSON.stringify({ ids: await heldUpTimes(on, person, mostUses), code: await next() })
      },
      // Each at another sign-in: the code is what can be used up.
      spend(on, secret, turn) {
        const { ids, code } = JSON.parse(secret)
        return on.request('/auth/challenge', json({ id: ids[turn], method: 'totp', code }))
      },
      won: 200,
      effectOf: async (answer) => (await bodyOf(answer)).session.id,
      // Beside the session that switched the app on.
      uses: async (on) => {
        const [[count] = []] = await query(on, "select count(*) - 1 from sessions where methods like '%totp%'")
        return Number(count)
      },
      trips: 2,
      losers: [401],
    },
    'challenges.hash for which an app was set up': {
      settings: { AUTH_MFA: 'required' },
      async make(on) {
        const tab = browser(on)
        const { challenge } = await bodyOf(await tab.fetch('/auth/register', json(somebody())))
        await enrol(on, tab, { challenge: challenge.id })
        return challenge.id
      },
      spend: (on, id) => on.request('/auth/challenge', json({ id, method: 'enrol' })),
      won: 200,
      effectOf: async (answer) => (await bodyOf(answer)).session.id,
      uses: async (on) => Number((await query(on, 'select count(*) from sessions'))[0]?.[0]),
      trips: 2,
      losers: [410],
    },
  },
  factor: {
    method: 'totp',
    turnOn: enrol,
    async count(on, userId) {
      const [[count] = []] = await query(on, 'select count(*) from totp_secrets where user_id = ?', userId)
      return Number(count)
    },
  },
  halfStates: {
    'the code of an app': {
      make: withTotp,
      opens: ({ name }) => name === 'POST /auth/challenge',
    },
  },
  endings: {
    'an app that is switched on elsewhere': {
      by: 'POST /auth/totp/confirm',
      end: (on, _, other) => enrol(on, other),
      otherLives: true,
    },
    'an app that is switched off elsewhere': {
      by: 'DELETE /auth/totp',
      async end(on, _, other) {
        await enrol(on, other)
        await other.fetch('/auth/totp', { method: 'DELETE' })
      },
      otherLives: true,
    },
  },
  oddPaths: [
    async (_, beside) => {
      const on = await beside({ settings: { AUTH_MFA: 'required' } })
      const tab = browser(on)
      const person = { email: `grace.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
      const { challenge } = await bodyOf(await tab.fetch('/auth/register', json(person)))
      await enrol(on, tab, { challenge: challenge.id })
      await answered(tab, challenge.id, '', { method: 'enrol' })
      await tab.fetch('/auth/totp', { method: 'DELETE' })
    },
  ],
  allowances: [
    {
      step: /^SCAN totp_secrets USING (COVERING )?INDEX totp_secrets_pending$/,
      of: /^delete from .* limit \?\) returning 1$/,
      because: 'the index holds what waits to be confirmed, of one day at most, and nothing else',
    },
    {
      step: /^SEARCH totp_secrets USING (COVERING )?INDEX totp_secrets_secret \(secret[<>]\?( AND secret<\?)?\)$/,
      of: /\blimit (\?|1000)/,
      because: 'it reads what another secret sealed, and as much of it as the job does in one run',
    },
  ],
  everything: async (_, tab) => {
    await tab.fetch('/auth/totp', json({}))
  },
}
