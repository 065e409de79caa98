import { sql } from 'drizzle-orm'
import { nodePorts } from '../src/adapters/node.ts'
import { readSettings } from '../src/base/config.ts'
import { randomToken, sha256 } from '../src/base/crypto.ts'
import { newId } from '../src/base/ids.ts'
import type { Statement } from '../src/base/ports.ts'
import { insertSession } from '../src/identity/begin-session.ts'
import { newContext } from '../src/identity/context.ts'
import { newCore } from '../src/identity/core.ts'
import type { Standing } from '../src/identity/sessions.ts'
import { type UserRow, usersStore } from '../src/identity/users.ts'
import { browser } from './http.ts'

/** One live session and everything that its user could show for it. */
export interface SignedIn {
  readonly userId: string
  readonly sessionId: string
  /** `name=value` */
  readonly cookie: string
  readonly refreshToken: string
}

export type Settings = Readonly<Record<string, string>>

/**
 * Signs people in without their passwords, by the service's own statements and its own secret, because ten thousand
 * hashes would take longer than all that is measured.
 */
export const newPeople = (settings: Settings) => {
  const { config, problems } = readSettings(settings)
  if (config === undefined) throw new Error(JSON.stringify(problems))
  const ports = { ...nodePorts(config, async () => new Uint8Array()), log: () => {}, mailer: undefined }
  const core = newCore(config, ports)
  const visit = { headers: new Headers(browser), isSafe: false, address: '198.51.100.7', country: 'FR' }
  const visitNow = () => newContext({ ...ports, ...visit, waitUntil: () => {} })

  const makeUser = (): UserRow => {
    const id = newId('usr')
    const email = `${id.toLowerCase()}@example.com`
    const createdAt = visitNow().now
    return { id, email, emailVerified: false, username: null, name: 'Ada Lovelace', locale: null, roles: [], createdAt }
  }

  const begin = async (user: UserRow): Promise<{ signedIn: SignedIn; statements: Statement[] }> => {
    const context = visitNow()
    const [id, secret] = [newId('ses'), randomToken()]
    const row = {
      id,
      userId: user.id,
      secretHash: await sha256(secret),
      methods: ['password'],
      remember: true,
      authenticatedAt: context.now,
    } as const
    const refresh = await core.tokens.firstRefreshToken(context, id)
    const statements = [insertSession(config, context, row, sql`true`), refresh.insert]
    await core.sessionCookie.write(context, secret, standingOf(user, id, context.now, config.idle))
    const [cookie = ''] = context.cookies.get(core.sessionCookie.name)?.split(';') ?? []
    const signedIn = { userId: user.id, sessionId: id, cookie, refreshToken: refresh.token }
    return { signedIn, statements }
  }

  const run = async (statements: readonly Statement[]) => {
    for (let at = 0; at < statements.length; at += 300) await ports.database.run(statements.slice(at, at + 300), 30_000)
  }

  return {
    core,
    context: visitNow,

    /** `sessions` live sessions for each of so many new users. */
    async signIn(users: number, sessions = 1): Promise<SignedIn[]> {
      const signedIn: SignedIn[] = []
      const statements: Statement[] = []
      for (let u = 0; u < users; u++) {
        const user = makeUser()
        const { id, email, name, createdAt: now } = user
        statements.push(
          usersStore.insert({ id, email, emailCanonical: email, username: null, name, locale: null, now }),
        )
        for (let s = 0; s < sessions; s++) {
          const begun = await begin(user)
          statements.push(...begun.statements)
          signedIn.push(begun.signedIn)
        }
      }
      await run(statements)
      return signedIn
    },

    /** An access token of this session. */
    async accessToken({ userId, sessionId }: SignedIn): Promise<string> {
      const context = visitNow()
      const standing = standingOf({ ...makeUser(), id: userId }, sessionId, context.now, config.idle)
      const { token } = await core.tokens.mint(context, standing, config.audiences[0])
      return token
    },
  }
}

export type People = ReturnType<typeof newPeople>

const standingOf = (user: UserRow, id: string, now: number, idle: number): Standing => ({
  user,
  session: {
    id,
    methods: ['password'],
    remember: true,
    createdAt: now,
    authenticatedAt: now,
    lastSeenAt: now,
    expiresAt: now + idle,
    userAgent: browser['user-agent'],
    address: null,
    country: null,
  },
})
