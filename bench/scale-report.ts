import type { Explain } from '../test/plan-flaws.ts'
import { median } from './load.ts'
import { table } from './report.ts'
import type { Sample } from './walk.ts'

/** An operation in one database: what is typical, and the most that any one of its samples read or wrote. */
interface Cost {
  readonly statements: number
  readonly read: number
  readonly written: number
  readonly mostRead: number
  readonly mostWritten: number
  /** Milliseconds: of the database alone, and of the whole. */
  readonly database: number
  readonly whole: number
}

/** In the large database an operation may read and write so many times the rows of the small one. */
const tolerance = 1.5

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const costOf = (samples: readonly Sample[]): Cost => {
  const each = (pick: (ran: Sample['ran'][number]) => number) => samples.map(({ ran }) => sum(ran.map(pick)))
  const [read, written] = [each(({ rowsRead }) => rowsRead), each(({ rowsWritten }) => rowsWritten)]
  return {
    statements: median(samples.map(({ ran }) => ran.length)),
    read: median(read),
    written: median(written),
    mostRead: Math.max(...read),
    mostWritten: Math.max(...written),
    database: median(each(({ time }) => time)),
    whole: median(samples.map(({ time }) => time)),
  }
}

const byName = (samples: readonly Sample[]): Map<string, Cost> =>
  new Map([...Map.groupBy(samples, ({ name }) => name)].map(([name, ofIt]) => [name, costOf(ofIt)]))

/** Each operation in both databases, and the names of those whose rows grew. */
export const compare = (small: readonly Sample[], large: readonly Sample[]): { text: string; grown: string[] } => {
  const [before, after] = [byName(small), byName(large)]
  const grown: string[] = []
  const rows = [...before].flatMap(([name, one]) => {
    const other = after.get(name)
    if (other === undefined) return []
    const reads = other.mostRead > tolerance * one.mostRead
    const writes = other.mostWritten > tolerance * one.mostWritten
    if (reads || writes) grown.push(name)
    return [[name, `${one.statements}`, ...pair(one, other), reads || writes ? 'GREW' : '']]
  })
  const head = ['', 'statements', 'rows read', 'rows written', 'in the database', 'ratio', 'whole', 'ratio', '']
  return { text: table([head, ...rows]), grown }
}

const pair = (one: Cost, other: Cost): string[] => [
  `${one.read} > ${other.read}`,
  `${one.written} > ${other.written}`,
  `${one.database.toFixed(2)} > ${other.database.toFixed(2)} ms`,
  ratio(one.database, other.database),
  `${one.whole.toFixed(1)} > ${other.whole.toFixed(1)} ms`,
  ratio(one.whole, other.whole),
]

const ratio = (one: number, other: number): string => (one > 0 ? (other / one).toFixed(2) : '')

/** By which indexes each operation finds its rows; `isFull` shows the plan of each statement. */
export const planReport = async (samples: readonly Sample[], explain: Explain, isFull: boolean): Promise<string> => {
  const lines: string[][] = [['', 'finds its rows by']]
  const texts = new Set<string>()
  for (const [name, ofIt] of Map.groupBy(samples, (sample) => sample.name)) {
    const own = [...new Set(ofIt.flatMap(({ ran }) => ran.map(({ sql }) => sql)))]
    const steps = await Promise.all(own.map((sql) => explain({ sql, params: [], writes: false })))
    const indexes = new Set(steps.flat().flatMap(indexOf))
    lines.push([name, [...indexes].join(', ') || 'nothing'])
    for (const [at, sql] of own.entries()) texts.add([sql, ...(steps[at] ?? [])].join('\n      '))
  }
  return isFull ? `${table(lines)}\n\n${[...texts].join('\n\n')}` : table(lines)
}

/** `SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)`: users(id). */
const indexOf = (step: string): string[] => {
  const [, index = '', columns = ''] = /^SEARCH .* INDEX (\S+) \((.*?)\)/.exec(step) ?? []
  const [, own] = /^sqlite_autoindex_(\w+)_\d+$/.exec(index) ?? []
  if (index === '') return /^SCAN (signing_keys)$/.exec(step)?.slice(1) ?? []
  return [own === undefined ? index : `${own}(${columns.replaceAll('=?', '').replaceAll(' AND ', ', ')})`]
}
