import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBase64url } from '../src/base/crypto.ts'
import { openLimiter } from './faulty-ports.ts'
import { bodyOf, json, query, type Server, server, signedUp } from './harness.ts'
import { type Cbor, newAuthenticator } from './passkey-authenticator.ts'
import { byToken, optionsByToken, optionsOf, post, signUp, withPasskey } from './passkeys.ts'

const bytes = (length: number, ...pattern: number[]) =>
  toBase64url(Uint8Array.from({ length }, (_, i) => pattern[i % pattern.length] ?? 0))

/** CBOR that promises more than there is, or is deeper than any stack. */
const bombs: [what: string, object: string][] = [
  ['nothing', 'oA'],
  ['arrays in arrays', bytes(12_000, 0x81)],
  ['maps in maps', bytes(12_000, 0xa1, 0x01)],
  ['tags of tags', bytes(12_000, 0xc6)],
  ['an array of 2^32 - 1', bytes(9, 0x9a, 0xff, 0xff, 0xff, 0xff)],
  ['an array of 2^64 - 1', bytes(9, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
  ['a map of 2^32 - 1', bytes(9, 0xba, 0xff, 0xff, 0xff, 0xff)],
  ['bytes of 2^32 - 1', bytes(9, 0x5a, 0xff, 0xff, 0xff, 0xff)],
  ['text of 2^32 - 1', bytes(9, 0x7a, 0xff, 0xff, 0xff, 0xff)],
  ['an array without an end', bytes(2000, 0x9f)],
  ['a break', '_w'],
  ['a number', 'AQ'],
]

test.each(bombs)('S26, CWE-674: %s for an attestation object is 422, and soon', async (_, attestationObject) => {
  const on = await server()
  const given = await signUp(on)
  const { attestation } = given
  const hostile = { ...attestation, response: { ...attestation.response, attestationObject } }

  const answer = await on.request('/auth/passkeys/sign-up', json({ ...given, attestation: hostile }))

  expect(await bodyOf(answer)).toMatchObject({ status: 422, fields: { attestation: expect.any(String) } })
})

test.each([
  ['clientDataJSON', 4097],
  ['attestationObject', 16_385],
])('S68: %s of more than %i characters is 422, unread', async (member, most) => {
  const on = await server()
  const given = await signUp(on)
  const response = { ...given.attestation.response, [member]: 'A'.repeat(most) }

  const answer = await on.request(
    '/auth/passkeys/sign-up',
    json({ ...given, attestation: { ...given.attestation, response } }),
  )

  expect(await bodyOf(answer)).toMatchObject({ fields: { [`attestation.response.${member}`]: expect.any(String) } })
})

const statements: [what: string, format: string, statement: [string, Cbor][]][] = [
  ['a signature', 'packed', [['alg', -7]]],
  ['a safety net', 'android-safetynet', [['ver', '1']]],
  ['a TPM', 'tpm', [['ver', '2.0']]],
  ['nothing known', 'acme', []],
]

test.each(statements)(
  'S76: a statement of %s is dropped: nothing in it is read or fetched',
  async (_, format, statement) => {
    const on = await server()
    const tab = await signedUp(on)
    const options = await optionsOf(tab, 'passkeys/options')

    const attestation = await newAuthenticator().create(options, {
      attestation: { format, statement: new Map(statement) },
    })
    const answer = await post(tab, 'passkeys', { attestation })

    expect(answer.status).toBe(201)
  },
)

test('what browsers add to an answer one day is held against nobody', async () => {
  const on = await server()
  const { authenticator } = await withPasskey(on)
  const { binding, options } = await optionsByToken(on, 'passkeys/sign-in/options')
  const { response, ...assertion } = await authenticator.get(options)
  const more = { ...assertion, response: { ...response, attestationObject: null, more: {} }, more: 1 }

  const answer = await on.request('/auth/passkeys/sign-in', json({ assertion: more, binding, ...byToken }))

  expect(answer.status).toBe(200)
})

const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.uint8Array({ maxLength: 200 }).map(toBase64url),
  fc.jsonValue().map((value) => toBase64url(new TextEncoder().encode(JSON.stringify(value)))),
)
const anything = fc.oneof(text, fc.jsonValue())

/** An answer of which some members are something else. */
const broken = (answer: { readonly response: object }) => {
  const { response, ...rest } = answer
  const some = (given: object) =>
    fc.record(Object.fromEntries(Object.keys(given).map((key) => [key, anything])), { requiredKeys: [] })
  return fc
    .tuple(some(rest), some(response))
    .map(([outer, inner]) => ({ ...rest, response: { ...response, ...inner }, ...outer }))
}

const refusals = [400, 401, 410, 422]

const fails = async (on: Server, path: string, body: object) => {
  const { status } = await on.request(path, json(body))
  expect(refusals).toContain(status)
}

test('S68, CVE-2026-73420: whatever is shown for an assertion is refused, and never breaks anything', async () => {
  const on = await server({ limiter: openLimiter })
  const { authenticator } = await withPasskey(on)
  const asked = await optionsByToken(on, 'passkeys/sign-in/options')
  const assertion = await authenticator.get(asked.options, { wrongKey: true })

  await fc.assert(
    fc.asyncProperty(broken(assertion), async (hostile) => {
      const { binding, options } = await optionsByToken(on, 'passkeys/sign-in/options')
      const said = { type: 'webauthn.get', challenge: options.challenge, origin: 'https://app.example.com' }
      const clientDataJSON = toBase64url(new TextEncoder().encode(JSON.stringify(said)))
      const open = { ...hostile, response: { clientDataJSON, ...hostile.response } }
      await fails(on, '/auth/passkeys/sign-in', { assertion: hostile, binding, ...byToken })
      await fails(on, '/auth/passkeys/sign-in', { assertion: open, binding, ...byToken })
    }),
    { numRuns: 60 },
  )
})

test('S68: whatever is shown for an attestation is refused, and never breaks anything', async () => {
  const on = await server({ limiter: openLimiter })
  const given = await signUp(on)
  const wrong = { ...given.attestation, id: 'AAAA' }

  await fc.assert(
    fc.asyncProperty(broken(wrong), async (attestation) => {
      await fails(on, '/auth/passkeys/sign-up', { ...given, ...(await signUp(on)), attestation })
    }),
    { numRuns: 60 },
  )
  expect(await query(on, 'select count(*) from users')).toEqual([[0]])
})

test('S26: an attestation of another credential than it says is refused', async () => {
  const on = await server()
  const given = await signUp(on)
  const { attestation } = given

  const answer = await on.request(
    '/auth/passkeys/sign-up',
    json({ ...given, attestation: { ...attestation, id: 'AAAA', rawId: 'AAAA' } }),
  )

  expect(answer.status).toBe(422)
})
