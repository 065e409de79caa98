import { expect, test } from 'vitest'
import { sha256 } from '../src/base/crypto.ts'
import { type CodePurpose, codeLife } from '../src/identity/codes.ts'
import { confirm, confirmToken, moved, proven, undo } from './address-changes.ts'
import { openLimiter, quick } from './faulty-ports.ts'
import {
  type Browser,
  bodyOf,
  browser,
  codeIn,
  json,
  mailTo,
  query,
  type Server,
  server,
  signedUp,
  somebody,
  tokenIn,
} from './harness.ts'
import { rightCode, secondFactor } from './second-factor.ts'

/** A code that answers a challenge dies with that. */
type Purpose = Exclude<CodePurpose, 'confirm_code'>

/** Whoever has an account, in a browser, with a message of every purpose that there can be under way. */
interface Victim extends Pick<Browser, 'api' | 'fetch'> {
  readonly person: { readonly email: string; readonly password: string }
  readonly isProven: boolean
  readonly tokens: Readonly<Partial<Record<Purpose, string>>>
  /** What goes with the code to type. */
  readonly id: string
  /** Of a sign-in on hold. */
  readonly challenge: string
}

const arranged = async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug, argon2id: quick, limiter: openLimiter })
  return { on, gate }
}

const newestFor = async (on: Server, email: string) => (await mailTo(on, { email })).at(-1)

const newVictim = async ({ on, gate }: Awaited<ReturnType<typeof arranged>>, isProven: boolean): Promise<Victim> => {
  const tab = await (isProven ? proven : signedUp)(on)
  const [invitation] = await mailTo(on, tab.person)
  const undoing = isProven ? await moved(on, tab, tab.person.email, somebody().email) : undefined
  const { email } = (await bodyOf(await tab.fetch('/auth/session'))).user
  const person = { email, password: tab.person.password }
  await tab.api.auth.password.forgot.$post({ json: { email } })
  const reset = await newestFor(on, email)
  await tab.api.auth.email.link.$post({ json: { email } })
  const link = await newestFor(on, email)
  const { id } = await bodyOf(await tab.api.auth.email.code.$post({ json: { email } }))
  const code = await newestFor(on, email)
  const newEmail = somebody().email
  await tab.api.auth.email.change.$post({ json: { newEmail } })
  const tokens = {
    ...(undoing === undefined
      ? { verify_email: tokenIn(invitation, 'email/verify'), disown: tokenIn(invitation, 'email/disown') }
      : { undo_email: undoing }),
    reset_password: tokenIn(reset, 'password/reset'),
    change_email: tokenIn(await newestFor(on, newEmail), 'email/change/confirm'),
    sign_in_link: tokenIn(link, 'email/sign-in'),
    sign_in_code: codeIn(code),
  }
  gate.isOn = true
  const { challenge } = await bodyOf(await on.request('/auth/login', json(person)))
  gate.isOn = false
  return { ...tab, person, isProven, tokens, id, challenge: challenge.id }
}

/** Where each belongs. */
const places: Readonly<Record<Purpose, (token: string, id: string) => [string, object]>> = {
  verify_email: (token) => ['email/verify', { token }],
  disown: (token) => ['email/disown', { token }],
  reset_password: (token) => ['password/reset', { token, newPassword: 'a password of whoever found it' }],
  change_email: (token) => ['email/change/confirm', { token }],
  undo_email: (token) => ['email/change/undo', { token }],
  sign_in_link: (token) => ['email/sign-in', { token }],
  sign_in_code: (code, id) => ['email/sign-in', { id, code }],
}

/** The status of the answer. */
const show = async (on: Server, purpose: Purpose, { tokens, id }: Victim): Promise<number> => {
  const [path, body] = places[purpose](tokens[purpose] ?? '', id)
  return (await on.request(`/auth/${path}`, json(body))).status
}

const ok = (answer: { readonly ok: boolean }) => expect(answer.ok).toBe(true)
const spend = (purpose: Purpose) => async (on: Server, victim: Victim) =>
  expect(await show(on, purpose, victim)).toBeLessThan(300)

/** Whether the database would take it still. */
const openCodes = async (on: Server, { tokens, id }: Victim) => {
  const rows = await query(on, 'select hash from codes where used_at is null and expires_at > ?', on.clock.now)
  const hashes = new Map<Purpose, string>()
  for (const purpose of all)
    hashes.set(purpose, await sha256(purpose === 'sign_in_code' ? id : (tokens[purpose] ?? '')))
  return (purpose: Purpose) => rows.flat().includes(hashes.get(purpose))
}

interface Way {
  readonly end: (on: Server, victim: Victim) => Promise<unknown>
  /** What stays good. */
  readonly keeps: readonly Purpose[]
  /** A sign-in on hold goes on. */
  readonly keepsChallenge?: true
  /** Whether it can happen to an account whose address is proven, or is not; either, where nothing is said. */
  readonly to?: 'proven' | 'unproven'
}

const all: readonly Purpose[] = [
  'verify_email',
  'disown',
  'reset_password',
  'change_email',
  'undo_email',
  'sign_in_link',
  'sign_in_code',
]
const without = (...spent: Purpose[]) => all.filter((purpose) => !spent.includes(purpose))
const newPassword = 'another good long password'

