import { parseEmail } from './email.ts'
import { isLoopback } from './origins.ts'
import { parseName } from './people.ts'
import type { TextName } from './settings.ts'

/** An SMTP server that takes messages for delivery. @see https://www.rfc-editor.org/rfc/rfc6409 */
export interface SmtpServer {
  /** As a socket takes it: an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** TLS from the first byte, or STARTTLS and nothing without it, or on loopback neither. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly login: { readonly user: string; readonly password: string } | undefined
}

/** What is mailed with, and as whom. */
export interface MailSettings {
  readonly from: { readonly address: string; readonly name: string }
  readonly smtp: SmtpServer | undefined
  readonly resendKey: string | undefined
}

/** How a message looks like the operator's product. */
export interface Brand {
  readonly name: string
  /** An absolute URL. */
  readonly logo: string | null
  /** `#rrggbb` */
  readonly color: string
}

/** Where the values are, and where a problem goes. */
interface Source {
  readonly text: (name: TextName) => string | undefined
  readonly fail: (setting: string, problem: string, fix: string) => undefined
}

/** `hasBinding`: whether the runtime has a mailer of its own, Cloudflare's `EMAIL`. */
export const readMail = (
  source: Source,
  origin: string | undefined,
  hasBinding: boolean,
): { mail: MailSettings; brand: Brand } => {
  const brand = readBrand(source, origin)
  const [smtp, resendKey] = [readSmtp(source), readResendKey(source)]
  if (smtp && resendKey)
    source.fail('RESEND_API_KEY', 'Set beside SMTP_URL.', 'Remove one of the two: mail has one way.')
  const needsSender = hasBinding || smtp !== undefined || resendKey !== undefined
  return { mail: { from: readSender(source, brand, needsSender), smtp, resendKey }, brand }
}

/**
 * `smtp://user:password@mail.example.com:587`, user and password percent-encoded. `smtp:` asks for STARTTLS and goes no
 * further without it, but for loopback; `smtps:` speaks TLS from the first byte.
 */
const parseSmtpUrl = (given: string): SmtpServer | undefined => {
  const [, scheme, user, password, host = '', port] = smtpUrl.exec(given) ?? []
  if (scheme === undefined) return undefined
  const login = parseLogin(user, password)
  const at = port === undefined ? (scheme === 'smtps' ? 465 : 587) : Number(port)
  const isMixedUp = scheme === 'smtp' && at === 465
  if (login === 'wrong' || at < 1 || at > 65_535 || isMixedUp) return undefined
  const isPlain = scheme === 'smtp' && isLoopback(`http://${host.toLowerCase()}`)
  const security = scheme === 'smtps' ? 'tls' : isPlain ? 'none' : 'starttls'
  return { host: host.replace(/^\[|\]$/g, ''), port: at, security, login }
}

/** `Name <address>`, `"Name" <address>`, or an address alone. */
const parseSender = (given: string, usual: string): MailSettings['from'] | undefined => {
  const [, quoted, plain, angled] = /^(?:(?:"([^"\\]*)"|([^"<>]*?))\s*<([^<>\s]+)>)$/.exec(given) ?? []
  const address = parseEmail(angled ?? given)?.address
  const name = parseName((quoted ?? plain) || usual)
  return address === undefined || name === undefined ? undefined : { address, name }
}

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const smtpUrl = new RegExp(
  `^(smtps?)://(?:([^:@/?#\\s]+):([^:@/?#\\s]+)@)?(${label}(?:\\.${label})*|\\[[0-9a-fA-F:.]+\\])(?::([0-9]{1,5}))?/?$`,
)

const parseLogin = (user: string | undefined, password: string | undefined): SmtpServer['login'] | 'wrong' => {
  if (user === undefined || password === undefined) return undefined
  try {
    const login = { user: decodeURIComponent(user), password: decodeURIComponent(password) }
    return /\p{Cc}/u.test(login.user + login.password) ? 'wrong' : login
  } catch {
    return 'wrong'
  }
}

const readSmtp = ({ text, fail }: Source): SmtpServer | undefined => {
  const given = text('SMTP_URL')
  const smtp = given === undefined ? undefined : parseSmtpUrl(given)
  return given !== undefined && smtp === undefined ? fail('SMTP_URL', 'Not the URL of a mail server.', smtpFix) : smtp
}

const readResendKey = ({ text, fail }: Source): string | undefined => {
  const key = text('RESEND_API_KEY')
  if (key === undefined || /^[\x21-\x7e]{1,512}$/.test(key)) return key
  return fail('RESEND_API_KEY', 'Not visible ASCII.', 'Make a key with sending access at https://resend.com/api-keys.')
}

/** Without a setting the sender is one that only the console and the development mailbox ever show. */
const readSender = ({ text, fail }: Source, brand: Brand, isNeeded: boolean): MailSettings['from'] => {
  const given = text('AUTH_MAIL_FROM')
  const from = given === undefined ? undefined : parseSender(given, brand.name)
  if (given !== undefined && from === undefined) fail('AUTH_MAIL_FROM', 'Not a sender.', senderFix)
  if (given === undefined && isNeeded) fail('AUTH_MAIL_FROM', 'Not set, and mail can be sent.', senderFix)
  return from ?? { address: 'no-reply@localhost', name: brand.name }
}

const readBrand = ({ text, fail }: Source, origin: string | undefined): Brand => {
  const [given, logo, color = '#2563eb'] = [text('AUTH_PRODUCT_NAME'), text('AUTH_LOGO_URL'), text('AUTH_BRAND_COLOR')]
  const usual = origin === undefined ? '' : new URL(origin).hostname
  const name = given === undefined ? usual : parseName(given)
  if (name === undefined) fail('AUTH_PRODUCT_NAME', 'Not a name of 1 to 64 characters without controls.', nameFix)
  if (logo !== undefined && !isLogo(logo)) fail('AUTH_LOGO_URL', 'Not the address of an image.', logoFix)
  if (!/^#[0-9a-f]{6}$/i.test(color)) fail('AUTH_BRAND_COLOR', 'Not a colour.', 'Write #rrggbb, such as #2563eb.')
  return { name: name ?? usual, logo: logo ?? null, color: color.toLowerCase() }
}

/** As a browser would write it, so that nothing in it needs to be escaped to stand in an attribute. */
const isLogo = (given: string): boolean => {
  if (given.length > 2048 || !URL.canParse(given)) return false
  const { origin, href, username, password } = new URL(given)
  const isSafe = origin.startsWith('https:') || isLoopback(origin)
  return isSafe && href === given && username === '' && password === ''
}

const smtpFix =
  'Write smtp://user:password@mail.example.com:587 (STARTTLS) or smtps:// with port 465 (TLS), user and password ' +
  'percent-encoded.'
const senderFix = 'Write the sender as Acme <no-reply@acme.example>, at a domain that may send for you.'
const nameFix = 'Write the name that your users know, such as Acme.'
const logoFix = 'Write an absolute https:// URL, as a browser shows it; http:// only on loopback.'
