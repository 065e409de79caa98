import { type SQL, sql } from 'drizzle-orm'
import type { Config } from '../base/config.ts'
import { randomToken, sha256 } from '../base/crypto.ts'
import { newId } from '../base/ids.ts'
import type { Statement } from '../base/ports.ts'
import type { Context } from './context.ts'
import type { Identity } from './core.ts'
import type { KnownDevice } from './devices.ts'
import { keepUser } from './grace.ts'
import { toSession, userAgentOf } from './session-views.ts'
import {
  type Ended,
  type Ending,
  type EndReason,
  endReplaced,
  type Method,
  type Standing,
  sessionsStore,
} from './sessions.ts'
import type { Completion, SignedIn } from './sign-in.ts'
import { statement, taking } from './statement.ts'
import { toUser } from './users.ts'

/**
 * One batch: begins the session where what was verified still holds, remembers the device, ends what it takes the place
 * of. Then cookies or tokens. `undefined` where it did not hold.
 */
export const beginSession = async (
  identity: Identity,
  context: Context,
  completion: Omit<Completion, 'gateRows'>,
): Promise<SignedIn | undefined> => {
  const { account, manner, holds, before = [], after = [], sessionId = newId('ses') } = completion
  const { config, devices, keys, tokens } = identity
  const { user, methods } = account
  const secret = randomToken()
  const device = devices.next(manner.device, user.id)
  const refresh = manner.transport === 'token' ? await tokens.firstRefreshToken(context, sessionId) : undefined
  if (refresh) keys.prefetch(context)
  const row = {
    id: sessionId,
    userId: user.id,
    secretHash: await sha256(secret),
    methods: completion.methods ?? methods,
    remember: manner.remember,
    authenticatedAt: completion.authenticatedAt ?? context.now,
  }
  const effects = await effectsOf(identity, context, { ...completion, sessionId, device })

  const found: { standing?: Standing | undefined; device?: KnownDevice | undefined } = {}
  await context.batch([
    ...before,
    insertSession(config, context, row, holds),
    ...(refresh ? [refresh.insert] : []),
    ...after,
    // Past the refund, which asks as the count did whether the account knows the device.
    ...devices.remember(context, device, sessionId),
    ...(manner.trustFor ? [devices.trust(context, device, { sessionId, factorId: manner.trustFor })] : []),
    taking(devices.remembered(device), ([id]) => {
      found.device = id === undefined ? undefined : { id, userId: user.id }
    }),
    ...effects.statements,
    taking(sessionsStore.byId({ id: sessionId, now: context.now }), ([standing]) => {
      found.standing = standing
    }),
  ])
  const { standing } = found
  if (standing === undefined) return undefined
  effects.told(found.device?.id === device.fresh && standing.user.createdAt < context.now)
  return deliver(identity, context, { standing, secret, device: found.device, refreshToken: refresh?.token })
}

interface Beginning extends Omit<Completion, 'gateRows'> {
  readonly sessionId: string
  readonly device: ReturnType<Identity['devices']['next']>
}

/** What comes of a session that begins: facts, the end of others, an account that is kept. */
const effectsOf = async (identity: Identity, context: Context, beginning: Beginning) => {
  const { account, sessionId, device, isExpected } = beginning
  const { devices, facts, revocations } = identity
  const subject = { userId: account.user.id, sessionId }
  const began = sql`exists (select 1 from sessions where id = ${sessionId})`
  const started = await facts.of(context, { type: 'session.started', ...subject, when: began })
  const added = { type: 'device.added', ...subject, when: devices.isNew(device, context) } as const
  const stranger = isExpected ? undefined : await facts.of(context, added)
  const endings = await endingsOf(identity, context, beginning)
  const ended: { readonly rows: Ended[]; readonly reason: EndReason }[] = []
  let isKept = false
  return {
    statements: [
      ...started.statements,
      ...(stranger?.statements ?? []),
      ...endings.map(({ statement, reason }) => taking(statement, (rows) => ended.push({ rows, reason }))),
      taking(keepUser(subject.userId, began), (rows) => {
        isKept = rows.length > 0
      }),
    ],
    /** Call once the batch has run: tells of all this, and of the device where the account did not know it. */
    told(isStrange: boolean): void {
      started.happened()
      if (isStrange) stranger?.happened()
      if (beginning.manner.trustFor) facts.tell(context, { type: 'device.trusted', ...subject })
      if (isKept) facts.tell(context, { type: 'user.kept', ...subject })
      for (const { rows, reason } of ended) revocations.ended(context, rows, reason)
    },
  }
}

/** What ends as this session begins: what the completion asks for, the session it takes the place of, the oldest. */
const endingsOf = async (
  { sessionCookie }: Identity,
  context: Context,
  { ends, manner, account, sessionId: keep }: Beginning,
): Promise<Ending[]> => {
  const { now } = context
  const beyond = sessionsStore.endBeyondLimit({ userId: account.user.id, keep, now, reason: 'limit' })
  const endings: Ending[] = [...(ends ? [ends] : []), { statement: beyond, reason: 'limit' }]
  const shown = manner.transport === 'cookie' ? await sessionCookie.read(context.headers) : undefined
  if (shown === undefined || shown === 'forged') return endings
  return [endReplaced(shown.sessionId, await sha256(shown.secret), now, keep), ...endings]
}

interface Delivery {
  readonly standing: Standing
  readonly secret: string
  readonly device: KnownDevice | undefined
  readonly refreshToken: string | undefined
}

/** Cookies, and no secret in the body; or tokens, and no cookie. */
const deliver = async (identity: Identity, context: Context, delivery: Delivery): Promise<SignedIn> => {
  const { standing, secret, device, refreshToken } = delivery
  const { devices, sessionCookie, tokens, config } = identity
  const signedIn: SignedIn = {
    status: 'signed_in',
    user: toUser(standing.user),
    session: toSession(standing.session, true),
  }
  const deviceToken = device && (await devices.token(device))
  if (refreshToken === undefined) {
    await sessionCookie.write(context, secret, standing)
    if (deviceToken) devices.write(context, deviceToken)
    return signedIn
  }
  const { token, expiresIn } = await tokens.mint(context, standing, config.audiences[0])
  signedIn.tokens = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
    ...(deviceToken ? { device_token: deviceToken } : {}),
  }
  return signedIn
}

export interface NewSession {
  readonly id: string
  readonly userId: string
  readonly secretHash: string
  /** JSON where SQL tells. */
  readonly methods: readonly Method[] | SQL
  readonly remember: boolean
  /** Unix seconds. */
  readonly authenticatedAt: SQL | number
}

/** Begins a session only where what was just verified still `holds` and the user is active. Converges when run twice. */
export const insertSession = (config: Config, context: Context, session: NewSession, holds: SQL): Statement => {
  const { now, address, country } = context
  const methods = Array.isArray(session.methods) ? JSON.stringify(session.methods) : session.methods
  const endsAt = now + config.max
  const expiresAt = Math.min(endsAt, now + (session.remember ? config.idle : config.idleShort))
  return statement(sql`insert into sessions (id, user_id, secret_hash, methods, remember, created_at, authenticated_at,
      last_seen_at, expires_at, ends_at, user_agent, address, country)
    select ${session.id}, users.id, ${session.secretHash}, ${methods},
      ${session.remember ? 1 : 0}, ${now}, ${session.authenticatedAt}, ${now}, ${expiresAt}, ${endsAt}, ${userAgentOf(context)},
      ${address ?? null}, ${country ?? null}
    from users where users.id = ${session.userId} and users.suspended_at is null and ${holds}
    on conflict do nothing`)
}
