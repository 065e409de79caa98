import { fromBase64url, fromUtf8, toBase64url } from '../../base/crypto.ts'

/** A `RegistrationResponseJSON`, as far as we read it. @see https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson */
export interface Attestation extends Answer {
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

/** An `AuthenticationResponseJSON`. @see https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson */
export interface Assertion extends Answer {
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

interface Answer {
  /** Of the credential, base64url. */
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
}

/** Whom passkeys are for, and where they may be used: origins exactly as browsers write them. */
export interface RelyingParty {
  readonly id: string
  /** What browsers call us. */
  readonly name: string
  readonly origins: readonly string[]
}

/** What an answer has to agree with. */
interface Expected {
  readonly party: RelyingParty
  readonly challenge: string
  /** PIN or biometrics; presence is demanded always. */
  readonly needsVerification: boolean
}

/** What an authenticator says of itself and of its user each time. */
interface Said {
  /** 0 where it does not count. */
  readonly counter: number
  /** Can be on several devices; never changes. */
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export interface NewCredential extends Said {
  /** Base64url, as the key. */
  readonly id: string
  /** COSE. */
  readonly publicKey: string
  /** The model of the authenticator; zeros where it is not told. */
  readonly aaguid: string
}

/** ES256, EdDSA, RS256: what is offered, and all that is taken. @see https://www.iana.org/assignments/cose */
export const algorithms = [-7, -8, -257] as const

/** A key of the right form that is nobody's: the generator of P-256. */
export const nobodysKey =
  'pQECAyYgASFYIGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWIlggT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU'

/** Loaded at the first answer to check: nobody else pays for it. */
const library = async () => {
  const [server, parts] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ])
  return { ...server, ...parts }
}

type Cbor = string | Uint8Array | Map<string, string>

/** The challenge that an answer says it answers; empty for what no browser has said. */
export const challengeOf = ({ response }: Attestation | Assertion): string => {
  const { challenge } = clientDataOf(response.clientDataJSON)
  return typeof challenge === 'string' ? challenge : ''
}

/** In somebody else's frame nobody sees whom they sign in to: the library looks at one of the two members alone. */
const isFramed = ({ response }: Attestation | Assertion): boolean => {
  const { crossOrigin, topOrigin } = clientDataOf(response.clientDataJSON)
  return (crossOrigin !== undefined && crossOrigin !== false) || topOrigin !== undefined
}

/**
 * The credential of a right answer, undefined for a wrong one. Whatever statement an authenticator makes of itself is
 * dropped, as a browser does that was asked for none: to check one, the library fetches what its certificates name.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential
 */
export const verifyRegistration = async (
  answer: Attestation,
  expected: Expected,
): Promise<NewCredential | undefined> => {
  const { verifyRegistrationResponse, decodeAttestationObject, isoCBOR } = await library()
  const { id, rawId, type, response } = answer
  return orUndefined(async () => {
    if (isFramed(answer)) return undefined
    const authData = decodeAttestationObject(bytesOf(response.attestationObject)).get('authData')
    const plain = new Map<string, Cbor>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ])
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type,
        clientExtensionResults: {},
        response: {
          clientDataJSON: response.clientDataJSON,
          attestationObject: toBase64url(isoCBOR.encode(plain)),
        },
      },
      ...given(expected),
      supportedAlgorithmIDs: [...algorithms],
    })
    if (!verified || registrationInfo.credential.id !== id) return undefined
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
    return {
      id,
      publicKey: toBase64url(credential.publicKey),
      counter: credential.counter,
      aaguid,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    }
  })
}

/**
 * What a right answer of this credential says, undefined for a wrong one. Whether the counter went on is the caller's
 * to judge: here only what is signed is told.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion
 */
export const verifyAssertion = async (
  answer: Assertion,
  credential: { readonly id: string; readonly publicKey: string },
  expected: Expected,
): Promise<Said | undefined> => {
  const { verifyAuthenticationResponse } = await library()
  const { id, rawId, type, response } = answer
  const { clientDataJSON, authenticatorData, signature } = response
  return orUndefined(async () => {
    if (isFramed(answer)) return undefined
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      ...given(expected),
      credential: { id: credential.id, publicKey: bytesOf(credential.publicKey), counter: 0 },
    })
    if (!verified || id !== credential.id) return undefined
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return {
      counter: newCounter,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    }
  })
}

const given = ({ party, challenge, needsVerification }: Expected) => ({
  expectedChallenge: challenge,
  expectedOrigin: [...party.origins],
  expectedRPID: party.id,
  requireUserVerification: needsVerification,
})

/** The library throws for whatever is wrong, and for whatever it did not expect, such as CBOR of any depth. */
const orUndefined = async <T>(verify: () => Promise<T | undefined>): Promise<T | undefined> => {
  try {
    return await verify()
  } catch {
    return undefined
  }
}

const bytesOf = (given: string): Uint8Array<ArrayBuffer> => fromBase64url(given) ?? new Uint8Array()

const clientDataOf = (given: string): Readonly<Record<string, unknown>> => {
  try {
    const said: unknown = JSON.parse(fromUtf8(bytesOf(given)))
    return typeof said === 'object' && said !== null ? { ...said } : {}
  } catch {
    return {}
  }
}
