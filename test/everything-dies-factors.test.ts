import { expect, test } from 'vitest'
import { gated } from './acts.ts'
import { confirm, confirmToken, moved, proven, undo } from './address-changes.ts'
import { linkFor } from './by-mail.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import { type FactorRows, rowsOf } from './feature-tables.ts'
import { browser, json, mailTo, query, type Server, server, signedUp, somebody, tokenIn } from './harness.ts'
import { haveFactor, heldUp, plantedCode } from './planted-factor.ts'
import { forgotten, newPassword, reset } from './resets.ts'

/** What an account has beside its password. */
type Thing = 'other session' | 'factor' | 'recovery codes' | 'trusted device' | 'challenge'

const things: readonly Thing[] = ['other session', 'factor', 'recovery codes', 'trusted device', 'challenge']

/** Somebody who has each of them, and a link that undoes a change of their address, which came before or after these. */
const newVictim = async (on: Server, factor: FactorRows, state: State) => {
  const tab = await (state === 'unproven' ? signedUp : proven)(on)
  const [invitation] = await mailTo(on, tab.person)
  const move = () => moved(on, tab, tab.person.email, somebody().email)
  const undoing = state === 'moved before' ? await move() : ''
  on.clock.pass(1)
  await factor.turnOn(on, tab)
  await haveFactor(on, tab.user.id)
  const [[email] = []] = await query(on, 'select email from users where id = ?', tab.user.id)
  const person = { ...tab.person, email: String(email) }
  const other = browser(on)
  const shown = { method: 'social', code: plantedCode }
  await other.fetch('/auth/challenge', json({ id: await heldUp(on, person), ...shown, trustDevice: true }))
  on.clock.pass(1)
  const movedLater = state === 'moved after' ? await move() : ''
  const [[newest] = []] = await query(on, 'select email from users where id = ?', tab.user.id)
  const challenge = await heldUp(on, { ...person, email: newest })
  const count = async (text: string) => Number((await query(on, text, tab.user.id))[0]?.[0])
  const lives: Readonly<Record<Thing, () => Promise<boolean>>> = {
    'other session': async () => (await other.fetch('/auth/sessions')).status === 200,
    factor: async () => (await factor.count(on, tab.user.id)) > 0,
    'recovery codes': async () => (await count('select count(*) from recovery_codes where user_id = ?')) > 0,
    'trusted device': async () =>
      (await count('select count(*) from devices where trusted_until is not null and user_id = ?')) > 0,
    challenge: async () => (await on.request('/auth/challenge', json({ id: challenge, ...shown }))).status === 200,
  }
  return {
    ...tab,
    person,
    verify: tokenIn(invitation, 'email/verify'),
    disown: tokenIn(invitation, 'email/disown'),
    undoing: undoing || movedLater,
    async left(): Promise<Thing[]> {
      const found: Thing[] = []
      for (const thing of things) if (await lives[thing]()) found.push(thing)
      return found
    },
  }
}

type State = 'proven' | 'unproven' | 'moved before' | 'moved after'
type Victim = Awaited<ReturnType<typeof newVictim>>

interface Way {
  readonly to: State
  readonly end: (on: Server, victim: Victim) => Promise<{ readonly ok: boolean }>
  readonly keeps: readonly Thing[]
}

const byToken = (path: string, of: (victim: Victim) => string) => (on: Server, victim: Victim) =>
  on.request(`/auth/${path}`, json({ token: of(victim) }))
const own: readonly Thing[] = ['factor', 'recovery codes']

const ways: Readonly<Record<string, Way>> = {
  'a logout everywhere': {
    to: 'proven',
    end: (_, { api }) => api.auth.logout.$post({ json: { everywhere: true } }),
    keeps: own,
  },
  'the end of every other session': {
    to: 'proven',
    end: (_, { fetch }) => fetch('/auth/sessions', { method: 'DELETE' }),
    keeps: [...own, 'challenge'],
  },
  'a change of the password': {
    to: 'proven',
    end: (_, { api, person }) =>
      api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } }),
    keeps: own,
  },
  'a reset of the password': {
    to: 'proven',
    end: async (on, { person }) => reset(on, await forgotten(on, person)),
    keeps: own,
  },
  'a reset by whoever proves the address so': {
    to: 'unproven',
    end: async (on, { person }) => reset(on, await forgotten(on, person)),
    keeps: [],
  },
  'a sign-in by whoever proves the address so': {
    to: 'unproven',
    end: async (on, { person }) => on.request('/auth/email/sign-in', json({ token: await linkFor(on, person) })),
    keeps: [],
  },
  'the proof of the address': {
    to: 'unproven',
    end: (_, { fetch, verify }) => fetch('/auth/email/verify', json({ token: verify })),
    keeps: things,
  },
  '"this was not me"': { to: 'unproven', end: byToken('email/disown', ({ disown }) => disown), keeps: [] },
  'a change of the address': {
    to: 'proven',
    end: async (on, tab) => confirm(on, await confirmToken(on, tab, somebody().email)),
    keeps: things.filter((thing) => thing !== 'challenge'),
  },
  'the undoing of a change that came before them': {
    to: 'moved before',
    end: (on, { undoing }) => undo(on, undoing),
    keeps: [],
  },
  'the undoing of a change that came after them': {
    to: 'moved after',
    end: (on, { undoing }) => undo(on, undoing),
    keeps: own,
  },
  'the erasure of the account': {
    to: 'proven',
    end: (_, { fetch }) => fetch('/auth/me', { method: 'DELETE' }),
    keeps: [],
  },
}

const factors = rowsOf(({ factor }) => factor)

test.each(
  factors.flatMap((factor) => Object.entries(ways).map(([name, way]) => ({ factor, kind: factor.method, name, way }))),
)(
  'S25, S32, GHSA-86j7-9j95-vpqj: after $name of somebody with a $kind nothing is left of that but what stays theirs',
  async ({ factor, way: { to, end, keeps } }) => {
    const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
    const [victim, bystander] = [await newVictim(on, factor, to), await newVictim(on, factor, 'proven')]

    const done = await end(on, victim)

    expect(done.ok).toBe(true)
    expect(await victim.left()).toEqual(things.filter((thing) => keeps.includes(thing)))
    expect(await bystander.left()).toEqual(things)
  },
)

test('there is a factor of which it can be said', () => {
  expect(factors.length).toBeGreaterThan(0)
})
