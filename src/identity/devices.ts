import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import type { KeyRing } from '../base/crypto.ts'
import { isId, newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import { cookieValue, serialise } from './session-cookie.ts'
import { statement } from './statement.ts'

/** One year, in seconds. */
const life = 365 * 24 * 60 * 60

export interface KnownDevice {
  readonly id: string
  readonly userId: string
}

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

  return {
    /** The device that a request shows, in the cookie or as `device_token`. */
    shown: (context: Context, token: string | undefined): Promise<KnownDevice | undefined> =>
      read(token ?? cookieValue(context.headers.get('cookie'), cookie)),

    /** Holds where the device is one of this very account and was not revoked. */
    belongsTo: (context: Context, device: KnownDevice, userId: SQL): SQL =>
      sql`exists (select 1 from devices where id = ${device.id} and user_id = ${device.userId}
        and user_id = ${userId} and expires_at > ${context.now})`,

    /** The device that goes on, or a new one where the one shown is another user's. */
    continue: (device: KnownDevice | undefined, userId: string): KnownDevice =>
      device?.userId === userId ? device : { id: newId('dev'), userId },

    /** Rides in the batch that begins a session: nothing is remembered where the session did not begin. */
    remember: (context: Context, device: KnownDevice, sessionId: string): Statement =>
      statement(sql`insert into devices (id, user_id, created_at, last_used_at, expires_at)
        select ${device.id}, user_id, ${context.now}, ${context.now}, ${context.now + life}
        from sessions where id = ${sessionId} and user_id = ${device.userId}
        on conflict (id) do update set last_used_at = excluded.last_used_at, expires_at = excluded.expires_at`),

    async token(device: KnownDevice): Promise<string> {
      const text = `${device.id}.${device.userId}`
      return `${text}.${await ring.mac('device-cookie', text)}`
    },

    write(context: Context, token: string): void {
      context.cookies.set(cookie, serialise(config, cookie, token, life))
    },
  }
}

export type Devices = ReturnType<typeof newDevices>
