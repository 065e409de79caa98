import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { json, origin } from '../harness.ts'
import {
  type Answer,
  byCookie,
  checkCarried,
  type Deed,
  isSkewed,
  newest,
  request,
  type Scene,
  strictly,
} from './deed.ts'
import { end, expectThat, isAlive, isUnended, type Model, type RefreshToken, type Session, sessionOf } from './model.ts'

const audienceOf = (how: number) => (how % 2 ? { audience: 'account' } : {})

export const exchange = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const cookie = newest(
    wallet.cookies.filter(({ sid }) => sessionOf(before, sid)?.who === pick.who),
    pick,
  )
  if (cookie === undefined) return undefined
  const shown = byCookie(cookie)
  return {
    title: `person ${pick.who} asks for an access token by a cookie of ${cookie.sid}`,
    ask: request('/auth/token', json(audienceOf(pick.how), shown.headers), pick),
    judge(model, answer) {
      const session = strictly(model, answer, shown, false)
      if (session === undefined) return
      expectThat(answer.status === 200 && answer.said.access_token !== undefined, `${answer.status} for a token`)
      expectThat(answer.said.refresh_token === undefined, 'a refresh token for a cookie')
      checkCarried(model, answer, session)
    },
    unseen(model) {
      const session = sessionOf(model, cookie.sid)
      if (session !== undefined) session.maySlide = true
    },
  }
}

interface Place {
  readonly session: Session
  readonly family: RefreshToken[]
  readonly at: number
}

const placeOf = (model: Model, value: string, sid: string): Place | undefined => {
  const session = sessionOf(model, sid)
  const family = model.families[sid]
  const at = family?.findIndex(({ token }) => token === value) ?? -1
  return session && family && at >= 0 ? { session, family, at } : undefined
}

/** What comes of presenting it: its successor, a refusal, or a refusal that ends the session. */
const fate = (model: Model, { session, family, at }: Place): 'successor' | 'refused' | 'theft' => {
  const [token, next] = [family[at], family[at + 1]]
  if (token === undefined || !isUnended(model, session) || model.now >= token.end) return 'refused'
  if (token.usedAt === undefined) return isAlive(model, session) ? 'successor' : 'refused'
  if (model.now >= token.usedAt + model.limits.grace || next?.usedAt !== undefined) return 'theft'
  const isDerivable = next?.by !== undefined && model.ring.includes(next.by)
  return isAlive(model, session) && isDerivable ? 'successor' : 'refused'
}

/** The token is used, and has its one successor. */
const succeed = (model: Model, { session, family, at }: Place, value: string | undefined): void => {
  const token = family[at]
  const next = family[at + 1]
  session.maySlide = true
  if (next !== undefined) {
    expectThat(
      next.token === undefined || value === undefined || next.token === value,
      'another successor: the family forks',
    )
    next.token ??= value
    return
  }
  if (token !== undefined) token.usedAt = model.now
  const limit = Math.min(session.until, model.now + session.idle)
  family.push({ token: value, end: limit, by: model.ring[0], usedAt: undefined })
}

export const refresh = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const held = newest(
    wallet.refresh.filter(({ sid }) => sessionOf(before, sid)?.who === pick.who),
    pick,
  )
  if (held === undefined) return undefined
  const { value, sid } = held
  return {
    title: `person ${pick.who} refreshes with token ${placeOf(before, value, sid)?.at} of ${sid}`,
    ask: request('/auth/token', json({ refresh_token: value, ...audienceOf(pick.how) }), pick),
    judge(model, answer) {
      const place = placeOf(model, value, sid)
      if (place === undefined) throw new Error(`A token of no family: ${sid}.`)
      const { status, said } = answer
      const expected = fate(model, place)
      if (status === 401) {
        expectThat(said.code === 'invalid_token', `401 ${said.code}`)
        expectThat(expected !== 'successor', 'a good refresh token was refused')
        if (expected === 'theft') end(model, place.session)
        return
      }
      expectThat(status === 200 && said.refresh_token !== undefined, `${status} for a refresh`)
      expectThat(expected === 'successor', `a successor, where it was to be ${expected}`)
      expectThat(said.refresh_token !== value, 'its own successor')
      succeed(model, place, said.refresh_token)
      checkCarried(model, answer, place.session)
    },
    unseen(model) {
      const place = placeOf(model, value, sid)
      const expected = place && fate(model, place)
      if (place && expected === 'successor') succeed(model, place, undefined)
      if (place && expected === 'theft') end(model, place.session)
    },
  }
}

export const revoke = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const isTheirs = ({ sid }: { sid: string }) => sessionOf(before, sid)?.who === pick.who
  const refreshTokens = wallet.refresh.filter(isTheirs)
  const accessTokens = wallet.access.filter((one) => isTheirs(one) && !isSkewed(before, one))
  const [access, refreshToken] = [newest(accessTokens, pick), newest(refreshTokens, pick)]
  const token = pick.how % 2 ? refreshToken : access
  if (token === undefined) return undefined
  const { value: text, sid } = token
  const endsAt = (model: Model): number => {
    if (token === access) return access.exp
    const place = placeOf(model, text, sid)
    return place?.family[place.at]?.end ?? 0
  }
  const isGood = (model: Model) => model.now < endsAt(model)
  const act = (model: Model) => {
    if (isGood(model)) end(model, sessionOf(model, sid))
  }
  return {
    title: `person ${pick.who} revokes ${pick.how % 2 ? 'a refresh' : 'an access'} token of ${sid}`,
    ask: request('/auth/token/revoke', json({ token: text }), pick),
    judge(model, { status }) {
      expectThat(status === 200, `${status} for a revocation`)
      act(model)
    },
    unseen: act,
  }
}

/** An API that is not ours: it keeps the public keys for as long as it was told that it may. */
export interface Verifier {
  set: JSONWebKeySet
  at: number
}

const cacheLife = 300

export const verifyTokens = ({ model: before, wallet, pick }: Scene, verifier: Verifier): Deed => {
  const tokens = wallet.access.filter(({ exp }) => exp > before.now).slice(-3)
  const asked = request('/auth/.well-known/jwks.json', {}, pick)
  return {
    title: `an API verifies ${tokens.length} access tokens`,
    async ask(on, waitUntil) {
      const heard = await asked(on, waitUntil)
      if (heard.status !== 200) return heard
      const fresh = heard.said as unknown as JSONWebKeySet
      if (before.now - verifier.at >= cacheLife) Object.assign(verifier, { set: fresh, at: before.now })
      const audience = [origin, `${origin}/auth`]
      const currentDate = new Date(before.now * 1000)
      const results = await Promise.allSettled(
        [verifier.set, fresh].flatMap((set) =>
          tokens.map(({ value }) => jwtVerify(value, createLocalJWKSet(set), { audience, currentDate })),
        ),
      )
      return {
        ...heard,
        said: { failed: results.flatMap((one) => (one.status === 'rejected' ? String(one.reason) : [])) },
      }
    },
    judge(_, { status, said }: Answer) {
      expectThat(status === 200, `${status} for the public keys`)
      expectThat(said.failed?.length === 0, `tokens that do not verify: ${said.failed}`)
    },
  }
}
