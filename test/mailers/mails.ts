import PostalMime, { type Email } from 'postal-mime'
import { inject } from 'vitest'
import type { Mail } from '../../src/base/ports.ts'
import type { HttpAnswer, HttpAsked } from '../worlds/http-answers.ts'
import type { Received, Refusal } from '../worlds/mail.setup.ts'
import type { Misbehaviour } from '../worlds/misbehaving-smtp.ts'

/** What a test waits for a mail server that answers, in milliseconds. */
export const patient = 20_000

/** Everything that a transport may spoil: Arabic, quotes, leading dots, long lines, the case of an address. */
export const newMail = (other: Partial<Mail> = {}): Mail => ({
  id: crypto.randomUUID(),
  from: { address: 'No-Reply@Acme.example', name: 'Acme "the best", Inc.' },
  to: `Ada.B+${crypto.randomUUID()}@Example.COM`,
  subject: 'تأكيد عنوان بريدك الإلكتروني في خدمة أكمي الموثوقة 🔐',
  text: `مرحبا Ada,\n\n.one dot\n..two dots\n.\n\n${'long '.repeat(250)}\nhttps://acme.example/verify#token=a_b-c\ntrailing \n= équals\n`,
  html: `<!doctype html><p dir="rtl">مرحبا</p>\n<p>${'x'.repeat(1500)}</p>\n.\n<a href="https://acme.example/?a=1&amp;b=2">=</a>\n`,
  language: 'ar',
  ...other,
})

export interface Arrived extends Omit<Received, 'raw'> {
  readonly raw: string
  readonly parsed: Email
}

/** What the servers of the run took for this recipient, byte for byte the address. */
export const arrivedFor = async (to: string): Promise<Arrived[]> => {
  const answer = await fetch(`${inject('mail').api}/?${new URLSearchParams({ to })}`)
  const messages: Received[] = await answer.json()
  return Promise.all(
    messages.map(async (one) => {
      const raw = atob(one.raw)
      return { ...one, raw, parsed: await PostalMime.parse(Uint8Array.from(raw, (byte) => byte.charCodeAt(0))) }
    }),
  )
}

/** Has the servers of the run say these to the next attempts at this recipient, in turn, before they take anything. */
export const refuse = async (to: string, ...refusals: readonly Refusal[]): Promise<void> => {
  const url = `${inject('mail').api}/?${new URLSearchParams({ to })}`
  await fetch(url, { method: 'PUT', body: JSON.stringify(refusals) })
}

/** The port of a mail server that misbehaves. */
export const badServer = async (misbehaviour: Misbehaviour): Promise<number> => {
  const answer = await fetch(inject('mail').api, { method: 'POST', body: JSON.stringify(misbehaviour) })
  const { port }: { port: number } = await answer.json()
  return port
}

/** The URL of an HTTP server that answers everything so. */
export const httpServer = async (answering: HttpAnswer): Promise<string> => {
  const answer = await fetch(`${inject('mail').api}/http`, { method: 'POST', body: JSON.stringify(answering) })
  const { url }: { url: string } = await answer.json()
  return url
}

/** What it was asked, in order. */
export const askedOf = async (url: string): Promise<HttpAsked[]> => {
  const answer = await fetch(`${inject('mail').api}/http?${new URLSearchParams({ url })}`)
  return answer.json()
}
