import { json } from '../harness.ts'
import {
  type Answer,
  byCookie,
  byToken,
  checkCarried,
  type Deed,
  isSkewed,
  newest,
  ownerOf,
  request,
  type Said,
  type Scene,
  type Shown,
  shownBy,
  strictly,
} from './deed.ts'
import {
  end,
  expectThat,
  isAlive,
  isUnended,
  liveOf,
  type Model,
  type Person,
  profileOf,
  type Session,
  sessionOf,
} from './model.ts'
import type { Cookie } from './wallet.ts'

const routes = ['/auth/session', '/auth/me'] as const

/** Whom a read names; undefined for nobody. */
const named = ({ status, said }: Answer): Said['user'] | undefined => {
  if (status === 401) {
    expectThat(said.code === 'unauthenticated', `401 ${said.code}`)
    return undefined
  }
  expectThat(status === 200, `${status} ${said.code} for a read`)
  if (said.id !== undefined) return { id: said.id, username: said.username ?? null, name: said.name ?? null }
  return said.user ?? undefined
}

/** Seconds for which an isolate believes that a session has not ended. */
const deafness = 5

/** Whether this isolate has heard of the end by now, if hints do what they usually do. */
const hasHeard = ({ now }: Model, { toldAt }: Session, { isolate: { listening } }: Answer): boolean =>
  toldAt !== undefined && listening.get === 'good' && now >= toldAt + deafness && now >= listening.since + deafness

const checkProfile = (model: Model, person: Person, user: NonNullable<Said['user']>, since: number): void => {
  const believable = person.profiles.filter(
    (profile, i) => (person.profiles[i + 1]?.since ?? model.now) >= since || profile === profileOf(person),
  )
  const isOne = believable.some(({ username, name }) => username === user.username && name === user.name)
  expectThat(isOne, `a profile that ${person.id} no longer has: ${user.username}, ${user.name}`)
}

export const readByCookie = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const theirs = wallet.cookies.filter(({ sid }) => sessionOf(before, sid)?.who === pick.who)
  const cookie = newest(theirs, pick)
  if (cookie === undefined) return undefined
  const path = routes[pick.how % 2] ?? ''
  const isLeased = ({ now, ring }: Model) => ring.includes(cookie.by) && now < cookie.leaseEnd
  return {
    title: `person ${pick.who} reads ${path} by a cookie of ${cookie.sid}, leased until ${cookie.leaseEnd}`,
    ask: request(path, { headers: byCookie(cookie).headers }, pick),
    judge(model, answer) {
      const session = sessionOf(model, cookie.sid)
      const stands = model.ring.includes(cookie.by) && isAlive(model, session)
      const user = named(answer)
      if (!user) {
        expectThat(!stands, 'nobody ended this session, yet nobody is signed in')
        return
      }
      if (session === undefined) throw new Error(`No session ${cookie.sid}.`)
      expectThat(stands || isLeased(model), 'somebody, by a session that is dead and a lease that is over')
      expectThat(isAlive(model, session) || !hasHeard(model, session, answer), 'somebody, by an end that was told')
      const person = ownerOf(model, session)
      expectThat(user.id === person.id, `user ${user.id} by a cookie of ${person.id}`)
      checkProfile(model, person, user, isLeased(model) ? cookie.issuedAt : model.now)
      checkCarried(model, answer, session)
      renewed(model, { session, cookie, answer })
    },
    unseen: (model) => mayHaveSlid(model, cookie.sid),
  }
}

/** Past its lease a cookie is checked, slides the idle limit and comes back with a new lease; it need not each minute. */
const renewed = (
  model: Model,
  { session, cookie, answer }: { session: Session; cookie: Cookie; answer: Answer },
): void => {
  const isDue = model.now >= Math.max(cookie.leaseEnd, cookie.issuedAt + 60)
  expectThat(!isDue || Boolean(answer.cookie), 'no new lease')
  if (!isDue && !answer.cookie) return
  session.maySlide = true
  session.mustSlide ||= isDue
}

