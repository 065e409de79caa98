import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Facts } from './facts.ts'
import { type KeyRow, keysStore, keyTimes } from './keys-store.ts'

export const algorithm = 'ES256'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
}

interface KnownKey {
  readonly row: KeyRow
  /** Undefined where the row is damaged: such a key verifies nothing, is not published, and retires when it should sign. */
  readonly published: Published | undefined
  privateKey?: CryptoKey | undefined
}

interface Published {
  readonly jwk: JWK
  readonly publicKey: CryptoKey
}

interface KeySet {
  readonly loadedAt: number
  readonly keys: ReadonlyMap<string, KnownKey>
}

/** Seconds for which an isolate trusts what it read, and between two searches for an unknown `kid`. */
const reload = { every: 300, cooldown: 10 }

/**
 * The signing keys: public half in clear, private half sealed, in the database. An isolate keeps what it read for five
 * minutes; keys are published an hour before they sign, so that nobody meets a key that they do not know yet.
 */
export const newKeys = (config: Config, ring: KeyRing, facts: Facts) => {
  let known: KeySet | undefined
  let searchedAt = 0

  const isWarm = (now: number) => known !== undefined && now - known.loadedAt < reload.every && now >= known.loadedAt
  const remember = async (rows: readonly KeyRow[], now: number) => {
    known = { loadedAt: now, keys: await parse(rows, known) }
  }
  const load = async (context: Context) => {
    const [rows] = await context.batch([keysStore.all({ now: context.now })])
    await remember(rows, context.now)
  }

  const privateKey = async (key: KnownKey): Promise<CryptoKey | undefined> => {
    if (key.privateKey !== undefined || key.published === undefined) return key.privateKey
    const opened = await ring.open(placeOf(key.row.id), key.row.privateJwk)
    if (opened === undefined) return undefined
    const jwk: JWK = JSON.parse(opened)
    // What it signed nobody could verify.
    if (jwk.x !== key.published.jwk.x || jwk.y !== key.published.jwk.y) return undefined
    key.privateKey = await importKey(jwk)
    return key.privateKey
  }

  /**
   * The key that signs now: the newest whose time has come. Where a clock fell back that may be none: then the first whose
   * time will come, which was published before it may sign.
   */
  const current = (now: number): KnownKey | undefined => {
    const keys = [...(known?.keys.values() ?? [])]
      .filter(({ row }) => row.retiredAt === null || row.retiredAt > now)
      .sort((a, b) => b.row.signsFrom - a.row.signsFrom || (a.row.id < b.row.id ? -1 : 1))
    return keys.find(({ row }) => row.signsFrom <= now) ?? keys.at(-1)
  }

  /** Makes a key that signs at once, unless another isolate was first; whatever cannot be opened here retires. */
  const replace = async (context: Context, unreadable: KnownKey | undefined): Promise<void> => {
    const row = await newKeyRow(ring, context.now, context.now)
    const [, , rows] = await context.batch([
      keysStore.retire({ id: unreadable?.row.id ?? '', now: context.now, ...keyTimes(config, context.now) }),
      keysStore.insertFirst({ ...row, now: context.now }),
      keysStore.all({ now: context.now }),
    ])
    await remember(rows, context.now)
    if (unreadable) facts.tell(context, { type: 'key.unreadable', reason: unreadable.row.id })
    if (rows.some(({ id }) => id === row.id)) facts.tell(context, { type: 'key.created', reason: row.id })
  }

  return {
    /** On a cold isolate the keys ride with the next batch, so that signing and verifying cost no trip of their own. */
    prefetch(context: Context): void {
      if (isWarm(context.now)) return
      context.ride(keysStore.all({ now: context.now }), (rows) => remember(rows, context.now))
    },

    /** The key to sign with now. Warm: no trip. The very first boot, and a replaced secret: one or two more. */
    async signing(context: Context): Promise<SigningKey> {
      if (!isWarm(context.now)) await load(context)
      for (let tries = 0; tries < 3; tries++) {
        const key = current(context.now)
        const opened = key && (await privateKey(key))
        if (key && opened) return { kid: key.row.id, privateKey: opened }
        await replace(context, key)
      }
      throw new Error('No signing key can be opened or made.')
    },

    isWarm: (context: Context) => isWarm(context.now),

    /** The public key named `kid`, if it is ours and not expired. An unknown one is looked for once in a while. */
    async verifying(context: Context, kid: string): Promise<CryptoKey | undefined> {
      if (!isWarm(context.now)) await load(context)
      if (
        !known?.keys.has(kid) &&
        Math.abs(context.now - searchedAt) >= reload.cooldown &&
        known?.loadedAt !== context.now
      ) {
        searchedAt = context.now
        await load(context)
      }
      const key = known?.keys.get(kid)
      if (key === undefined || (key.row.expiresAt !== null && key.row.expiresAt <= context.now)) return undefined
      return key.published?.publicKey
    },

    /** @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
    async jwks(context: Context): Promise<{ keys: JWK[] }> {
      if (!isWarm(context.now)) await load(context)
      const key = current(context.now)
      // Else whoever asks first learns for five minutes of no key, or of none that signs.
      if (key?.published === undefined) await replace(context, key)
      return { keys: [...(known?.keys.values() ?? [])].flatMap(({ published }) => published?.jwk ?? []) }
    },

    /** Publishes the next key when the current one is old enough. Part of the scheduled job. */
    async rotate(context: Context): Promise<number> {
      await load(context)
      const latest = Math.max(0, ...[...(known?.keys.values() ?? [])].map(({ row }) => row.signsFrom))
      const due = context.now - latest >= config.keyDays * 86_400 - keyTimes.lead
      if (!due) return 0
      const signsFrom = latest === 0 ? context.now : context.now + keyTimes.lead
      const row = await newKeyRow(ring, context.now, signsFrom)
      const times = keyTimes(config, signsFrom)
      const [made] = await context.batch([
        keysStore.insertNext({ ...row, latest }),
        keysStore.retireBefore({ id: row.id, signsFrom, expiresAt: times.expiresAt }),
      ])
      if (made.length > 0) facts.tell(context, { type: 'key.created', reason: row.id })
      return made.length
    },

    /** Seals again with the first secret what another one sealed. Part of the scheduled job. */
    async reseal(context: Context): Promise<number> {
      const sealer = `${await ring.sealer()}.`
      const [rows] = await context.batch([keysStore.sealedByAnother({ sealer, now: context.now })])
      const updates: Statement[] = []
      for (const { id, privateJwk } of rows) {
        const jwk = await ring.open(placeOf(id), privateJwk)
        if (jwk === undefined) continue
        updates.push(keysStore.reseal({ id, from: privateJwk, to: await ring.seal(placeOf(id), jwk) }))
      }
      if (updates.length > 0) await context.batch(updates)
      return updates.length
    },
  }
}

