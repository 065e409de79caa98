import { json } from '../harness.ts'
import { blur, count, type Guess, refund } from './counters.ts'
import {
  type Answer,
  addressOf,
  byCookie,
  checkCarried,
  type Deed,
  emailOf,
  newest,
  request,
  type Scene,
  shownBy,
  strictly,
} from './deed.ts'
import { begin, end, expectThat, isUnended, type Model, type Person, personOf, profileOf, sessionOf } from './model.ts'
import type { Pick } from './steps.ts'

const passwords = [
  'correct horse battery staple',
  'another good long password',
  'a third and final passphrase',
] as const

/** Every fourth is wrong. */
const isWrong = ({ how }: Pick): boolean => (how >> 1) % 4 === 3

const mannerOf = ({ how }: Pick) => ({ transport: how % 2 ? 'token' : 'cookie', remember: how < 48 }) as const

type Manner = ReturnType<typeof mannerOf>

const passwordFor = (person: Person | undefined, pick: Pick): string => {
  const right = person?.password ?? passwords[0]
  return isWrong(pick) ? (passwords.find((one) => one !== right) ?? '') : right
}

/** Somebody is signed in: a session begins, as the answer says. */
const started = (model: Model, person: Person, { answer, manner }: { answer: Answer; manner: Manner }): string => {
  const { said, cookie, evicted } = answer
  const isToken = manner.transport === 'token'
  expectThat(isToken === (said.tokens?.refresh_token !== undefined), 'tokens or a cookie, as asked')
  expectThat(isToken !== Boolean(cookie), 'tokens or a cookie, and not both')
  const of = { who: person.who, remember: manner.remember, byToken: isToken, evicted }
  const session = begin(model, { ...of, id: said.session?.id ?? '', refreshToken: said.tokens?.refresh_token })
  checkCarried(model, answer, session)
  return session.id
}

const startedUnseen = (
  model: Model,
  { who }: Person,
  { answer, manner }: { answer: Answer; manner: Manner },
): string => {
  const of = { who, remember: manner.remember, byToken: manner.transport === 'token', evicted: answer.evicted }
  return begin(model, { ...of, id: undefined, refreshToken: undefined }).id
}

/** How long a registration may be repeated. */
const young = 120

export const register = ({ model: before, pick }: Scene): Deed => {
  const { who } = pick
  const manner = mannerOf(pick)
  const password = passwordFor(personOf(before, who), { ...pick, how: personOf(before, who) ? pick.how : 0 })
  const email = emailOf(who)
  const guess = ({ faulted, rivals }: Answer): Guess => ({
    identifier: email,
    address: addressOf(pick),
    faulted,
    rivals,
  })
  const enter = (model: Model): Person => {
    const profile = { since: model.now, username: null, name: null }
    const person = { who, email, id: undefined, password, createdAt: model.now, suspended: false, profiles: [profile] }
    model.people.push(person)
    return person
  }
  const isYoung = (model: Model, { createdAt }: Person) => model.now - createdAt < young
  return {
    title: `person ${who} registers for ${manner.transport}${manner.remember ? '' : ', not remembered'}`,
    guessesAt: email,
    ask: request('/auth/register', json({ email, password, ...manner }), pick),
    judge(model, answer) {
      const { status, said } = answer
      const person = personOf(model, who)
      if (person === undefined) {
        expectThat(status === 201, `${status} ${said.code} for a new address`)
        started(model, enter(model), { answer, manner })
        return
      }
      if (isYoung(model, person) && !count(model, guess(answer), status)) return
      if (!isYoung(model, person) || person.password !== password) {
        expectThat(status === 409 && said.code === 'email_taken', `${status} ${said.code} for an address that is taken`)
        return
      }
      if (person.suspended) {
        expectThat(status === 403 && said.code === 'account_suspended', `${status} ${said.code} while suspended`)
        return
      }
      expectThat(status === 201, `${status} ${said.code} for a repeated registration`)
      refund(model, guess(answer))
      started(model, person, { answer, manner })
    },
    blur(model, answer) {
      const person = personOf(model, who)
      if (person !== undefined && isYoung(model, person)) blur(model, guess(answer))
    },
    unseen(model, answer) {
      const person = personOf(model, who)
      const isRepeat = person && isYoung(model, person) && person.password === password && !person.suspended
      if (person === undefined || isRepeat) startedUnseen(model, person ?? enter(model), { answer, manner })
    },
  }
}