export const readByToken = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const theirs = wallet.access.filter(({ sid }) => sessionOf(before, sid)?.who === pick.who)
  const token = newest(theirs, pick)
  if (token === undefined) return undefined
  const path = routes[pick.how % 2] ?? ''
  const shown = byToken(token)
  return {
    title: `person ${pick.who} reads ${path} by an access token of ${token.sid} until ${token.exp}`,
    ask: request(path, { headers: shown.headers }, pick),
    judge(model, answer) {
      const session = sessionOf(model, token.sid)
      const user = named(answer)
      if (!user) {
        expectThat(
          !(shown.isGenuine(model) && isAlive(model, session)),
          'nobody ended this session, yet nobody is signed in',
        )
        return
      }
      if (session === undefined) throw new Error(`No session ${token.sid}.`)
      expectThat(isAlive(model, session), 'somebody, by a token of a session that is dead')
      expectThat(shown.isGenuine(model) || isSkewed(model, token), 'somebody, by a token that expired')
      const person = ownerOf(model, session)
      expectThat(user.id === person.id, `user ${user.id} by a token of ${person.id}`)
      checkProfile(model, person, user, model.now)
      session.maySlide = true
    },
  }
}

export const list = (scene: Scene): Deed | undefined => {
  const shown = shownBy(scene)
  if (shown === undefined) return undefined
  return {
    title: `person ${scene.pick.who} lists sessions by ${shown.via} of ${shown.sid}`,
    ask: request('/auth/sessions', { headers: shown.headers }, scene.pick),
    judge(model, answer) {
      const session = strictly(model, answer, shown, false)
      if (session === undefined) return
      expectThat(answer.status === 200, `${answer.status} for a list`)
      const listed = answer.said.sessions ?? []
      const ids = new Set(listed.map(({ id }) => id))
      const live = liveOf(model, session.who)
      const known = live.filter(({ id }) => !id.startsWith('ghost'))
      expectThat(
        known.every(({ id }) => ids.has(id)),
        'a live session is not listed',
      )
      expectThat(
        ids.size === live.length && listed.length === live.length,
        `${listed.length} of ${live.length} live sessions listed`,
      )
      expectThat(
        listed.every(({ id, current }) => current === (id === session.id)),
        'another session is the current one',
      )
      const seen = listed.map(({ lastSeenAt }) => lastSeenAt)
      expectThat(
        seen.every((at, i) => i === 0 || at <= (seen[i - 1] ?? '')),
        'not the most recently seen first',
      )
      checkCarried(model, answer, session)
    },
    unseen: (model) => mayHaveSlid(model, shown.sid),
  }
}

const mayHaveSlid = (model: Model, sid: string): void => {
  const session = sessionOf(model, sid)
  if (session !== undefined) session.maySlide = true
}

const endAll = (model: Model, who: number, except?: Session): void => {
  for (const session of model.sessions) if (session.who === who && session !== except) end(model, session)
}

export const logout = (scene: Scene, everywhere: boolean): Deed | undefined => {
  const shown = shownBy(scene)
  if (shown === undefined) return undefined
  const signOut = (model: Model) => {
    const session = sessionOf(model, shown.sid)
    if (session === undefined || !shown.isGenuine(model) || !shown.manages || !isUnended(model, session)) return
    if (everywhere) endAll(model, session.who)
    else end(model, session)
  }
  return {
    title: `person ${scene.pick.who} signs out${everywhere ? ' everywhere' : ''} by ${shown.via} of ${shown.sid}`,
    ask: request('/auth/logout', json({ everywhere }, shown.headers), scene.pick),
    judge(model, { status }) {
      const isGenuine = shown.via === 'cookie' || shown.isGenuine(model)
      if (shown.manages) expectThat(status === (isGenuine ? 204 : 401), `${status} for a sign-out`)
      else expectThat(status === 403 || (status === 401 && !isGenuine), `${status} for a token that must not sign out`)
      signOut(model)
    },
    unseen: signOut,
  }
}

