import type { Brand } from '../base/mail-settings.ts'
import { type Block, fill, type Phrase } from './blocks.ts'
import { printHtml } from './html.ts'
import type { CodeCopy, Copy, Language, LinkCopy } from './language.ts'
import { type LanguageTag, languages } from './languages.ts'
import type { Asked, MessageKind, Messages, SecondFactor } from './message.ts'
import { printText } from './plain-text.ts'
import { countryName, deviceName, duration, givenName, moment, networkAddress, oneLine } from './values.ts'

/** A message as a mailer takes it. */
export interface Rendered {
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** BCP 47. */
  readonly language: LanguageTag
}

/** Writes a message in a language and in the operator's name. HTML and text say the same. */
export const render = <K extends MessageKind>(
  kind: K,
  data: Messages[K],
  { language: tag, brand: given }: { readonly language: LanguageTag; readonly brand: Brand },
): Rendered => {
  const language: Language = languages[tag]
  const copies: Readonly<Record<MessageKind, AnyCopy>> = language.messages
  const copy = copies[kind]
  const brand = { ...given, name: oneLine(given.name) }
  const say = (text: string) => fill(text, valuesOf(tag, data, brand))
  const heading = say(copy.heading)
  const blocks = [
    ...copy.body.map((text) => paragraph(say(text))),
    ...linkOf(copy, data, say),
    ...codeOf(copy, data, say),
    ...lists(tag, language, data),
    paragraph(say(copy.notYou)),
    ...disownOf(copy, data),
  ]
  const subject = say(copy.subject)
    .map((piece) => (typeof piece === 'string' ? piece : piece.value))
    .join('')
  const preview = previewOf(data, blocks)
  return {
    subject,
    text: printText({ language, heading, blocks, sender: brand.name }),
    html: printHtml({ tag, language, brand, subject, preview, heading, blocks }),
    language: tag,
  }
}

interface AnyCopy extends Copy {
  readonly link?: LinkCopy
  readonly code?: CodeCopy
  readonly notMe?: string
}

/** The data of any message: which of these it has is up to its kind. */
interface AnyData {
  readonly asked: Asked
  readonly link?: string | null
  readonly code?: string
  readonly life?: number
  readonly notMe?: string
  readonly erasesAt?: number
  readonly erased?: Readonly<Record<string, number>>
  readonly factor?: SecondFactor
  readonly name?: string | null
  readonly left?: number
}

type Say = (text: string) => Phrase

const valuesOf = (tag: LanguageTag, { life, erasesAt }: AnyData, brand: Brand) => ({
  product: brand.name,
  ...(life === undefined ? {} : { life: duration(tag, life) }),
  ...(erasesAt === undefined ? {} : { erasesAt: moment(tag, erasesAt) }),
})

const paragraph = (text: Phrase): Block => ({ type: 'paragraph', text })

const linkOf = ({ link: copy }: AnyCopy, { link: url }: AnyData, say: Say): Block[] =>
  copy && url
    ? [paragraph(say(copy.lead)), { type: 'button', label: copy.button, url }, paragraph(say(copy.expiry))]
    : []

const codeOf = ({ code: copy }: AnyCopy, { code }: AnyData, say: Say): Block[] =>
  copy && code ? [{ type: 'code', code }, paragraph(say(copy.expiry))] : []

const disownOf = ({ notMe: label }: AnyCopy, { notMe: url }: AnyData): Block[] =>
  label && url ? [{ type: 'link', label, url }] : []

const lists = (tag: LanguageTag, language: Language, data: AnyData): Block[] => {
  const list = (title: string | undefined, rows: [string, string][]): Block[] =>
    rows.length === 0 ? [] : [{ type: 'list', title, rows }]
  return [
    ...list(language.labels.erased, erasedRows(language, data.erased ?? {})),
    ...list(undefined, [...factorRows(language, data), ...askedRows(tag, language, data.asked)]),
  ]
}

const factorRows = ({ labels, factors }: Language, { factor, name = null, left }: AnyData) => {
  const rows: [string, string | null][] = [
    [labels.factor, factor === undefined ? null : factors[factor]],
    [labels.factorName, givenName(name)],
    [labels.codesLeft, left === undefined ? null : String(left)],
  ]
  return known(rows)
}

const askedRows = (tag: LanguageTag, { labels }: Language, asked: Asked) => {
  const device = asked.device === null ? null : (deviceName(asked.device) ?? labels.unknownDevice)
  const [address, country] = [networkAddress(asked.address), countryName(tag, asked.country)]
  const rows: [string, string | null][] = [
    [labels.device, device],
    [labels.time, moment(tag, asked.at)],
    [labels.address, address],
    [labels.country, country],
  ]
  return known(rows)
}

const known = (rows: readonly [string, string | null][]): [string, string][] =>
  rows.flatMap(([label, value]): [string, string][] => (value === null ? [] : [[label, value]]))

/** One row for each thing that a language names, in its order; the others together are its `other`. */
const erasedRows = ({ erasable }: Language, erased: Readonly<Record<string, number>>) => {
  const nameOf = (thing: string) => (Object.hasOwn(erasable, thing) ? thing : 'other')
  return Object.entries(erasable).flatMap(([name, label]): [string, string][] => {
    const counts = Object.entries(erased).map(([thing, count]) => (nameOf(thing) === name ? count : 0))
    const count = counts.reduce((sum, one) => sum + one, 0)
    return count === 0 ? [] : [[label, String(count)]]
  })
}

/** The code, where there is one, and the first line. */
const previewOf = ({ code }: AnyData, blocks: readonly Block[]): Phrase => {
  const first = blocks.find((block) => block.type === 'paragraph')
  return [...(code === undefined ? [] : [{ value: code }, ' · ']), ...(first?.text ?? [])]
}
