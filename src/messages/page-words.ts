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

/** One way to finish a sign-in that was put on hold. */
export interface WayCopy {
  readonly ask: string
  /** On the button that turns to it. */
  readonly choose: string
}

/** The way by a code that is typed. */
export interface TypedWayCopy extends WayCopy {
  /** Of the field. */
  readonly label: string
}

/** What the page of a sign-in says where that asks for more. */
export interface StepCopy {
  readonly title: string
  readonly methods: {
    readonly totp: TypedWayCopy
    readonly passkey: WayCopy
    readonly email: TypedWayCopy
    readonly recovery: TypedWayCopy
  }
  readonly button: string
  readonly trust: string
  /** Where the account has to have a second factor, and has none: the page sets up nothing, and leads to the app. */
  readonly enrol: { readonly title: string; readonly body: string }
}

/** What a page says where it cannot do what its button promised. */
export interface PageFailures {
  /** The address bar holds no token: the link was cut off. */
  readonly incomplete: string
  readonly usedOrExpired: string
  /** The account has a second factor, and nobody is signed in to it here. */
  readonly signInFirst: string
  readonly tooManyAttempts: string
  readonly unavailable: string
  readonly weakPassword: string
  /** Somebody else proved the new address first. */
  readonly addressTaken: string
  readonly suspended: string
  readonly wrongCode: string
  /** Refused by the service, or by whoever was asked for it. */
  readonly wrongPasskey: string
  /** A sign-in on hold was finished, has expired, or has had its tries. */
  readonly stepOver: string
  /** The sign-in asks for something that this page, or this browser, cannot do. */
  readonly moreNeeded: string
  readonly unexpected: string
  readonly scriptNeeded: string
}

/** What the pages say that links open. */
export interface PageWords {
  readonly pages: Pages
  readonly signInStep: StepCopy
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