/** What a strict deed did: at once with its answer, or without it where the session still stood. */
const strictDeed = (
  shown: Shown,
  act: (model: Model, session: Session, answer: Answer) => void,
): Pick<Deed, 'judge' | 'unseen'> => ({
  judge(model, answer) {
    const session = strictly(model, answer, shown, true)
    if (session === undefined) return
    checkCarried(model, answer, session)
    act(model, session, answer)
  },
  unseen(model, answer) {
    const session = sessionOf(model, shown.sid)
    if (!shown.isGenuine(model) || !shown.manages || !isAlive(model, session)) return
    session.maySlide = true
    act(model, session, answer)
  },
})

export const endOne = (scene: Scene): Deed | undefined => {
  const { model: before, pick } = scene
  const shown = shownBy(scene)
  const isTheirs = pick.how % 4 > 0
  const known = before.sessions.filter(({ id, who }) => !id.startsWith('ghost') && (who === pick.who) === isTheirs)
  const target = newest(known, pick)?.id
  if (shown === undefined || target === undefined) return undefined
  const deed = strictDeed(shown, (model, { who }, { status }) => {
    const session = sessionOf(model, target)
    const isOwn = session?.who === who
    const isDue = status === 404 ? !isOwn || !isUnended(model, session) : isOwn && status === 204
    expectThat(isDue || status === 503, `${status} for the end of ${isOwn ? 'their own' : 'another’s'} session`)
    if (isOwn) end(model, session)
  })
  /** The repeat of a trip whose reply got lost finds its own session ended, be it by another in the same second. */
  const isRepeated = (model: Model, { status, faulted }: Answer): boolean =>
    status === 204 && faulted && target === shown.sid && sessionOf(model, target)?.endedAt === model.now
  return {
    title: `person ${pick.who} ends ${target} by ${shown.via} of ${shown.sid}`,
    ask: request(`/auth/sessions/${target}`, { method: 'DELETE', headers: shown.headers }, pick),
    ...deed,
    judge(model, answer) {
      if (!isRepeated(model, answer)) deed.judge(model, answer)
    },
  }
}

export const endOthers = (scene: Scene): Deed | undefined => {
  const shown = shownBy(scene)
  if (shown === undefined) return undefined
  return {
    title: `person ${scene.pick.who} ends all others by ${shown.via} of ${shown.sid}`,
    ask: request('/auth/sessions', { method: 'DELETE', headers: shown.headers }, scene.pick),
    ...strictDeed(shown, (model, session) => endAll(model, session.who, session)),
  }
}

export const changeProfile = (scene: Scene): Deed | undefined => {
  const { how, who } = scene.pick
  const shown = shownBy(scene)
  if (shown === undefined) return undefined
  const change = how % 4 === 0 ? { name: `Name ${how}` } : { username: `name${(how >> 2) % 3}` }
  return {
    title: `person ${who} becomes ${JSON.stringify(change)} by ${shown.via} of ${shown.sid}`,
    ask: request('/auth/me', { ...json(change, shown.headers), method: 'PATCH' }, scene.pick),
    ...strictDeed(shown, (model, session, { status, said }) => {
      const person = ownerOf(model, session)
      const rival = model.people.find((one) => one !== person && profileOf(one).username === change.username)
      if (change.username !== undefined && rival !== undefined) {
        expectThat(
          status === 503 || (status === 409 && said.code === 'username_taken'),
          `${status} for a username that is taken`,
        )
        return
      }
      expectThat(status === 503 || (status === 200 && said.id === person.id), `${status} ${said.id} for a change`)
      person.profiles.push({ ...profileOf(person), ...change, since: model.now })
      if (status === 200)
        checkProfile(model, person, { id: '', username: said.username ?? null, name: said.name ?? null }, model.now + 1)
    }),
  }
}