const ways: Readonly<Record<string, Way>> = {
  'a logout everywhere': {
    end: async (_, { api }) => ok(await api.auth.logout.$post({ json: { everywhere: true } })),
    keeps: without('change_email'),
  },
  'a change of the password': {
    end: async (_, { api, person }) =>
      ok(await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } })),
    keeps: ['undo_email'],
  },
  'a reset of the password': { end: spend('reset_password'), keeps: ['undo_email'], to: 'proven' },
  'a reset of the password, which proves the address': { end: spend('reset_password'), keeps: [], to: 'unproven' },
  'a change of the address': { end: spend('change_email'), keeps: ['undo_email'] },
  'the undoing of a change of address': { end: spend('undo_email'), keeps: [], to: 'proven' },
  'the proof of the address': {
    end: spend('verify_email'),
    keeps: without('verify_email', 'disown'),
    keepsChallenge: true,
    to: 'unproven',
  },
  '"this was not me"': { end: spend('disown'), keeps: [], to: 'unproven' },
  'a sign-in by link': {
    end: spend('sign_in_link'),
    keeps: without('sign_in_link'),
    keepsChallenge: true,
    to: 'proven',
  },
  'a sign-in by code': {
    end: spend('sign_in_code'),
    keeps: without('sign_in_code'),
    keepsChallenge: true,
    to: 'proven',
  },
  'a sign-in by link, which proves the address': { end: spend('sign_in_link'), keeps: [], to: 'unproven' },
  'a sign-in by code, which proves the address': { end: spend('sign_in_code'), keeps: [], to: 'unproven' },
  'the erasure of the account': {
    end: async (_, { fetch }) => ok(await fetch('/auth/me', { method: 'DELETE' })),
    keeps: ['undo_email'],
  },
}

const cases = Object.entries(ways).flatMap(([name, way]) =>
  (['proven', 'unproven'] as const)
    .filter((state) => (way.to ?? state) === state)
    .map((state) => ({ name, state, way })),
)

test('of every purpose of a code it is said here what becomes of it', () => {
  expect([...all, 'confirm_code'].toSorted()).toEqual(Object.keys(codeLife).toSorted())
})

test.each(cases)(
  'S16 S21 supabase/auth#2.195: after $name of an account with an address that is $state, what was mailed before is worth nothing but what stays good',
  async ({ state, way }) => {
    const ground = await arranged()
    const { on } = ground
    const [victim, bystander] = [await newVictim(ground, state === 'proven'), await newVictim(ground, true)]
    const purposes = all.filter((purpose) => victim.tokens[purpose] !== undefined)
    const [good, dead] = [true, false].map((isGood) => purposes.filter((one) => way.keeps.includes(one) === isGood))

    await way.end(on, victim)
    const refused: number[] = []
    for (const purpose of dead ?? []) refused.push(await show(on, purpose, victim))
    const isOpen = await openCodes(on, victim)
    const answer = { id: victim.challenge, method: 'totp', code: rightCode }
    const challenge = await on.request('/auth/challenge', json(answer))

    expect(refused).toEqual(dead?.map(() => 410))
    expect(good?.filter((purpose) => !isOpen(purpose))).toEqual([])
    expect(challenge.status).toBe(way.keepsChallenge ? 200 : 410)
    if (good?.[0]) expect(await show(on, good[0], victim), good[0]).toBeLessThan(300)
    expect(await show(on, 'undo_email', bystander)).toBe(204)
  },
)

const signInLink = async (on: Server, email: string): Promise<string> => {
  await on.request('/auth/email/link', json({ email }))
  return tokenIn(await newestFor(on, email), 'email/sign-in')
}

/** Somebody who asked for a link to sign in before they had an account. */
const newcomer = async (on: Server) => {
  const person = somebody()
  const link = await signInLink(on, person.email)
  const tab = browser(on)
  ok(await tab.api.auth.register.$post({ json: person }))
  return { ...tab, person, link }
}

/** A link that names no account, for an address that has one once this is done. */
const nameless: [string, (on: Server) => Promise<string>][] = [
  [
    'a change of the password',
    async (on) => {
      const { api, person, link } = await newcomer(on)
      ok(await api.auth.password.change.$post({ json: { currentPassword: person.password, newPassword } }))
      return link
    },
  ],
  [
    'a reset of the password',
    async (on) => {
      const { person, link } = await newcomer(on)
      await on.request('/auth/password/forgot', json({ email: person.email }))
      const token = tokenIn(await newestFor(on, person.email), 'password/reset')
      ok(await on.request('/auth/password/reset', json({ token, newPassword })))
      return link
    },
  ],
  [
    'a change from the address',
    async (on) => {
      const tab = await newcomer(on)
      ok(await confirm(on, await confirmToken(on, tab, somebody().email)))
      return tab.link
    },
  ],
  [
    'a change to the address',
    async (on) => {
      const { email } = somebody()
      const link = await signInLink(on, email)
      ok(await confirm(on, await confirmToken(on, await proven(on), email)))
      return link
    },
  ],
  [
    'the undoing of a change from the address',
    async (on) => {
      const tab = await proven(on)
      const token = await moved(on, tab, tab.person.email, somebody().email)
      const link = await signInLink(on, tab.person.email)
      ok(await undo(on, token))
      return link
    },
  ],
]

test.each(nameless)('S16: after %s a link that was mailed while nobody had it signs in nobody', async (_, happen) => {
  const on = await server({ argon2id: quick })
  const bystander = await signInLink(on, somebody().email)

  const link = await happen(on)

  expect((await on.request('/auth/email/sign-in', json({ token: link }))).status).toBe(410)
  expect((await on.request('/auth/email/sign-in', json({ token: bystander }))).status).toBe(200)
})
