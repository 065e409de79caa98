export interface Progress {
  readonly whole: number
  /** So many of the whole are done, beside those before. */
  advance(done: number): void
}

/** One line that says how far a long task is, how fast it goes and how long it will take: on a terminal the same line. */
export const newProgress = (task: string, whole: number): Progress => {
  const started = performance.now()
  let done = 0
  let said = started
  return {
    whole,
    advance(more) {
      done += more
      const now = performance.now()
      const isOver = done >= whole
      if (!isOver && now - said < (process.stdout.isTTY ? 200 : 5_000)) return
      said = now
      const seconds = (now - started) / 1000
      const rate = done / seconds
      const left = isOver ? `in ${seconds.toFixed(0)} s` : `${((whole - done) / rate).toFixed(0)} s to go`
      const share = `${Math.floor((done / whole) * 100)} %`
      const line = `  ${task}: ${count(done)} of ${count(whole)} (${share}), ${count(rate)} a second, ${left}`
      if (process.stdout.isTTY) process.stdout.write(`\r${line}\x1b[K${isOver ? '\n' : ''}`)
      else console.log(line)
    },
  }
}

export const count = (value: number): string => Math.round(value).toLocaleString('en')
