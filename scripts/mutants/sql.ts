import type { Edit } from './mutations.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** The text of one statement, or of a part of one, as long as its source: what is put in is masked by `?`. */
interface Text {
  readonly text: string
  /** Offset of the text in the source file. */
  readonly at: number
}

/** Every small mistake in a statement: a condition dropped or turned round, a boundary moved, an assignment left out. */
export const sqlEdits = (source: string, { start, end }: Span, expressions: readonly Span[]): Edit[] => {
  const text = masked(source.slice(start + 1, end - 1), start + 1, expressions)
  const given = { text, at: start + 1 }
  return [...otherWords(given), ...droppedConditions(given), ...droppedAssignments(given)]
}

const masked = (text: string, at: number, expressions: readonly Span[]): string =>
  expressions.reduce((rest, { start, end }) => {
    const [from, to] = [start - at - 2, end - at + 1]
    return rest.slice(0, from) + '?'.repeat(to - from) + rest.slice(to)
  }, text)

const words =
  /\s(?:<>|<=|>=|=|<|>|[+-])(?=\s)|\biif\(|\b(?:is null|is not null|not exists|exists|min|max|desc|left join|(?<!select )\d+|or|not(?= \?))\b|on conflict do nothing/g

const others = new Map(
  Object.entries({
    ...{ '<>': '=', '=': '<>', '<': '<=', '<=': '<', '>': '>=', '>=': '>', '+': '-', '-': '+' },
    ...{ 'is null': 'is not null', 'is not null': 'is null', exists: 'not exists', 'not exists': 'exists' },
    ...{ min: 'max', max: 'min', 'iif(': 'iif(not ', desc: '', 'left join': 'join', or: 'and', not: '' },
    'on conflict do nothing': '',
  }),
)

const otherWords = ({ text, at }: Text): Edit[] =>
  [...text.matchAll(words)].flatMap(({ 0: found, index }) => {
    const word = found.trim()
    const start = at + index + found.indexOf(word)
    if (word === '=' && isAssignment(text, index)) return []
    const other = /^\d/.test(word) ? String(Number(word) + 1) : others.get(word)
    return other === undefined ? [] : [{ start, end: start + word.length, text: other }]
  })

/** Between `set` and `where`, outside of parentheses; or in a text that is nothing but assignments. */
const isAssignment = (text: string, index: number): boolean =>
  assignments(text).some(
    ({ start, end }) => index >= start && index < end && depthAt(text.slice(start), index - start) === 0,
  )

const assignments = (text: string): Span[] => {
  const set = /(?<=\bset\s)/.exec(text)?.index
  const start = set ?? (/^\w+ = \?+,/.test(text) || /^\w+ = \w+\(/.test(text) ? 0 : undefined)
  if (start === undefined) return []
  const until = /\b(?:where|returning)\b/.exec(text.slice(start))?.index
  return [{ start, end: until === undefined ? text.length : start + until }]
}

const droppedAssignments = ({ text, at }: Text): Edit[] =>
  assignments(text).flatMap(({ start, end }) => {
    const commas = [...text.slice(start, end).matchAll(/,\s*/g)].filter(
      ({ index }) => depthAt(text.slice(start), index) === 0,
    )
    if (commas.length === 0) return []
    const last = commas.at(-1)?.index ?? 0
    const begins = [0, ...commas.map(({ 0: comma, index }) => index + comma.length)]
    const whole = text.slice(start, end).trimEnd().length
    return begins.map((from, i) => {
      const next = begins[i + 1]
      return next === undefined
        ? { start: at + start + last, end: at + start + whole, text: '' }
        : { start: at + start + from, end: at + start + next, text: '' }
    })
  })

const joints = /\b(?:where|and|or|on(?! conflict)|returning|on conflict|order by|limit|union all|from|select)\b|[()]/g

/** Each condition that `where`, `on`, `and` or `or` puts in, replaced by what would not matter there. */
const droppedConditions = ({ text, at }: Text): Edit[] => {
  const marks = [...text.matchAll(joints)].map(({ 0: mark, index }) => ({ mark, index }))
  const begins = [...marks.filter(({ mark }) => ['where', 'and', 'or', 'on'].includes(mark))]
  const first = begins.find(({ index }) => depthAt(text, index) === 0 && !/\b(?:where|on)\b/.test(text.slice(0, index)))
  const leading = first && ['and', 'or'].includes(first.mark) ? [{ mark: first.mark, index: -first.mark.length }] : []
  return [...leading, ...begins, ...leadingIn(text, marks)].flatMap(({ mark, index }) => {
    const start = index + mark.length
    const end = endOf(text, start, marks)
    const condition = text.slice(start, end)
    const space = /^\s*/.exec(condition)?.[0].length ?? 0
    const length = condition.trim().length
    const isAlternative = mark === 'or' || nextJoint(text, end) === 'or'
    const span = { start: at + start + space, end: at + start + space + length, text: isAlternative ? '0' : '1' }
    return length === 0 ? [] : [span]
  })
}

/** The first of the conditions that stand together in parentheses. */
const leadingIn = (text: string, marks: readonly { mark: string; index: number }[]) =>
  marks.filter(({ mark, index }) => {
    if (mark !== '(') return false
    const inner = text.slice(index + 1)
    const next = marks.find(
      (other) => other.index > index && depthAt(inner, other.index - index - 1) === 0 && other.mark !== '(',
    )
    return next !== undefined && (next.mark === 'and' || next.mark === 'or')
  })

const endOf = (text: string, start: number, marks: readonly { mark: string; index: number }[]): number => {
  const rest = text.slice(start)
  const end = marks.find(
    ({ mark, index }) =>
      index >= start && ((mark === ')' && depthAt(rest, index - start) === 0) || isEnd(mark, rest, index - start)),
  )
  return end?.index ?? text.length
}

const isEnd = (mark: string, rest: string, index: number): boolean =>
  mark !== '(' && mark !== ')' && depthAt(rest, index) === 0

const nextJoint = (text: string, at: number): string => /^\w+/.exec(text.slice(at))?.[0] ?? ''

/** How many parentheses stand open there. */
const depthAt = (text: string, index: number): number => {
  const before = text.slice(0, index)
  return before.split('(').length - before.split(')').length
}
