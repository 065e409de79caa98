import { randomToken, sha256 } from '../src/base/crypto.ts'
import { type CodePurpose, codeLife } from '../src/identity/codes.ts'
import {
  type Ground,
  inTurn,
  type Pair,
  password,
  post,
  register,
  registerAll,
  somebody,
  strangers,
  type ToCall,
} from './ground.ts'

/** The most that can be set: of two hundred questions a quarter goes to each address. */
const settings = { AUTH_LIMIT_MAIL: '100' }

type Ask = (email: string) => ReturnType<ToCall>

/** A message that is asked for: for accounts of which `change` has changed what is stored, and for nobody. */
const asked = (title: string, ask: Ask, change?: string): Pair => ({
  title,
  status: 202,
  settings,
  // A message to somebody is of their account; where nobody has the address, there is none, and no link for it.
  apart: ['codes', 'outbox'],
  async prepare(ground) {
    const [people, nobodies] = [await registerAll(ground), strangers()]
    for (const { userId } of change ? people : []) await ground.sql(change ?? '', userId)
    return { known: (i) => ask(inTurn(people, i).email), unknown: (i) => ask(inTurn(nobodies, i)) }
  },
})

const forgot: Ask = (email) => post('/auth/password/forgot', { email })
const link: Ask = (email) => post('/auth/email/link', { email })
const code: Ask = (email) => post('/auth/email/code', { email })

const prove = 'update users set email_verified = 1 where id = ?'
const suspend = 'update users set suspended_at = 1 where id = ?'
const forget = 'delete from passwords where user_id = ?'

/** A registration, where the rest of it is told to the mailbox alone. */
const registration = (title: string, change?: string): Pair => ({
  title,
  status: 202,
  settings: { ...settings, AUTH_EMAIL_VERIFICATION: 'required' },
  // Each address that nobody has is asked for once: then it has an account.
  apart: ['codes', 'outbox', 'passwords', 'users', 'throttle', 'log'],
  async prepare({ send, sql }) {
    const people = strangers()
    const ask = (email: string) => post('/auth/register', { email, password })
    for (const email of people) await send(ask(email))
    if (change) await sql(change)
    return { known: (i) => ask(inTurn(people, i)), unknown: () => ask(somebody()) }
  },
})

const emailChange: Pair = {
  title: 'change to an address that is taken, or free',
  status: 202,
  settings,
  apart: ['codes', 'outbox'],
  async prepare(ground) {
    const [people, nobodies] = [await registerAll(ground), strangers()]
    const [some, others] = [await registerAll(ground), await registerAll(ground)]
    const ask = (newEmail: string, { headers }: (typeof some)[number]) =>
      post('/auth/email/change', { newEmail }, headers)
    return {
      known: (i) => ask(inTurn(people, i).email, inTurn(some, i)),
      unknown: (i) => ask(inTurn(nobodies, i), inTurn(others, i)),
    }
  },
}

/** Guesses that one id takes. */
const guesses = 5

/** Wrong codes beside ids that were answered for somebody's address and for nobody's. */
const guessedCode: Pair = {
  title: 'a wrong code, for somebody or nobody',
  status: 401,
  settings,
  apart: ['codes'],
  async prepare(ground) {
    const people = (await registerAll(ground)).map(({ email }) => email)
    const idsFor = async (emails: readonly string[]) => {
      const ids: string[] = []
      while (ids.length < 40) {
        // A new id ends the one before it: each is of another address.
        const email = `${ids.length}.${inTurn(emails, ids.length)}`
        if (emails === people) await ground.send(post('/auth/register', { email, password }))
        ids.push(JSON.parse((await ground.send(code(email))).body).id)
      }
      return ids
    }
    const [known, unknown] = [await idsFor(people), await idsFor(strangers())]
    const guess = (ids: readonly string[]) => (i: number) =>
      post('/auth/email/sign-in', { id: inTurn(ids, Math.floor(i / guesses)), code: 'BCDFGHJK' })
    return { known: guess(known), unknown: guess(unknown) }
  },
}

/** The token of a link that has expired, and one that was never mailed. */
const deadLink = (path: string, purpose: CodePurpose, rest: object = {}): Pair => ({
  title: `${purpose}, expired or never mailed`,
  status: 410,
  async prepare(ground: Ground) {
    const [{ userId, email }, token] = [await register(ground), randomToken()]
    const insert = `insert into codes (hash, purpose, user_id, email, email_canonical, created_at, expires_at)
      values (?, ?, ?, ?, lower(?), 1, ?)`
    await ground.sql(insert, await sha256(token), purpose, userId, email, email, 1 + codeLife[purpose])
    const show = (shown: string) => post(path, { token: shown, ...rest })
    return { known: () => show(token), unknown: () => show(randomToken()) }
  },
})

/** Every route that sends mail, or takes what was mailed. */
export const mailPairs: readonly Pair[] = [
  asked('forgotten password', forgot, prove),
  asked('forgotten password, unverified', forgot),
  asked('forgotten password, suspended', forgot, suspend),
  asked('forgotten password, of who has none', forgot, forget),
  asked('link', link, prove),
  asked('link, unverified', link),
  asked('link, suspended', link, suspend),
  asked('code', code, prove),
  asked('code, unverified', code),
  asked('code, suspended', code, suspend),
  registration('registration, of a verified address', 'update users set email_verified = 1'),
  registration('registration, of an unverified address'),
  registration('registration, of a suspended account', 'update users set suspended_at = 1'),
  emailChange,
  guessedCode,
  deadLink('/auth/password/reset', 'reset_password', { newPassword: 'another good long password' }),
  deadLink('/auth/email/verify', 'verify_email'),
  deadLink('/auth/email/disown', 'disown'),
  deadLink('/auth/email/change/confirm', 'change_email'),
  deadLink('/auth/email/change/undo', 'undo_email'),
  deadLink('/auth/email/sign-in', 'sign_in_link'),
]
