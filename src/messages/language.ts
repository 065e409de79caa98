import type { MessageKind, Messages } from './message.ts'

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
  | 'other'

/** A page that a link opens. */
export interface PageCopy {
  readonly title: string
  readonly body: string
  readonly button: string
  readonly done: { readonly title: string; readonly body: string }
}

/** The pages that links open, by what their button does. */
export interface Pages {
  readonly verify: PageCopy
  readonly disown: PageCopy
  readonly reset: PageCopy & {
    /** Of the field for the new password. */
    readonly label: string
    /** `{min}` is a number of characters. */
    readonly hint: string
  }
  readonly confirmChange: PageCopy
  readonly undoChange: PageCopy
  readonly signIn: PageCopy
}

/** What a page says where it cannot do what its button promised. */
export interface PageFailures {
  /** The address bar holds no token: the link was cut off. */
  readonly incomplete: string
  readonly usedOrExpired: string
  readonly tooManyAttempts: string
  readonly unavailable: string
  readonly weakPassword: string
  /** Somebody else proved the new address first. */
  readonly addressTaken: string
  readonly suspended: string
  /** The sign-in asks for something that this page does not: a second factor. */
  readonly moreNeeded: string
  readonly unexpected: string
  readonly scriptNeeded: string
}

/** Everything that a language has to say. A further language is one file that satisfies this, and a line in `languages`. */
export interface Language {
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
  }
  readonly erasable: Readonly<Record<Erasable, string>>
  readonly messages: { readonly [K in MessageKind]: CopyOf<Messages[K]> }
  readonly pages: Pages
  readonly pageFailures: PageFailures
  /** While the page waits for an answer. */
  readonly pageBusy: string
  readonly pageLabels: {
    /** Beside the field of a password. */
    readonly show: string
    readonly hide: string
    /** Leads from the page to the app. `{product}` */
    readonly goOn: string
  }
}
