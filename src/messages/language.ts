import type { MessageKind, Messages, SecondFactor } from './message.ts'
import type { PageWords } from './page-words.ts'

/** `{product}` and `{life}` (how long it is good) stand for values in any text; `{erasesAt}` where there is such a time. */
export interface Copy {
  /** One line, at best under 60 characters. No code: lock screens show it. */
  readonly subject: string
  readonly heading: string
  readonly body: readonly string[]
  /** What to do if it was not you; last, under the lines of who asked. */
  readonly notYou: string
}

/** A button, and under it the same link in full. */
export interface LinkCopy {
  /** Above the button. */
  readonly lead: string
  readonly button: string
  /** Under the link: how long it is good, and how often. */
  readonly expiry: string
}

export interface CodeCopy {
  readonly expiry: string
}

/** The texts of one message: what its data holds decides which it needs. */
type CopyOf<Data> = Copy &
  (Data extends { readonly link: string | null } ? { readonly link: LinkCopy } : unknown) &
  (Data extends { readonly code: string } ? { readonly code: CodeCopy } : unknown) &
  (Data extends { readonly notMe: string } ? { readonly notMe: string } : unknown)

/** What an erased account consisted of, by the tables of the database. `other` is whatever has no name here. */
export type Erasable =
  | 'users'
  | 'sessions'
  | 'passwords'
  | 'devices'
  | 'codes'
  | 'outbox'
  | 'refresh_tokens'
  | 'challenges'
  | 'totp_secrets'
  | 'passkeys'
  | 'recovery_codes'
  | 'other'

/**
 * Everything that a language has to say. A further language is a file that satisfies this, another with the words of
 * pages, and a line in `languages`.
 */
export interface Language extends PageWords {
  readonly direction: 'ltr' | 'rtl'
  /** Above the link in full, and before what is told of a request. */
  readonly labels: {
    readonly link: string
    readonly time: string
    readonly device: string
    readonly address: string
    readonly country: string
    readonly unknownDevice: string
    readonly erased: string
    /** Before a sign-in method, and before what its owner calls it. */
    readonly factor: string
    readonly factorName: string
    readonly codesLeft: string
  }
  readonly factors: Readonly<Record<SecondFactor, string>>
  readonly erasable: Readonly<Record<Erasable, string>>
  readonly messages: { readonly [K in MessageKind]: CopyOf<Messages[K]> }
}