export type Keys = ReturnType<typeof newKeys>

const placeOf = (id: string): string => `signing_keys/private_jwk/${id}`

const importKey = async (jwk: JWK): Promise<CryptoKey> => {
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array) throw new Error('A signing key is asymmetric.')
  return key
}

const parse = async (rows: readonly KeyRow[], before: KeySet | undefined): Promise<ReadonlyMap<string, KnownKey>> => {
  const keys = new Map<string, KnownKey>()
  for (const row of rows) {
    const old = before?.keys.get(row.id)
    if (old?.published !== undefined) {
      keys.set(row.id, { ...old, row })
      continue
    }
    keys.set(row.id, { row, published: await publishedOf(row).catch(() => undefined) })
  }
  return keys
}

/** @throws whatever a row that somebody else wrote, or that was damaged, may lead to */
const publishedOf = async ({ id, publicJwk }: KeyRow): Promise<Published> => {
  const { kty, crv, x, y }: JWK = JSON.parse(publicJwk)
  const jwk = { kty, crv, x, y, kid: id, alg: algorithm, use: 'sig' } as const
  return { jwk, publicKey: await importKey(jwk) }
}

const newKeyRow = async (ring: KeyRing, now: number, signsFrom: number) => {
  const id = newId('key')
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: id, alg: algorithm, use: 'sig' }
  const privateJwk = await ring.seal(placeOf(id), JSON.stringify(await exportJWK(pair.privateKey)))
  return { id, publicJwk: JSON.stringify(publicJwk), privateJwk, now, signsFrom }
}
