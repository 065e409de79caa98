import type { Brand } from '../../src/base/mail-settings.ts'
import type { LanguageTag } from '../../src/messages/languages.ts'
import type { Asked, MessageKind, Messages } from '../../src/messages/message.ts'
import { type Rendered, render } from '../../src/messages/render.ts'

export const acme: Brand = { name: 'Acme', logo: null, color: '#2563eb' }

/** 2026-03-03T14:05:00Z, from a documentation address. */
export const asked: Asked = { at: 1_772_546_700, device: 'Firefox on Windows', address: '203.0.113.7', country: 'DE' }

const token = 'kEjH3rT9wQ0xYb5nZcVu7LmPd2sFg8aRoI4tX6yWvKs'
export const linkTo = (path: string): string => `https://app.example.com/auth/${path}#token=${token}`
export const code = '7K3MX9QP'

/** One of each kind. */
export const samples = (who: Asked = asked, factorName: string | null = 'Ada’s phone'): Messages => ({
  verify_email: { asked: who, link: linkTo('email/verify'), notMe: linkTo('email/disown'), life: 86_400 },
  account_exists: { asked: who },
  no_account: { asked: who },
  reset_password: { asked: who, link: linkTo('password/reset'), life: 1800 },
  change_email: { asked: who, link: linkTo('email/change/confirm'), life: 86_400 },
  address_taken: { asked: who },
  email_changed: { asked: who, link: linkTo('email/change/undo'), life: 259_200 },
  sign_in_link: { asked: who, link: linkTo('email/sign-in'), life: 600 },
  sign_in_code: { asked: who, code, life: 600 },
  confirm_code: { asked: who, code, life: 600 },
  account_claimed: { asked: who },
  new_device: { asked: who },
  password_changed: { asked: who },
  token_reused: { asked: who },
  factor_added: { asked: who, factor: 'passkey', name: factorName },
  factor_removed: { asked: who, factor: 'totp', name: null },
  recovery_code_used: { asked: who, left: 9 },
  recovery_codes_made: { asked: who },
  deletion_scheduled: { asked: who, erasesAt: who.at + 14 * 86_400 },
  account_deleted: { asked: who, erased: { users: 1, sessions: 3, passwords: 1, passkeys: 2, api_keys: 5 } },
})

export const kinds = Object.keys(samples()).filter((name): name is MessageKind => name in samples())

/** Every kind in a language. */
export const renderAll = (
  language: LanguageTag,
  brand: Brand = acme,
  given: Messages = samples(),
): [MessageKind, Rendered][] => kinds.map((kind) => [kind, render(kind, given[kind], { language, brand })])

const entities = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&amp;', '&'],
])

/** What a reader of the HTML sees, in one line. */
export const seenIn = (html: string): string =>
  html
    .replace(/<style>[^<]*<\/style>/g, '')
    .replace(/<(?:p|h1|div|br|a)\b[^>]*>/g, ' ')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities.get(entity) ?? entity)
    .replace(/\s+/g, ' ')
