import { sha256 } from '../../base/crypto.ts'
import { forbidden, invalidRequest, invalidToken, Problem } from '../../base/errors.ts'
import type { Credential } from '../../identity/callers.ts'
import type { Context } from '../../identity/context.ts'
import type { Core } from '../../identity/core.ts'
import type { Standing } from '../../identity/sessions.ts'
import type { TokenPair } from '../../identity/sign-in.ts'
import { tokenStore } from './store.ts'

interface TokenRequest {
  readonly refresh_token?: string | undefined
  readonly audience?: string | undefined
}

export const tokenService = (core: Core) => {
  const { callers, config, facts, keys, revocations, tokens } = core

  /** Exactly `Bearer <token>`: no other scheme, no list (CVE-2026-47673). @see RFC 6750 section 2.1 */
  const fromHeader = async (context: Context): Promise<Credential | undefined> => {
    const [, text] = /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(context.headers.get('authorization') ?? '') ?? []
    const token = text === undefined ? undefined : tokens.read(text)
    if (token === undefined) return undefined
    const { sub, sid, aud, auth_time } = token
    const credential: Credential = {
      via: 'token',
      userId: sub,
      sessionId: sid,
      managesAccount: aud === config.issuer,
      secretHash: async () => null,
      authTime: auth_time,
      slides: false,
    }
    // The keys may come along with the proof only where nothing acts before the signature is checked.
    if (context.isSafe && !keys.isWarm(context)) {
      keys.prefetch(context)
      return { ...credential, confirm: async () => (await token.verify(context)) !== undefined }
    }
    return (await token.verify(context)) ? credential : undefined
  }
  callers.add(fromHeader)

  const audienceOf = (asked: string | undefined): string => {
    const audience = tokens.audience(asked)
    if (audience !== undefined) return audience
    throw new Problem(invalidRequest, { fields: { audience: 'This audience is not one of AUTH_AUDIENCE.' } })
  }

  const pair = async (context: Context, standing: Standing, audience: string): Promise<TokenPair> => {
    const { token, expiresIn } = await tokens.mint(context, standing, audience)
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn }
  }

  const exchange = async (context: Context, audience: string): Promise<TokenPair> => {
    const caller = await callers.demand(context)
    keys.prefetch(context)
    await context.batch([])
    // Else a token stolen once would beget others for as long as its session lives.
    if (caller.via === 'token') throw new Problem(forbidden)
    return pair(context, caller.standing, audience)
  }

  /** @throws Problem `invalid_token` (401), also for a token that came back: then its session has ended */
  const refresh = async (context: Context, token: string, audience: string): Promise<TokenPair> => {
    if (!tokens.isRefreshToken(token)) throw new Problem(invalidToken)
    const [successors, hash] = await Promise.all([tokens.successors(token), sha256(token)])
    const now = context.now
    const by = { hash, now, attempt: context.requestId, successor: successors[0]?.hash ?? '' }
    const { grace, idle, idleShort } = config
    keys.prefetch(context)
    const [, , [stolen], [settled]] = await context.batch([
      tokenStore.use(by),
      tokenStore.succeed({ ...by, idle, idleShort }),
      tokenStore.endReused({ ...by, grace, reason: 'refresh_reuse' }),
      tokenStore.settle({ hash, now, idle, idleShort }),
    ])
    if (stolen) {
      facts.tell(context, { type: 'token.reuse_detected', ...stolen })
      revocations.ended(context, [stolen], 'refresh_reuse')
    }
    const successor = successors.find((candidate) => candidate.hash === settled?.successorHash)
    if (settled === undefined || successor === undefined) throw new Problem(invalidToken)
    const { standing } = settled
    facts.tell(context, { type: 'token.refreshed', userId: standing.user.id, sessionId: standing.session.id })
    return { ...(await pair(context, standing, audience)), refresh_token: successor.token }
  }

  return {
    /**
     * An access token for the session that is shown, or for a refresh token, which a successor replaces. One trip.
     * @throws Problem `unauthenticated`, `invalid_token` (401), `forbidden` (403), `invalid_request` (422)
     */
    issue(context: Context, { refresh_token, audience }: TokenRequest): Promise<TokenPair> {
      const to = audienceOf(audience)
      return refresh_token === undefined ? exchange(context, to) : refresh(context, refresh_token, to)
    },

    /**
     * Ends the session of an access token or a refresh token; whatever else is given is as good as revoked.
     * @see https://www.rfc-editor.org/rfc/rfc7009
     */
    async revoke(context: Context, token: string): Promise<void> {
      const end = await ending(context, token)
      if (end === undefined) return
      const [rows] = await context.batch([end])
      revocations.ended(context, rows, 'revoked')
    },

    jwks: (context: Context) => keys.jwks(context),
  }

  async function ending(context: Context, token: string) {
    const by = { now: context.now, reason: 'revoked' }
    if (tokens.isRefreshToken(token)) return tokenStore.endByRefreshToken({ ...by, hash: await sha256(token) })
    const claims = await tokens.read(token)?.verify(context)
    return claims && tokenStore.endById({ ...by, id: claims.sid })
  }
}
