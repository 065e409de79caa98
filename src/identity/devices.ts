import { type SQL, sql } from 'drizzle-orm'
import { rfc3339 } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import type { Email } from '../base/email.ts'
import { isId, newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import { cookieValue, serialise } from './session-cookie.ts'
import { deviceName, userAgentOf } from './session-views.ts'
import { statement } from './statement.ts'

/** One year, in seconds. */
const life = 365 * 24 * 60 * 60

/** Seconds for which a device is trusted: 30 days. */
const trust = 30 * 24 * 60 * 60

/** Devices of one account. */
const kept = 20

interface Trusting {
  readonly sessionId: string
  readonly factorId: string
}

interface NextDevice {
  /** Empty where none of this user was shown. */
  readonly shown: string
  readonly fresh: string
  readonly userId: string
}

export interface KnownDevice {
  readonly id: string
  readonly userId: string
}

/** A device, and what holds where a certain account knows it. */
export interface DeviceOf {
  readonly id: string
  readonly holds: SQL
}

/** A device of the owner of an address, where `holds`. */
export type OwnDevice = KnownDevice & DeviceOf

/**
 * Remembers that an account was used from here before, so that a stranger's guesses cannot lock the owner out. The
 * token is signed and names one user; deleting its row revokes it. It authenticates nothing.
 */
export const newDevices = (config: Config, ring: KeyRing) => {
  const cookie = config.secureCookies ? '__Host-device' : 'device'
  const read = async (token: string | undefined): Promise<KnownDevice | undefined> => {
    const [id, userId, mac, ...rest] = (token ?? '').split('.')
    if (!id || !userId || !mac || rest.length > 0 || !isId('dev', id) || !isId('usr', userId)) return undefined
    return (await ring.verify('device-cookie', `${id}.${userId}`, mac)) ? { id, userId } : undefined
  }

  const shown = (context: Context, token: string | undefined): Promise<KnownDevice | undefined> =>
    read(token ?? cookieValue(context.headers.get('cookie'), cookie))

  const belongsTo = ({ now }: Context, { id, userId }: KnownDevice, owner: SQL | string): SQL =>
    sql`exists (select 1 from devices where id = ${id} and user_id = ${userId} and user_id = ${owner}
      and expires_at > ${now})`

  return {
    /** The device that a request shows, in the cookie or as `device_token`. */
    shown,

    /** Holds where the device is one of this very account and was not revoked. */
    belongsTo,

    /** The device that a request shows, with what holds where the owner of a proven address is known to use it. */
    async ofOwner(context: Context, token: string | undefined, { canonical }: Email): Promise<OwnDevice | undefined> {
      const device = await shown(context, token)
      const owner = sql`(select id from users where email_canonical = ${canonical} and email_verified = 1)`
      return device && { ...device, holds: belongsTo(context, device, owner) }
    },

    /** What may be remembered: the device that was shown, where it is this user's, or else a new one. */
    next: (shown: KnownDevice | undefined, userId: string): NextDevice => ({
      shown: shown?.userId === userId ? shown.id : '',
      fresh: newId('dev'),
      userId,
    }),

    /**
     * Rides in the batch that begins a session: nothing is remembered where that did not begin. A device that was
     * revoked does not come back, and an account keeps the 20 that were used last.
     */
    remember: (context: Context, { shown, fresh, userId }: NextDevice, sessionId: string): Statement[] => {
      const began = sql`exists (select 1 from sessions where id = ${sessionId} and user_id = ${userId})`
      const until = context.now + life
      return [
        statement(sql`update devices set last_used_at = ${context.now}, expires_at = ${until}
          where id = ${shown} and user_id = ${userId} and ${began}`),
        statement(sql`insert into devices (id, user_id, created_at, last_used_at, expires_at)
          select ${fresh}, ${userId}, ${context.now}, ${context.now}, ${until} where ${began}
            and not exists (select 1 from devices where id = ${shown} and user_id = ${userId}) on conflict do nothing`),
        statement(sql`delete from devices where user_id = ${userId} and id in (select id from devices
          where user_id = ${userId} order by last_used_at desc, id in (${shown}, ${fresh}) desc, id limit -1 offset ${kept})`),
      ]
    },

    /** Spares the user a second factor on a device for 30 days: in that batch, past `remember`. */
    trust: (context: Context, { shown, fresh, userId }: NextDevice, { sessionId, factorId }: Trusting): Statement =>
      statement(sql`update devices set trusted_at = ${context.now}, trusted_until = ${context.now + trust},
          trusted_by = ${factorId}, user_agent = ${userAgentOf(context)}
        where user_id = ${userId} and id in (${shown}, ${fresh})
          and exists (select 1 from sessions where id = ${sessionId} and user_id = ${userId})`),

    /**
     * When a second factor was shown on the device of a request, as SQL: null where its user is to show one, because
     * that was too long ago, was revoked, or was another factor than they have now, of which `isKept` tells.
     */
    trustedAt: (context: Context, { id }: KnownDevice, userId: SQL | string, isKept: (factorId: SQL) => SQL): SQL =>
      sql`(select trusted_at from devices where id = ${id} and user_id = ${userId} and expires_at > ${context.now}
        and trusted_until > ${context.now} and trusted_at <= ${context.now} and ${isKept(sql`trusted_by`)})`,

    /** Holds in that batch where an account that existed before was used from a device that it did not know. */
    isNew: ({ fresh, userId }: NextDevice, { now }: Context): SQL =>
      sql`exists (select 1 from devices join users on users.id = devices.user_id where devices.id = ${fresh}
        and users.id = ${userId} and users.created_at < ${now})`,

    /** The id that was remembered. */
    remembered: ({ shown, fresh, userId }: NextDevice): Statement<string> =>
      statement(
        sql`select id from devices where user_id = ${userId} and id in (${shown}, ${fresh}) order by id = ${fresh} desc`,
        ([id]) => String(id),
      ),

    async token(device: KnownDevice): Promise<string> {
      const text = `${device.id}.${device.userId}`
      return `${text}.${await ring.mac('device-cookie', text)}`
    },

    write(context: Context, token: string): void {
      context.cookies.set(cookie, serialise(config, cookie, token, life))
    },

    clear(context: Context): void {
      context.cookies.set(cookie, serialise(config, cookie, '', 0))
    },
  }
}

/** Ends what devices of a user are spared, where `when` holds: every one, but for `except`, or one. */
export const endTrust = (userId: SQL | string, when: SQL, { only, except }: Which = {}): Statement =>
  statement(sql`update devices set trusted_at = null, trusted_until = null, trusted_by = null
    where user_id = ${userId} and id <> ${except ?? ''} and id = coalesce(${only ?? null}, id)
      and trusted_until is not null and ${when}`)

interface Which {
  readonly only?: string | undefined
  readonly except?: string | undefined
}

/** A row where the user has this device. */
export const deviceOf = (userId: string, id: string): Statement<true> =>
  statement(sql`select 1 from devices where id = ${id} and user_id = ${userId}`, () => true)

/** A device on the wire on which its user is asked for no second factor; times in RFC 3339. */
export interface TrustedDevice {
  readonly id: string
  readonly device: { readonly name: string; readonly userAgent: string }
  readonly trustedAt: string
  readonly trustedUntil: string
  readonly current: boolean
}

interface TrustOf {
  readonly userId: string
  readonly now: number
  /** The device of the request. */
  readonly current: string | undefined
}

/** Those of a user, where `when` holds, the latest first: none whose factor is gone, as `isKept` tells. */
export const trustedDevices = (
  { userId, now, current }: TrustOf,
  when: SQL,
  isKept: (factorId: SQL) => SQL,
): Statement<TrustedDevice> =>
  statement(
    sql`select id, user_agent, trusted_at, trusted_until from devices where user_id = ${userId}
      and trusted_until > ${now} and expires_at > ${now} and ${isKept(sql`trusted_by`)} and ${when} order by trusted_at desc, id`,
    ([id, userAgent, at, until]) => ({
      id: String(id),
      device: { name: deviceName(String(userAgent ?? '')), userAgent: String(userAgent ?? '') },
      trustedAt: rfc3339(Number(at)),
      trustedUntil: rfc3339(Number(until)),
      current: id === current,
    }),
  )

export type Devices = ReturnType<typeof newDevices>
