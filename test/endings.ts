import { expect } from 'vitest'
import { entriesOf } from './feature-tables.ts'
import { bearer } from './forging.ts'
import { json, mailTo, query, type Server, signedIn, somebody, tokenIn } from './harness.ts'
import { change, type Victim } from './victims.ts'

/** Another session of the same user, which acts. */
type Other = Awaited<ReturnType<typeof signedIn>>

export interface Ending {
  /** The route by which it ends. */
  readonly by?: string
  readonly only?: Victim['kind']
  readonly end: (on: Server, victim: Victim, other: Other) => Promise<unknown>
  /** False where the other session ends as well. */
  readonly otherLives: boolean
  /** Done past the service, or by the clock: nobody tells the isolates. */
  readonly silent?: true
}

const ok = (answer: { readonly ok: boolean }) => expect(answer.ok).toBe(true)
const own = ({ cookies: [cookie], account: [token] }: Victim) => (cookie ? { cookie } : bearer(token ?? ''))
const revoke = async (on: Server, token: string | undefined) =>
  ok(await on.request('/auth/token/revoke', json({ token })))

/** Every way in which a session ends. */
export const endings: Readonly<Record<string, Ending>> = {
  'its own logout': {
    by: 'POST /auth/logout',
    end: async (on, victim) => ok(await on.request('/auth/logout', json({}, own(victim)))),
    otherLives: true,
  },
  'a logout everywhere': {
    by: 'POST /auth/logout',
    end: async (_, __, { api }) => ok(await api.auth.logout.$post({ json: { everywhere: true } })),
    otherLives: false,
  },
  'its own logout everywhere': {
    by: 'POST /auth/logout',
    end: async (on, victim) => ok(await on.request('/auth/logout', json({ everywhere: true }, own(victim)))),
    otherLives: false,
  },
  'DELETE of that session': {
    by: 'DELETE /auth/sessions/:id',
    end: async (_, { sessionId }, { fetch }) => ok(await fetch(`/auth/sessions/${sessionId}`, { method: 'DELETE' })),
    otherLives: true,
  },
  'DELETE of the other sessions': {
    by: 'DELETE /auth/sessions',
    end: async (_, __, { fetch }) => ok(await fetch('/auth/sessions', { method: 'DELETE' })),
    otherLives: true,
  },
  'a password change elsewhere': {
    by: 'POST /auth/password/change',
    end: async (_, victim, { api }) => ok(await api.auth.password.change.$post({ json: change(victim) })),
    otherLives: true,
  },
  'its own password change': {
    by: 'POST /auth/password/change',
    end: async (on, victim) => ok(await on.request('/auth/password/change', json(change(victim), own(victim)))),
    otherLives: false,
  },
  'revocation of an access token': {
    by: 'POST /auth/token/revoke',
    end: (on, { access }) => revoke(on, access[0]),
    otherLives: true,
  },
  'revocation of an account token': {
    by: 'POST /auth/token/revoke',
    end: (on, { account }) => revoke(on, account[0]),
    otherLives: true,
  },
  'revocation of a refresh token': {
    by: 'POST /auth/token/revoke',
    only: 'token',
    end: (on, { refresh }) => revoke(on, refresh.at(-1)),
    otherLives: true,
  },
  'revocation of a used refresh token': {
    by: 'POST /auth/token/revoke',
    only: 'token',
    end: (on, { refresh }) => revoke(on, refresh[0]),
    otherLives: true,
  },
  'reuse of a refresh token': {
    by: 'POST /auth/token',
    only: 'token',
    end: (on, { refresh: [refresh_token] }) => on.request('/auth/token', json({ refresh_token })),
    otherLives: true,
  },
  'the 21st session': {
    by: 'POST /auth/login',
    end: async (on, { person }) => {
      for (let i = 0; i < 19; i++) await signedIn(on, person)
    },
    otherLives: true,
  },
  'a login in the same browser': {
    by: 'POST /auth/login',
    only: 'cookie',
    end: async (_, { tab, person }) => tab && ok(await tab.api.auth.login.$post({ json: person })),
    otherLives: true,
  },
  'a registration in the same browser': {
    by: 'POST /auth/register',
    only: 'cookie',
    end: async (_, { tab }) => tab && ok(await tab.api.auth.register.$post({ json: somebody() })),
    otherLives: true,
  },
  'a reset of the password': {
    by: 'POST /auth/password/reset',
    async end(on, { person: { email } }) {
      await on.request('/auth/password/forgot', json({ email }))
      const token = tokenIn((await mailTo(on, { email })).at(-1), 'password/reset')
      ok(await on.request('/auth/password/reset', json({ token, newPassword: 'another good long password' })))
    },
    otherLives: false,
  },
  'a sign-in by whoever has the mailbox, which nobody had proven': {
    by: 'POST /auth/email/sign-in',
    async end(on, { person: { email } }) {
      await on.request('/auth/email/link', json({ email }))
      const token = tokenIn((await mailTo(on, { email })).at(-1), 'email/sign-in')
      ok(await on.request('/auth/email/sign-in', json({ token })))
    },
    otherLives: false,
  },
  '"this was not me"': {
    by: 'POST /auth/email/disown',
    async end(on, { person }) {
      const token = tokenIn((await mailTo(on, person))[0], 'email/disown')
      ok(await on.request('/auth/email/disown', json({ token })))
    },
    otherLives: false,
  },
  'its own erasure': {
    by: 'DELETE /auth/me',
    end: async (on, victim) => ok(await on.request('/auth/me', { ...json({}, own(victim)), method: 'DELETE' })),
    otherLives: false,
  },
  'the erasure of the user elsewhere': {
    by: 'DELETE /auth/me',
    end: async (_, __, { fetch }) => ok(await fetch('/auth/me', { method: 'DELETE' })),
    otherLives: false,
  },
  'suspension of the user': {
    end: (on, { userId }) => query(on, 'update users set suspended_at = ? where id = ?', on.clock.now, userId),
    otherLives: false,
    silent: true,
  },
  'deletion of the user': {
    end: (on, { userId }) => query(on, 'delete from users where id = ?', userId),
    otherLives: false,
    silent: true,
  },
  'the idle limit': { end: async (on) => on.clock.pass(30 * 86_400), otherLives: false, silent: true },
  ...entriesOf((feature) => feature.endings),
}
