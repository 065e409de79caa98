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

/** What the pages say that links open. */
export interface PageWords {
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