export const login = ({ model: before, wallet, pick }: Scene): Deed | undefined => {
  const { who, how } = pick
  const manner = mannerOf(pick)
  const someone = personOf(before, who)
  const username = someone && how % 16 === 9 ? profileOf(someone).username : null
  const named = username === null ? { email: emailOf(who) } : { username }
  const identifier = username ?? emailOf(who)
  const password = passwordFor(someone, pick)
  const shown = how % 16 === 4 ? newest(wallet.cookies, pick) : undefined
  const headers = shown ? byCookie(shown).headers : {}
  const guess = ({ faulted, rivals }: Answer): Guess => ({ identifier, address: addressOf(pick), faulted, rivals })
  const found = (model: Model): Person | undefined =>
    username === null ? personOf(model, who) : model.people.find((one) => profileOf(one).username === username)
  /** The session whose cookie is shown ends: the new one takes its place. */
  const replace = (model: Model) => {
    if (shown && model.ring.includes(shown.by)) end(model, sessionOf(model, shown.sid))
  }
  return {
    title: `person ${who} signs in as ${identifier} from ${addressOf(pick)} for ${manner.transport}${isWrong(pick) ? ' with a wrong password' : ''}${
      shown ? `, showing a cookie of ${shown.sid}` : ''
    }${manner.remember ? '' : ', not remembered'}`,
    guessesAt: identifier,
    ask: request('/auth/login', json({ ...named, password, ...manner }, headers), pick),
    judge(model, answer) {
      const { status, said } = answer
      if (!count(model, guess(answer), status)) return
      const person = found(model)
      if (person?.password !== password) {
        expectThat(status === 401 && said.code === 'wrong_credentials', `${status} ${said.code} for a wrong password`)
        return
      }
      if (person.suspended) {
        expectThat(status === 403 && said.code === 'account_suspended', `${status} ${said.code} while suspended`)
        return
      }
      expectThat(status === 200, `${status} ${said.code} for the right password`)
      refund(model, guess(answer))
      replace(model)
      started(model, person, { answer, manner })
    },
    blur: (model, answer) => blur(model, guess(answer)),
    unseen(model, answer) {
      const person = found(model)
      if (person === undefined || person.password !== password || person.suspended) return
      replace(model)
      startedUnseen(model, person, { answer, manner })
    },
  }
}

export const changePassword = (scene: Scene): Deed | undefined => {
  const { model: before, pick } = scene
  const shown = shownBy(scene)
  const someone = personOf(before, pick.who)
  if (shown === undefined || someone?.id === undefined) return undefined
  const { who, id } = someone
  const currentPassword = passwordFor(someone, pick)
  const newPassword = passwords[(passwords.indexOf(currentPassword as (typeof passwords)[0]) + 1) % 3] ?? ''
  const transport = pick.how >= 32 ? 'token' : 'cookie'
  const guess = ({ faulted, rivals }: Answer): Guess => ({ identifier: id, address: addressOf(pick), faulted, rivals })
  const remembers = (model: Model) => sessionOf(model, shown.sid)?.idle === model.limits.idle
  const change = (model: Model, begins: (manner: Manner, person: Person) => string) => {
    const person = personOf(model, who)
    if (person === undefined) return
    person.password = newPassword
    const others = model.sessions.filter((session) => session.who === who && isUnended(model, session))
    const remember = remembers(model)
    for (const other of others) end(model, other)
    begins({ transport, remember }, person)
  }
  return {
    title: `person ${who} changes the password by ${shown.via} of ${shown.sid}${isWrong(pick) ? ', the current one being wrong' : ''}`,
    guessesAt: id,
    ask: request('/auth/password/change', json({ currentPassword, newPassword, transport }, shown.headers), pick),
    judge(model, answer) {
      const session = strictly(model, answer, shown, true)
      // It may have ended between the two trips, of which the first counted.
      if (session === undefined && !answer.alone) blur(model, guess(answer))
      if (session === undefined) return
      if (!count(model, guess(answer), answer.status)) return
      const { status, said } = answer
      if (personOf(model, who)?.password !== currentPassword) {
        expectThat(status === 403 && said.code === 'wrong_credentials', `${status} ${said.code} for a wrong password`)
        return
      }
      expectThat(status === 200, `${status} ${said.code} for the right password`)
      refund(model, guess(answer))
      change(model, (manner, person) => started(model, person, { answer, manner }))
    },
    blur(model, answer) {
      blur(model, guess(answer))
      const session = sessionOf(model, shown.sid)
      if (session !== undefined) session.maySlide = true
    },
    unseen(model, answer) {
      const session = sessionOf(model, shown.sid)
      const stands = session !== undefined && shown.isGenuine(model) && shown.manages && isUnended(model, session)
      const person = personOf(model, who)
      if (!stands || person?.password !== currentPassword || person.suspended) return
      change(model, (manner, whose) => startedUnseen(model, whose, { answer, manner }))
    },
  }
}
