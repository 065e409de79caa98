/** What happened, for the summary. */
export interface Tally {
  sequences: number
  /** Commands by kind, answers by status, faults by what they were. */
  readonly commands: Record<string, number>
  readonly answers: Record<string, number>
  readonly faults: Record<string, number>
  groups: number
  audits: number
}

export const newTally = (): Tally => ({ sequences: 0, commands: {}, answers: {}, faults: {}, groups: 0, audits: 0 })

export const add = (counts: Record<string, number>, name: string | number, by = 1): void => {
  counts[name] = (counts[name] ?? 0) + by
}
