import { Email } from 'worker-mailer'
import type { Mail } from '../../base/ports.ts'
import { headersOf, messageIdOf, quoted } from './outgoing.ts'

/** The message as SMTP sends it after DATA: leading dots doubled, the line with one dot that ends it included. */
export const compose = (mail: Mail): string => {
  const { from, to, subject, text, html } = mail
  const headers = {
    From: `${isAscii(from.name) ? quoted(from.name) : encodedWords(from.name)} <${from.address}>`,
    To: to,
    Subject: isAscii(subject) ? subject : encodedWords(subject),
    'Message-ID': messageIdOf(mail),
    ...headersOf(mail),
  }
  return new Email({ from: from.address, to, subject, text, html, headers }).getEmailData()
}

/** In base64 of UTF-8. */
export const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text) && !text.includes('=?')

/**
 * One word a line, each short enough and of whole characters: worker-mailer makes a single word of any length.
 * @see https://www.rfc-editor.org/rfc/rfc2047#section-2
 */
const encodedWords = (text: string): string => {
  const words = ['']
  for (const character of text) {
    const longer = words[words.length - 1] + character
    if (new TextEncoder().encode(longer).length > 39) words.push(character)
    else words[words.length - 1] = longer
  }
  return words.map((word) => `=?UTF-8?B?${base64(word)}?=`).join('\r\n ')
}
