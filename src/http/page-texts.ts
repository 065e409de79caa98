/** A page that a link of a message opens. */
export type PageKind = 'verify' | 'disown' | 'reset' | 'confirm_change' | 'undo_change' | 'sign_in'

/** What one page says: before its button is pressed, and once that did what it says. */
export interface PageText {
  readonly title: string
  readonly lead: string
  readonly button: string
  readonly done: string
}

/** Why a page could not do what it says: by the `code` of the problem, or by what the page itself found. */
export interface PageRefusals {
  readonly no_token: string
  readonly code_used_or_expired: string
  readonly weak_password: string
  readonly email_taken: string
  readonly account_suspended: string
  readonly too_many_attempts: string
  readonly unavailable: string
  /** Any other. */
  readonly other: string
}

export interface PageTexts {
  readonly pages: Readonly<Record<PageKind, PageText>>
  readonly refusals: PageRefusals
  readonly newPassword: string
  readonly passwordHint: string
  readonly show: string
  readonly hide: string
  readonly working: string
  /** A sign-in that asks for a second proof. */
  readonly challenge: string
  /** Leads to the app. */
  readonly goOn: string
  readonly noScript: string
}

/** @param passwordMin Characters of a password at least */
export const englishPages = (product: string, passwordMin: number): PageTexts => ({
  pages: {
    verify: {
      title: 'Confirm your e-mail address',
      lead: `Press the button to confirm that this address is yours, for your account at ${product}.`,
      button: 'Confirm my address',
      done: 'Your e-mail address is confirmed.',
    },
    disown: {
      title: 'This was not you?',
      lead: `Somebody gave your address for an account at ${product}. Press the button to erase that account.`,
      button: 'Erase that account',
      done: 'The account is erased.',
    },
    reset: {
      title: 'Choose a new password',
      lead: 'You will be signed out everywhere, and can sign in with the new password.',
      button: 'Save the new password',
      done: 'Your new password is saved. You can sign in with it now.',
    },
    confirm_change: {
      title: 'Confirm your new e-mail address',
      lead: `Press the button to use this address for your account at ${product} from now on.`,
      button: 'Use this address',
      done: 'Your e-mail address is changed.',
    },
    undo_change: {
      title: 'Undo the change of address',
      lead: 'Your account gets its former address back, and everybody who signed in since is signed out.',
      button: 'Undo the change',
      done: 'The change is undone. If you did not ask for it, choose a new password now.',
    },
    sign_in: {
      title: `Sign in to ${product}`,
      lead: 'Press the button to sign in on this device.',
      button: 'Sign in',
      done: 'You are signed in.',
    },
  },
  refusals: {
    no_token: 'This link is not complete. Open it from the message again.',
    code_used_or_expired: 'This link was used already, or is too old. Ask for a new one.',
    weak_password: `Choose another password: at least ${passwordMin} characters, not a common one, not your name or address.`,
    email_taken: 'This address belongs to another account by now.',
    account_suspended: 'This account is suspended.',
    too_many_attempts: 'There were too many attempts. Wait a while, then try again.',
    unavailable: 'The service cannot be reached just now. Try again in a moment.',
    other: 'That did not work. Try again, or ask for a new link.',
  },
  newPassword: 'New password',
  passwordHint: `At least ${passwordMin} characters`,
  show: 'Show',
  hide: 'Hide',
  working: 'One moment…',
  challenge: `Your account also asks for a second proof, which this page cannot take. Sign in at ${product} instead.`,
  goOn: `Go to ${product}`,
  noScript: 'This page needs JavaScript. Turn it on, then open the link from the message again.',
})
