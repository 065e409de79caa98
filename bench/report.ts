import type { Comparison } from './comparison.ts'
import { type Cost, floors, reference } from './costs.ts'
import type { FirstAnswer } from './first-answer.ts'
import type { Latency } from './latencies.ts'
import type { Overload } from './overload.ts'

export const costReport = (costs: readonly Cost[]): string => {
  const cpuOf = (name: string | undefined) => costs.find((cost) => cost.name === name)?.cpu
  const scale = (cpuOf(floors.text) ?? Number.NaN) / reference
  const rows = costs.map(({ name, rate, cpu, floor, goal }) => {
    const base = cpuOf(floor)
    const ratio = cpu !== undefined && base ? cpu / base : undefined
    return [
      name,
      Math.round(rate).toLocaleString('en'),
      cpu === undefined ? 'not told' : `${cpu.toFixed(0)} us`,
      ratio === undefined ? '' : `${ratio.toFixed(2)} x ${floor}`,
      cpu === undefined || goal === undefined
        ? ''
        : verdict(cpu, Math.round(goal * scale), `us (${goal} where text takes ${reference})`),
    ]
  })
  const line = (cpuOf(floors.log) ?? Number.NaN) - (cpuOf(floors.text) ?? Number.NaN)
  const note = Number.isNaN(line)
    ? ''
    : `\n\n  A line of log costs ${line.toFixed(0)} us: the service writes one a request, and one for a refresh or a logout.`
  return table([['', 'requests/s', 'CPU a request', 'beside its floor', 'goal'], ...rows]) + note
}

export const latencyReport = (latencies: readonly Latency[]): string => {
  const rows = latencies.map(({ name, median, p95, goal }) => [
    name,
    `${median.toFixed(1)} ms`,
    `${p95.toFixed(1)} ms`,
    verdict(median, goal, 'ms'),
  ])
  return table([['', 'median', 'p95', 'goal'], ...rows])
}

export const firstAnswerReport = (answers: readonly FirstAnswer[]): string => {
  const rows = answers.map(({ name, start, above, first, second, goal }) => [
    name,
    ...[start, above, first, second].map((milliseconds) => `${milliseconds.toFixed(1)} ms`),
    verdict(above, goal, 'ms above empty'),
  ])
  return table([['', 'start to answer', 'above empty', 'the request', 'the same again', 'goal'], ...rows])
}

export const comparisonReport = (comparisons: readonly Comparison[]): string => {
  const rows = comparisons.map(({ title, pairs, known, unknown, difference, p }) => [
    title,
    String(pairs),
    `${known.toFixed(2)} ms`,
    `${unknown.toFixed(2)} ms`,
    `${difference.toFixed(2)} ms`,
    p.toFixed(3),
  ])
  return table([['', 'pairs', 'known', 'unknown', 'difference', 'p'], ...rows])
}

export const overloadReport = (overloads: readonly Overload[]): string => {
  const rows = overloads.map(({ service, mix, failures, memory, recovery, ...one }) => [
    `${service}, ${mix}`,
    ...[one.capacity, one.offered, one.accepted, one.refused].map((rate) => Math.round(rate).toLocaleString('en')),
    Object.entries(failures)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ') || 'none',
    `${one.median.toFixed(1)} ms`,
    `${one.p95.toFixed(1)} ms`,
    memory ? [memory.before, memory.peak, memory.after].map(Math.round).join(' / ') : 'not told',
    recovery === undefined ? 'not seen' : `${recovery} s`,
  ])
  const rates = ['capacity/s', 'offered/s', 'accepted/s', 'refused/s', 'failures']
  return table([['', ...rates, 'read, median', 'p95', 'MiB before / peak / after', 'recovery'], ...rows])
}

const verdict = (value: number, goal: number | undefined, unit: string): string =>
  goal === undefined ? '' : `at most ${goal} ${unit}: ${value <= goal ? 'met' : 'not met'}`

/** Columns of figures to the right, of words to the left. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows
  const columns = head.map((_, i) => ({
    width: Math.max(...rows.map((row) => row[i]?.length ?? 0)),
    isFigures: body.every((row) => /^-?([\d,.]+ > )?[\d,.]*( us| ms)?$/.test(row[i] ?? '')),
  }))
  const line = (row: readonly string[]) =>
    columns
      .map(({ width, isFigures }, i) => (isFigures ? (row[i] ?? '').padStart(width) : (row[i] ?? '').padEnd(width)))
      .join('  ')
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n')
}
