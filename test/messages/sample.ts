import type { Brand } from '../../src/base/mail-settings.ts'
import type { LanguageTag } from '../../src/messages/languages.ts'
import type { Asked, MessageKind, Messages } from '../../src/messages/message.ts'
import { type Rendered, render } from '../../src/messages/render.ts'

export const acme: Brand = { name: 'Acme', logo: null, color: '#2563eb' }

/** 2026-03-03T14:05:00Z, from a documentation address. */
export const asked: Asked = { at: 1_772_546_700, device: 'Firefox on Windows', address: '203.0.113.7', country: 'DE' }

const origin = 'https://app.example.com/auth'
const token = 'kEjH3rT9wQ0xYb5nZcVu7LmPd2sFg8aRoI4tX6yWvKs'

/** One of each kind. */
export const samples: Messages = {
  verify_email: {
    asked,
    link: `${origin}/email/verify#token=${token}`,
    notMe: `${origin}/email/disown#token=${token}`,
    life: 86_400,
  },
  account_exists: { asked },
  no_account: { asked },
  reset_password: { asked, link: `${origin}/password/reset#token=${token}`, life: 1800 },
  change_email: { asked, link: `${origin}/email/change/confirm#token=${token}`, life: 86_400 },
  address_taken: { asked },
  email_changed: { asked, link: `${origin}/email/change/undo#token=${token}`, life: 259_200 },
  sign_in_link: { asked, link: `${origin}/email/sign-in#token=${token}`, life: 600 },
  sign_in_code: { asked, code: '7K3MX9QP', life: 600 },
  confirm_code: { asked, code: '7K3MX9QP', life: 600 },
  account_claimed: { asked },
  new_device: { asked },
  password_changed: { asked },
  token_reused: { asked },
  deletion_scheduled: { asked, erasesAt: asked.at + 14 * 86_400 },
  account_deleted: { asked, erased: { users: 1, sessions: 3, passwords: 1, passkeys: 2, api_keys: 5 } },
}

export const kinds = Object.keys(samples).filter((name): name is MessageKind => name in samples)

/** Every kind in a language, as its sample reads. */
export const renderAll = (language: LanguageTag, brand: Brand = acme): [MessageKind, Rendered][] =>
  kinds.map((kind) => [kind, render(kind, samples[kind], { language, brand })])
