import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Statement } from '../src/base/ports.ts'
import {
  type CodePurpose,
  codeLife,
  endCodes,
  isAtItsAddress,
  isIssued,
  isOpen,
  isReserved,
  issueCode,
  isUsed,
  useCode,
  usedFor,
} from '../src/identity/codes.ts'
import { statement } from '../src/identity/statement.ts'
import { query, type Server } from './harness.ts'
import { owner, resetServer } from './resets.ts'

const always = sql`true`

/** One batch, as the service runs it; the rows of its last statement. */
const run = async (on: Server, statements: readonly Statement[]) =>
  (await on.world.database.run(statements, 5000)).at(-1)

interface Given {
  readonly userId: string | null
  readonly email: string
}

const issue = (on: Server, hash: string, purpose: CodePurpose, { userId, email }: Given) =>
  run(on, issueCode(on.clock.now, { hash, purpose, userId, email, when: always }))

/** Whether a code was used by `by`. */
const use = async (on: Server, hash: string, purpose: CodePurpose, by = 'me') => {
  const rows = await run(on, [useCode({ hash, purpose, by, now: on.clock.now }), usedFor({ hash, by })])
  return rows?.length === 1
}

const holds = async (on: Server, condition: typeof always) =>
  (await run(on, [statement(sql`select 1 where ${condition}`)]))?.length === 1

const hashes = async (on: Server) => (await query(on, 'select hash from codes order by hash')).map(([hash]) => hash)

/** Two accounts, and somebody who has none. */
const people = async () => {
  const on = await resetServer()
  const [ada, bob] = [await owner(on), await owner(on)]
  const given = ({ user }: typeof ada): Given => ({ userId: user.id, email: user.email })
  return { on, ada: given(ada), bob: given(bob), nobody: { userId: null, email: 'Nobody@example.com' } }
}

const purposes = Object.entries(codeLife) as [CodePurpose, number][]

test.each(purposes)('S21 S22: a code for %s is good for %i seconds, once', async (purpose, life) => {
  const { on, ada } = await people()
  await issue(on, 'early', purpose, ada)
  on.clock.pass(life - 1)
  const uses = [await use(on, 'early', purpose), await use(on, 'early', purpose, 'you')]
  on.clock.now -= life - 1
  await issue(on, 'late', purpose, ada)
  on.clock.pass(life)

  const late = await use(on, 'late', purpose)

  expect([...uses, late]).toEqual([true, false, false])
})

test('a repeat of the batch finds its own mark, and nobody else’s', async () => {
  const { on, ada } = await people()
  await issue(on, 'h', 'reset_password', ada)

  const uses = [await use(on, 'h', 'reset_password'), await use(on, 'h', 'reset_password')]

  expect(uses).toEqual([true, true])
  expect([await holds(on, isUsed({ hash: 'h', by: 'me' })), await holds(on, isUsed({ hash: 'h', by: 'you' }))]).toEqual(
    [true, false],
  )
})

test('S43: a code is nothing to another purpose', async () => {
  const { on, ada } = await people()
  for (const [purpose] of purposes) await issue(on, purpose, purpose, ada)

  const crossed: string[] = []
  for (const [hash] of purposes) {
    for (const [purpose] of purposes) if (hash !== purpose && (await use(on, hash, purpose))) crossed.push(hash)
  }

  expect(crossed).toEqual([])
  expect(await query(on, 'select * from codes where used_at is not null')).toEqual([])
})

test('a new code ends the older of its purpose for that account, or for that address where there is none', async () => {
  const { on, ada, bob, nobody } = await people()
  await issue(on, 'ada 1', 'sign_in_link', ada)
  await issue(on, 'ada other', 'reset_password', ada)
  await issue(on, 'bob 1', 'sign_in_link', bob)
  await issue(on, 'nobody 1', 'sign_in_link', nobody)
  await issue(on, 'stranger', 'sign_in_link', { userId: null, email: 'stranger@example.com' })

  await issue(on, 'ada 2', 'sign_in_link', ada)
  await issue(on, 'nobody 2', 'sign_in_link', { ...nobody, email: nobody.email.toLowerCase() })

  expect(await hashes(on)).toEqual(['ada 2', 'ada other', 'bob 1', 'nobody 2', 'stranger'])
})

