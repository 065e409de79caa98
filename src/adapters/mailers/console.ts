import type { Mailer } from '../../base/ports.ts'
import { printText } from '../log.ts'

/** For development: shows each message where the service was started, and delivers none. */
export const consoleMailer: Mailer = {
  name: 'console',
  async send({ to, subject, text }) {
    printText(['', `To: ${to}`, `Subject: ${subject}`, '', ...text.trim().split('\n'), ''].map(shown).join('\n  '))
    return { status: 'taken' }
  },
}

/** A terminal obeys controls (CWE-150). */
const shown = (line: string): string => line.replace(/\p{Cc}/gu, '\ufffd')
