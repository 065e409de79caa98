/** Whole seconds since the Unix epoch, UTC. The only source of time in Postern. */
export type Clock = () => number

export const systemClock: Clock = () => Math.floor(Date.now() / 1000)

/** RFC 3339 in UTC, to the second: `2026-11-20T08:44:27Z`. */
export const rfc3339 = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`

/** Milliseconds for measuring durations; in workerd it stands still while the CPU works. */
export const stopwatch = (): (() => number) => {
  const started = performance.now()
  return () => Math.round(performance.now() - started)
}