test('two changes of address can both be undone: only a newer link to the same old address ends one', async () => {
  const { on, ada } = await people()
  await issue(on, 'first', 'undo_email', { ...ada, email: 'first@example.com' })
  await issue(on, 'second', 'undo_email', { ...ada, email: 'second@example.com' })

  await issue(on, 'third', 'undo_email', { ...ada, email: 'Second@example.com' })

  expect(await hashes(on)).toEqual(['first', 'third'])
})

test('where the condition does not hold nothing is issued, and nothing older ends', async () => {
  const { on, ada } = await people()
  await issue(on, 'old', 'sign_in_link', ada)

  const given = { purpose: 'sign_in_link', ...ada } as const
  await run(on, issueCode(on.clock.now, { ...given, hash: 'new', when: sql`false` }))
  await run(on, issueCode(on.clock.now, { ...given, hash: 'new', email: sql`null`, when: always }))

  expect(await hashes(on)).toEqual(['old'])
  expect([await holds(on, isIssued('old')), await holds(on, isIssued('new'))]).toEqual([true, false])
})

test('S79: of 20 uses at once exactly one wins', async () => {
  const { on, ada } = await people()
  await issue(on, 'h', 'sign_in_link', ada)

  const uses = await Promise.all(Array.from({ length: 20 }, (_, i) => use(on, 'h', 'sign_in_link', `request ${i}`)))

  expect(uses.filter(Boolean)).toHaveLength(1)
})

test('ending the codes of an account spares its undo links, its used codes and everybody else', async () => {
  const { on, ada, bob } = await people()
  for (const [purpose] of purposes) await issue(on, `ada ${purpose}`, purpose, ada)
  await issue(on, 'bob', 'sign_in_link', bob)
  await use(on, 'ada reset_password', 'reset_password')
  const userId = ada.userId ?? ''

  await run(on, [endCodes(userId, sql`false`)])
  const untouched = (await hashes(on)).length
  await run(on, [endCodes(userId, always)])
  const spared = await hashes(on)
  await run(on, [endCodes(userId, always, true)])

  expect(untouched).toBe(purposes.length + 1)
  expect(spared).toEqual(['ada reset_password', 'ada undo_email', 'bob'])
  expect(await hashes(on)).toEqual(['ada reset_password', 'bob'])
})

test('an address is reserved while an undo link for it is open, and no longer', async () => {
  const { on, ada } = await people()
  const reserved = () => holds(on, isReserved('old@example.com', on.clock.now))
  const states = [await reserved()]
  await issue(on, 'h', 'undo_email', { ...ada, email: 'Old@Example.com' })
  states.push(await reserved())
  on.clock.pass(codeLife.undo_email)
  states.push(await reserved())
  on.clock.now -= codeLife.undo_email
  await use(on, 'h', 'undo_email')
  states.push(await reserved())

  expect(states).toEqual([false, true, false, false])
})

test('a code knows whether its account still has the address that it was sent to', async () => {
  const { on, ada } = await people()
  await issue(on, 'h', 'verify_email', { ...ada, email: ada.email.toUpperCase() })
  const states = [await holds(on, isAtItsAddress('h')), await holds(on, isOpen(open('h', on)))]
  const moved = "update users set email = 'new@example.com', email_canonical = 'new@example.com' where id = ?"
  await query(on, moved, ada.userId)
  states.push(await holds(on, isAtItsAddress('h')), await holds(on, isAtItsAddress('nothing')))

  expect(states).toEqual([true, true, false, false])
})

const open = (hash: string, on: Server) => ({ hash, purpose: 'verify_email', now: on.clock.now }) as const

test('S92: what expired is deleted by the job', async () => {
  const { on, ada } = await people()
  await issue(on, 'h', 'sign_in_code', ada)
  on.clock.pass(codeLife.sign_in_code - 1)
  const early = await on.job()
  on.clock.pass(1)

  const late = await on.job()

  expect([early.deleted.codes, late.deleted.codes]).toEqual([0, 1])
})
