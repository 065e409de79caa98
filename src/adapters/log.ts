import { rfc3339, systemClock } from '../base/clock.ts'
import type { Log } from '../base/ports.ts'

/** One line of JSON on standard output; JSON escapes what a caller may have put into a value to forge a second one. */
export const consoleLog: Log = (line) => console.log(JSON.stringify({ at: rfc3339(systemClock()), ...line }))

/** For whoever sits at the terminal in development. */
export const printText = (text: string): void => console.log(text)
