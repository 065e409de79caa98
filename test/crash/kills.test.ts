import { expect, test } from 'vitest'
import { type Dice, newDice } from '../../bench/dice.ts'
import { times } from '../soak.ts'
import { violationsIn } from './invariants.ts'
import { lostPasswords, lostRows, lostSessions } from './ledger.ts'
import { type Site, siteOverFile, siteOverServer } from './sites.ts'
import { newTraffic } from './traffic.ts'
import { type Account, write } from './writers.ts'

const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31))

interface Victim {
  readonly title: string
  readonly site: Site
  readonly dies: Site['service']
}

interface Kill {
  readonly victim: string
  readonly accounts: readonly Account[]
  readonly milliseconds: number
  /** Requests that got no answer. */
  readonly unanswered: number
  readonly lost: readonly string[]
}

/** Writers write until so many answers came; then something dies, comes back, and whatever got lost is asked for again. */
const killAmongWriters = async ({ title, site, dies }: Victim, dice: Dice): Promise<Kill> => {
  const traffic = newTraffic(site.send)
  const accounts: Account[] = []
  let isOver = false
  const enough = traffic.answers(10 + dice.below(50))
  const writers = Array.from({ length: 4 + dice.below(13) }, () =>
    write(accounts, traffic.ask, dice.fork(), () => isOver),
  )
  await Promise.race([enough, Promise.all(writers)])

  traffic.hold()
  isOver = true
  await dies.kill()
  const began = performance.now()
  await dies.restart()
  await site.untilReady()
  const milliseconds = performance.now() - began

  await traffic.settled()
  const lost = await lostRows(site.database, accounts)
  traffic.release()
  await Promise.all(writers)
  const { unanswered } = traffic
  lost.push(...(await lostSessions(traffic.ask, accounts)), ...(await lostPasswords(traffic.ask, accounts)))
  lost.push(...(await violationsIn(site.database)))
  return { victim: title, accounts, milliseconds, unanswered, lost }
}

const summary = (kills: readonly Kill[]) => {
  const groups = new Map<string, readonly Kill[]>([...Map.groupBy(kills, ({ victim }) => victim), ['all', kills]])
  return Object.fromEntries(
    [...groups].map(([victim, of]) => {
      const sorted = of.map(({ milliseconds }) => Math.round(milliseconds)).sort((a, b) => a - b)
      const accounts = of.flatMap((kill) => kill.accounts)
      const figures = {
        kills: of.length,
        'ready min ms': sorted[0],
        'median ms': sorted[sorted.length >> 1],
        'max ms': sorted.at(-1),
        accounts: accounts.length,
        acknowledged: accounts.reduce((sum, account) => sum + account.acknowledged, 0),
        unanswered: of.reduce((sum, kill) => sum + kill.unanswered, 0),
        lost: of.reduce((sum, kill) => sum + kill.lost.length, 0),
      }
      return [victim, figures]
    }),
  )
}

test(`S77, S80: nothing acknowledged is lost, and nothing is half done, whatever is killed under writers (CRASH_SEED=${seed})`, async () => {
  const dice = newDice(seed)
  const [onFile, onServer] = await Promise.all([siteOverFile(), siteOverServer()])
  const victims: readonly Victim[] = [
    { title: 'service over a file', site: onFile, dies: onFile.service },
    { title: 'service over a server', site: onServer, dies: onServer.service },
    { title: 'database server', site: onServer, dies: onServer.server },
  ]
  const count = times(12, 100)
  const order = dice.shuffle(Array.from({ length: count }, (_, i) => victims[i % victims.length]))
  const kills: Kill[] = []

  for (const victim of order) {
    if (victim) kills.push(await killAmongWriters(victim, dice))
  }
  const kept = await Promise.all(
    [onFile, onServer].map((site) => {
      const accounts = kills.filter(({ victim }) => (victim === victims[0]?.title) === (site === onFile))
      return lostSessions(
        newTraffic(site.send).ask,
        accounts.flatMap((kill) => kill.accounts),
      )
    }),
  )

  console.table(summary(kills))
  expect(kills.length).toBe(count)
  expect(kills.reduce((sum, { unanswered }) => sum + unanswered, 0)).toBeGreaterThan(0)
  expect([...kills.flatMap(({ lost }) => lost), ...kept.flat()]).toEqual([])
})
