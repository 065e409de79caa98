import type { Socket } from 'node:net'

export type Stage = 'CONN' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'BODY'

/** What a mail server does wrong at one point of the conversation; up to there it does everything right. */
export interface Misbehaviour {
  readonly at: Stage
  /** Lines to say instead, or to say nothing, to hang up, or to say more than anybody can want. */
  readonly act: { readonly say: string } | 'hang' | 'drop' | 'flood'
}

const usual: Record<Stage, string> = {
  CONN: '220 mail.test ESMTP',
  EHLO: '250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN',
  STARTTLS: '454 4.7.0 No TLS here',
  AUTH: '235 2.7.0 Welcome',
  MAIL: '250 2.1.0 OK',
  RCPT: '250 2.1.5 OK',
  DATA: '354 Go on',
  BODY: '250 2.0.0 Taken',
}

export const misbehave =
  ({ at, act }: Misbehaviour) =>
  (socket: Socket): void => {
    let [rest, isBody] = ['', false]
    const answer = (stage: Stage) => {
      if (stage !== at) return void socket.write(`${usual[stage]}\r\n`)
      if (act === 'drop') return void socket.destroy()
      if (act === 'flood') return flood(socket)
      if (act !== 'hang') socket.write(`${act.say}\r\n`)
      isBody = false
    }
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      // A handshake, which it offers and cannot do.
      if (chunk[0] === 0x16) socket.destroy()
      rest += chunk.toString('latin1')
      for (let end = endOf(rest, isBody); end >= 0; end = endOf(rest, isBody)) {
        const stage = isBody ? 'BODY' : stageOf(rest)
        rest = rest.slice(end)
        isBody = stage === 'DATA'
        if (stage !== undefined) answer(stage)
      }
    })
    answer('CONN')
  }

/** Where the next command, or the body, ends; -1 while it has not. */
const endOf = (text: string, isBody: boolean): number => {
  const mark = isBody ? '\r\n.\r\n' : '\r\n'
  const start = text.indexOf(mark)
  return start < 0 ? -1 : start + mark.length
}

const stageOf = (line: string): Stage | undefined =>
  (['EHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA'] as const).find((stage) =>
    line.replace('HELO', 'EHLO').startsWith(stage),
  )

/** A reply that never ends, as fast as it is read. */
const flood = (socket: Socket): void => {
  const more = () => {
    while (socket.writable && socket.write(`250-${'x'.repeat(1000)}\r\n`));
  }
  socket.on('drain', more)
  more()
}
