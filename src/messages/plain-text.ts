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

/** U+2068 and U+2069 (first strong isolate) around each value that may run against the language. */
const printPhrase = (direction: Language['direction']) => {
  const isolates = (value: string) => direction === 'rtl' || rightToLeft.test(value)
  return (phrase: Phrase): string =>
    phrase
      .map((piece) =>
        typeof piece === 'string' ? piece : isolates(piece.value) ? `\u2068${piece.value}\u2069` : piece.value,
      )
      .join('')
}

/** Letters of the scripts that are written from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
