import { expect } from 'vitest'
import { post as asked, inTurn, type Pair, registerAll, strangers } from '../../bench/ground.ts'
import { sha256 } from '../../src/base/crypto.ts'
import type { FeatureTables } from '../feature-tables.ts'
import { bodyOf, browser, json, query } from '../harness.ts'
import { cookiesOf, post } from '../http.ts'
import { acts } from '../passkey-acts.ts'
import { newAuthenticator } from '../passkey-authenticator.ts'
import { oneTimePasskeys } from '../passkey-one-time.ts'
import { byToken, optionsByToken, optionsOf, withPasskey } from '../passkeys.ts'

const [nobody, id] = ['A'.repeat(43), 'A'.repeat(22)]

/** Of the right form, and of no authenticator. */
const attestation = {
  id,
  rawId: id,
  type: 'public-key',
  response: { clientDataJSON: 'e30', attestationObject: 'oA' },
}
const assertion = {
  id,
  rawId: id,
  type: 'public-key',
  response: { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' },
}

/** The same for a challenge. */
const saying = (challenge: string) => {
  const clientDataJSON = btoa(JSON.stringify({ challenge })).replace(/=*$/, '')
  return { ...assertion, response: { ...assertion.response, clientDataJSON } }
}

/** A signature that is wrong, of a passkey that somebody has, or nobody. Challenges enough for both. */
const wrongSignature: Pair = {
  title: 'sign-in by a passkey',
  status: 401,
  apart: ['passkey_challenges', 'log'],
  async prepare(ground) {
    const [{ userId } = { userId: '' }] = await registerAll(ground)
    const known = crypto.randomUUID()
    await ground.sql(aPasskey, `pky_${userId}`, userId, known)
    const challenges = Array.from({ length: 1000 }, (_, i) => `challenge${i}`)
    const hashes = await Promise.all(challenges.map(sha256))
    await ground.sql(manyChallenges, await sha256(`passkey binding ${nobody}`), JSON.stringify(hashes))
    const showing = (credential: string, i: number) =>
      asked('/auth/passkeys/sign-in', {
        assertion: { ...saying(`challenge${i}`), id: credential, rawId: credential },
        binding: nobody,
        ...byToken,
      })
    return { known: (i) => showing(known, 2 * i), unknown: (i) => showing(crypto.randomUUID(), 2 * i + 1) }
  },
}

/** Options for the passkeys of somebody who has one, or of nobody. */
const optionsByName: Pair = {
  title: 'passkey options by e-mail',
  status: 200,
  async prepare(ground) {
    const people = await registerAll(ground)
    for (const { userId } of people) await ground.sql(aPasskey, `pky_${userId}`, userId, crypto.randomUUID())
    const nobodies = strangers()
    const ask = (email: string) => asked('/auth/passkeys/sign-in/options', { email, ...byToken })
    return { known: (i) => ask(inTurn(people, i).email), unknown: (i) => ask(inTurn(nobodies, i)) }
  },
  apart: ['passkey_challenges'],
}

const manyChallenges = `insert into passkey_challenges (hash, purpose, bound_to, created_at, expires_at)
  select value, 'sign_in', ?, 1, 4000000000 from json_each(?)`

const aPasskey = `insert into passkeys (id, user_id, credential_id, public_key, counter, transports, backup_eligible,
  backed_up, aaguid, name, created_at) values (?, ?, ?, 'pQECAyYg', 0, '[]', 0, 0, '', 'A key', 1)`

export const tables: FeatureTables = {
  access: {
    'POST /auth/passkeys/options': 'strict',
    'POST /auth/passkeys': 'strict',
    'GET /auth/passkeys': 'strict',
    'PATCH /auth/passkeys/:id': 'strict',
    'DELETE /auth/passkeys/:id': 'strict',
    'POST /auth/passkeys/sign-in/options': 'public',
    'POST /auth/passkeys/sign-in': 'public',
    'POST /auth/passkeys/sign-up/options': 'public',
    'POST /auth/passkeys/sign-up': 'public',
    'GET /.well-known/webauthn': 'public',
  },
  typed: ({ passkeys }, client) => ({
    'POST /auth/passkeys/options': passkeys.options.$post,
    'POST /auth/passkeys': passkeys.$post,
    'GET /auth/passkeys': passkeys.$get,
    'PATCH /auth/passkeys/:id': passkeys[':id{pky_[\\w-]+}'].$patch,
    'DELETE /auth/passkeys/:id': passkeys[':id{pky_[\\w-]+}'].$delete,
    'POST /auth/passkeys/sign-in/options': passkeys['sign-in'].options.$post,
    'POST /auth/passkeys/sign-in': passkeys['sign-in'].$post,
    'POST /auth/passkeys/sign-up/options': passkeys['sign-up'].options.$post,
    'POST /auth/passkeys/sign-up': passkeys['sign-up'].$post,
    'GET /.well-known/webauthn': client['.well-known'].webauthn.$get,
  }),
  acts,
  visits: [
    ['POST /auth/passkeys/options', 200, 1],
    ['POST /auth/passkeys', 422, 1],
    ['GET /auth/passkeys', 200, 1],
    ['PATCH /auth/passkeys/:id', 404, 1],
    ['DELETE /auth/passkeys/:id', 404, 1],
    ['POST /auth/passkeys/sign-in/options', 200, 1],
    ['POST /auth/passkeys/sign-in', 410, 1],
    ['POST /auth/passkeys/sign-up/options', 200, 1],
    ['POST /auth/passkeys/sign-up', 410, 1],
    ['GET /.well-known/webauthn', 200, 0],
  ],
  async visit(go, send) {
    const person = { email: `hedy.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
    const own = { cookie: cookiesOf(await send('/auth/register', post(person))) }
    const shownBy = { binding: nobody, ...byToken }
    await go('POST /auth/passkeys/options', post({}, own))
    await go('POST /auth/passkeys', post({ attestation }, own))
    await go('GET /auth/passkeys', { headers: own })
    await go('PATCH /auth/passkeys/:id', { ...post({ name: 'Mine' }, own), method: 'PATCH' }, `pky_${id}`)
    await go('DELETE /auth/passkeys/:id', { ...post({}, own), method: 'DELETE' }, `pky_${id}`)
    await go('POST /auth/passkeys/sign-in/options', post({}))
    await go('POST /auth/passkeys/sign-in', post({ assertion, ...shownBy }))
    await go('POST /auth/passkeys/sign-up/options', post({ email: person.email }))
    await go('POST /auth/passkeys/sign-up', post({ email: person.email, attestation, ...shownBy }))
    await go('GET /.well-known/webauthn')
  },
  bodies: {
    'POST /auth/passkeys': { attestation },
    'PATCH /auth/passkeys/:id': { name: 'Mallory' },
  },
  idPrefixes: { passkeys: 'pky' },
  cacheable: ['GET /.well-known/webauthn'],
  places: {
    'the id of a sign-in on hold, for a passkey': {
      takes: [],
      show: (on, value) => on.request('/auth/passkeys/sign-in/options', json({ id: value })),
      refused: [410, 422],
    },
    'the id of a sign-in on hold, for a new passkey': {
      takes: ['enrol challenge id'],
      show: (on, value) => on.request('/auth/passkeys/options', json({ challenge: value })),
      refused: [410, 422],
    },
    'the challenge that a passkey answers': {
      takes: [],
      async show(on, value) {
        const { binding } = await optionsByToken(on, 'passkeys/sign-in/options')
        return on.request('/auth/passkeys/sign-in', json({ assertion: saying(value), binding, ...byToken }))
      },
      refused: [410, 422],
    },
    'the binding of a passkey': {
      takes: ['binding of a passkey'],
      async show(on, binding) {
        const { options } = await optionsByToken(on, 'passkeys/sign-in/options')
        return on.request('/auth/passkeys/sign-in', json({ assertion: saying(options.challenge), binding, ...byToken }))
      },
      refused: [410, 422],
    },
    'the id of a passkey': {
      takes: [],
      show: (on, value) => on.request(`/auth/passkeys/${value}`, { ...json({}), method: 'DELETE' }),
      refused: [401, 404],
    },
  },
  taken: {
    'POST /auth/passkeys challenge': 'the id of a sign-in on hold, for a new passkey',
    'POST /auth/passkeys/options challenge': 'the id of a sign-in on hold, for a new passkey',
    'POST /auth/passkeys/sign-in assertion': 'the challenge that a passkey answers',
    'POST /auth/passkeys/sign-in device_token': 'device_token',
    'POST /auth/passkeys/sign-in/options id': 'the id of a sign-in on hold, for a passkey',
    'POST /auth/passkeys/sign-up device_token': 'device_token',
    'PATCH /auth/passkeys/:id id': 'the id of a passkey',
    'DELETE /auth/passkeys/:id id': 'the id of a passkey',
  },
  secrets: {
    names: ['challenge of a passkey', 'binding of a passkey', 'stored challenge of a passkey', 'passkey id'],
    async make(on) {
      const { passkey } = await withPasskey(on)
      const { binding, options } = await optionsByToken(on, 'passkeys/sign-in/options')
      const [[stored] = []] = await query(on, "select hash from passkey_challenges where purpose = 'sign_in'")
      return {
        'challenge of a passkey': options.challenge,
        'binding of a passkey': binding,
        'stored challenge of a passkey': String(stored),
        'passkey id': passkey.id,
      }
    },
  },
  secretKinds: { 'passkey_challenges.hash': 'one-time', 'passkeys.public_key': 'no secret' },
  outstanding: { 'passkey_challenges.hash': 'of no session yet' },
  oneTime: oneTimePasskeys,
  factor: {
    method: 'passkey',
    async turnOn(_, tab) {
      const options = await optionsOf(tab, 'passkeys/options')
      await tab.fetch('/auth/passkeys', post({ attestation: await newAuthenticator().create(options) }))
    },
    async count(on, userId) {
      const [[count] = []] = await query(on, 'select count(*) from passkeys where user_id = ?', userId)
      return Number(count)
    },
  },
  halfStates: {
    'a passkey': {
      make: withPasskey,
      opens: ({ name }) => name === 'POST /auth/challenge' || name === 'POST /auth/passkeys/sign-in/options',
    },
  },
  endings: {
    'a new passkey elsewhere': {
      by: 'POST /auth/passkeys',
      async end(_, __, other) {
        const options = await optionsOf(other, 'passkeys/options')
        await other.fetch('/auth/passkeys', post({ attestation: await newAuthenticator().create(options) }))
      },
      otherLives: true,
    },
    'the deletion of a passkey elsewhere': {
      by: 'DELETE /auth/passkeys/:id',
      async end(on, { userId }, other) {
        await query(on, aPasskey, `pky_${id}`, userId, 'cred')
        await other.fetch(`/auth/passkeys/pky_${id}`, { method: 'DELETE' })
      },
      otherLives: true,
    },
  },
  pairs: [optionsByName, wrongSignature],
  oddPaths: [
    async (_, beside) => {
      const on = await beside({ settings: { AUTH_MFA: 'required' } })
      const tab = browser(on)
      const person = { email: `hedy.${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' }
      const { challenge } = await bodyOf(await tab.fetch('/auth/register', json(person)))
      const options = await optionsOf(tab, 'passkeys/options', { challenge: challenge.id })
      const attestation = await newAuthenticator().create(options)
      const added = await tab.fetch('/auth/passkeys', json({ challenge: challenge.id, attestation }))
      expect(added.status).toBe(201)
      const answer = await tab.fetch('/auth/challenge', json({ id: challenge.id, method: 'enrol' }))
      expect(answer.status).toBe(200)
    },
  ],
  // Among decoys: a security key that keeps nothing signs only with the id that it is given.
  tells: { 'POST /auth/passkeys/sign-in/options': 'select credential_id from passkeys where user_id = ?' },
  causes: { 'POST /auth/passkeys/sign-in/options': ['passkey_challenges'] },
  async everything(on, { user }) {
    await query(on, aPasskey, `pky_${crypto.randomUUID()}`, user.id, crypto.randomUUID())
    await query(on, aChallenge, crypto.randomUUID(), user.id)
  },
}

const aChallenge = `insert into passkey_challenges (hash, purpose, bound_to, user_id, created_at, expires_at)
  values (?, 'register', 'ses_somewhere', ?, 1, 4000000000)`
