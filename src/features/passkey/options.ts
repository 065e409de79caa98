import { fromBase64url, fromUtf8, toBase64url, utf8 } from '../../base/crypto.ts'
import { challengeLife, type Descriptor } from './store.ts'
import { algorithms, type RelyingParty } from './webauthn.ts'

export interface CreationWishes {
  readonly party: RelyingParty
  readonly challenge: string
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  /** Passkeys that the user has: an authenticator makes no second one. */
  readonly existing: readonly Descriptor[]
  /** False where there is to be no other way in: it has to be found by whoever does not say who they are. */
  readonly needsName: boolean
}

/**
 * What `PublicKeyCredential.parseCreationOptionsFromJSON` takes. Each is to sign in by itself one day, so its
 * authenticator has to verify its user.
 * @see https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson
 */
export const creationOptions = ({ party, challenge, user, existing, needsName }: CreationWishes) => ({
  rp: { id: party.id, name: party.name },
  user: { ...user, id: handleOf(user.id) },
  challenge,
  pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
  timeout: challengeLife * 1000,
  excludeCredentials: existing.map(descriptor),
  authenticatorSelection: {
    residentKey: needsName ? ('preferred' as const) : ('required' as const),
    requireResidentKey: !needsName,
    userVerification: 'required' as const,
  },
  attestation: 'none' as const,
})

interface RequestWishes {
  readonly party: RelyingParty
  readonly challenge: string
  /** Any of which would do; none for whichever the user chooses. */
  readonly allowed: readonly Descriptor[]
  /** Nothing else is shown: its authenticator has to verify its user. */
  readonly isOnlyWayIn: boolean
}

/**
 * What `PublicKeyCredential.parseRequestOptionsFromJSON` takes.
 * @see https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialrequestoptionsjson
 */
export const requestOptions = ({ party, challenge, allowed, isOnlyWayIn }: RequestWishes) => ({
  rpId: party.id,
  challenge,
  timeout: challengeLife * 1000,
  allowCredentials: allowed.map(descriptor),
  userVerification: isOnlyWayIn ? ('required' as const) : ('preferred' as const),
})

export type CreationOptions = ReturnType<typeof creationOptions>
export type RequestOptions = ReturnType<typeof requestOptions>

/** How authenticators keep whose a passkey is: the bytes of the user's id. */
const handleOf = (userId: string): string => toBase64url(new Uint8Array(utf8(userId)))

/** Whose an authenticator says that a passkey is; undefined for what is no text. */
export const userIdOfHandle = (handle: string): string | undefined => {
  const bytes = fromBase64url(handle)
  try {
    return bytes && fromUtf8(bytes)
  } catch {
    return undefined
  }
}

const descriptor = ({ id, transports }: Descriptor) => ({
  type: 'public-key' as const,
  id,
  ...(transports && transports.length > 0 ? { transports: [...transports] } : {}),
})
