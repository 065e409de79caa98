/** Who asked for something, as a message tells it so that its reader can judge whether it was they. */
export interface Asked {
  /** Unix seconds. */
  readonly at: number
  /** `Firefox on Windows`, in English as user agents are named; null where the reader is not to know. */
  readonly device: string | null
  readonly address: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
}

interface WithAsked {
  readonly asked: Asked
}

/** A link or a code, and for how many seconds it is good when the message leaves. */
interface WithLink extends WithAsked {
  readonly link: string
  readonly life: number
}

interface WithCode extends WithAsked {
  readonly code: string
  readonly life: number
}

/** What an account may ask for beside the usual way in. */
export type SecondFactor = 'totp' | 'passkey'

interface WithFactor extends WithAsked {
  readonly factor: SecondFactor
  /** As its owner calls it; null where it has no name. */
  readonly name: string | null
}

/** Every message that is ever sent, with what its text needs. */
export interface Messages {
  /** Proves the address of a new or unverified account; `notMe` erases that account. */
  verify_email: WithLink & { readonly notMe: string }
  /** To somebody who registers an address that has an account, where registration does not tell. */
  account_exists: WithAsked
  /** To an address without an account for which a new password was asked. */
  no_account: WithAsked
  reset_password: WithLink
  /** To the new address of an account. */
  change_email: WithLink
  /** To an address that somebody wants to give their account, but that has an account. */
  address_taken: WithAsked
  /** To the old address. `link` undoes it; null where the old address was never verified, or lost the account by an undo. */
  email_changed: WithAsked & { readonly link: string | null; readonly life: number }
  sign_in_link: WithLink
  sign_in_code: WithCode
  /** A password was right, and the address is to be proven before it counts. */
  confirm_code: WithCode
  /** The address was proven for the first time, and what was there before from somebody else is gone. */
  account_claimed: WithAsked
  new_device: WithAsked
  password_changed: WithAsked
  token_reused: WithAsked
  factor_added: WithFactor
  factor_removed: WithFactor
  /** `left`: codes of the set that are still good. */
  recovery_code_used: WithAsked & { readonly left: number }
  recovery_codes_made: WithAsked
  /** `erasesAt` in Unix seconds: until then, signing in keeps the account. */
  deletion_scheduled: WithAsked & { readonly erasesAt: number }
  /** Rows that were erased, by what they were. */
  account_deleted: WithAsked & { readonly erased: Readonly<Record<string, number>> }
}

export type MessageKind = keyof Messages
