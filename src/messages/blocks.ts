/** A text with values in it: what is ours is a string, what came from outside stands in `value` and may run the other way. */
export type Phrase = readonly (string | { readonly value: string })[]

/** What a message consists of. HTML and plain text are two prints of the same blocks. */
export type Block =
  | { readonly type: 'paragraph'; readonly text: Phrase }
  | { readonly type: 'button'; readonly label: string; readonly url: string }
  | { readonly type: 'link'; readonly label: string; readonly url: string }
  | { readonly type: 'code'; readonly code: string }
  | {
      readonly type: 'list'
      readonly title: string | undefined
      readonly rows: readonly (readonly [label: string, value: string])[]
    }

/** Puts the values where `text` names them: `{product}`. What a value holds is not read again. */
export const fill = (text: string, values: Readonly<Record<string, string>>): Phrase =>
  text
    .split(/(\{[a-zA-Z]+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const value = piece.startsWith('{') ? values[piece.slice(1, -1)] : undefined
      return value === undefined ? piece : { value }
    })
