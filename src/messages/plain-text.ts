import type { Block, Phrase } from './blocks.ts'
import type { Language } from './language.ts'

interface Page {
  readonly language: Language
  readonly heading: Phrase
  readonly blocks: readonly Block[]
  readonly sender: string
}

/** Lines as they are: none is wrapped, and a link or a code has one to itself with nothing beside it. */
export const printText = ({ language, heading, blocks, sender }: Page): string => {
  const phrase = printPhrase(language.direction)
  const print = (block: Block): string => {
    switch (block.type) {
      case 'paragraph':
        return phrase(block.text)
      case 'button':
      case 'link':
        return `${block.label}:\n${block.url}`
      case 'code':
        return block.code
      case 'list':
        return [
          ...(block.title === undefined ? [] : [`${block.title}:`]),
          ...block.rows.map(([label, value]) => phrase([`${label}: `, { value }])),
        ].join('\n')
    }
  }
  return `${[phrase(heading), ...blocks.map(print), phrase(['— ', { value: sender }])].join('\n\n')}\n`
}

const printPhrase =
  (direction: Language['direction']) =>
  (phrase: Phrase): string =>
    phrase.map((piece) => (typeof piece === 'string' ? piece : isolated(direction, piece.value))).join('')

/** `value` in U+2068 and U+2069 (first strong isolate), where it may run against the language around it. */
const isolated = (direction: Language['direction'], value: string): string =>
  direction === 'rtl' || rightToLeft.test(value) ? `\u2068${value}\u2069` : value

/** Letters of the scripts that are written from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
