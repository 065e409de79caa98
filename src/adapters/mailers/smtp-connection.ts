import { notTaken } from './outgoing.ts'

export type SmtpConnection = ReturnType<typeof smtpConnection>

/** Bytes of one reply, at most. */
const longestReply = 65_536

/**
 * Commands and replies over a socket of Workers.
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.2
 */
export const smtpConnection = (opened: Socket) => {
  let { socket, reader, writer } = streamsOf(opened)
  const decoder = new TextDecoder()
  let received = ''

  /** @throws Problem when the other side hangs up, or says what is no reply */
  const reply = async (): Promise<string> => {
    for (;;) {
      const [whole] = completeReply.exec(received) ?? []
      if (whole !== undefined) {
        received = received.slice(whole.length)
        return whole
      }
      if (received.length > longestReply || noReply.test(received)) throw notTaken('SMTP: no reply of a mail server')
      const { value, done } = await reached(reader.read())
      if (done) throw notTaken('SMTP: connection closed')
      received += decoder.decode(value, { stream: true })
    }
  }

  const ask = async (text: string): Promise<string> => {
    await reached(writer.write(new TextEncoder().encode(`${text}\r\n`)))
    return reply()
  }

  /** @throws Problem with `command`, unless the reply begins with `digit` */
  const expect = async (digit: string, command: string, said: Promise<string> = reply()): Promise<string> => {
    const text = await said
    if (text.startsWith(digit)) return text
    throw notTaken(`SMTP: ${text.slice(0, 3)} to ${command}`)
  }

  return {
    ask,
    expect,
    /** What the server offers: keyword and parameters, in upper case. */
    async hello(): Promise<ReadonlyMap<string, string>> {
      const lines = (await expect('2', 'EHLO', ask('EHLO [127.0.0.1]'))).toUpperCase().split(/\r?\n/)
      return new Map(lines.slice(1).map((line) => [/^[A-Z0-9-]*/.exec(line.slice(4))?.[0] ?? '', line.slice(4)]))
    },
    /** @see https://www.rfc-editor.org/rfc/rfc3207 */
    async startTls(): Promise<void> {
      await expect('2', 'STARTTLS', ask('STARTTLS'))
      // What came behind the reply in clear would pass for what comes under TLS (CVE-2011-0411).
      if (received !== '') throw notTaken('SMTP: more than a reply before TLS')
      reader.releaseLock()
      writer.releaseLock()
      ;({ socket, reader, writer } = streamsOf(socket.startTls()))
    },
    /** Says goodbye and waits for nothing: after STARTTLS `close` may never settle. */
    close(): void {
      void writer.write(new TextEncoder().encode('QUIT\r\n')).catch(() => {})
      void socket.close().catch(() => {})
    },
  }
}

const completeReply = /^(?:[2-5][0-9]{2}-[^\n]*\n)*[2-5][0-9]{2}(?: [^\n]*|\r)?\n/
const noReply = /^(?![2-5][0-9]{2}(?:[- \r\n]|$))[^\n]{3}/m

/** A socket tells its failures by these promises too, and nobody else listens there. */
const streamsOf = (socket: Socket) => {
  void socket.opened.catch(() => {})
  void socket.closed.catch(() => {})
  return { socket, reader: socket.readable.getReader(), writer: socket.writable.getWriter() }
}

const reached = <T>(io: Promise<T>): Promise<T> =>
  io.catch(() => {
    throw notTaken('SMTP: connection failed')
  })
