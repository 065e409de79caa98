import type { Config } from '../../base/config.ts'
import type { SmtpServer } from '../../base/mail-settings.ts'
import { isLoopback } from '../../base/origins.ts'
import type { Mailer } from '../../base/ports.ts'
import { cloudflare } from './cloudflare.ts'
import { consoleMailer } from './console.ts'
import { resend } from './resend.ts'

/**
 * The mailer that the settings name, else the runtime's own, else on loopback the console, else none.
 * @param smtp Undefined where a runtime has no sockets
 * @param binding Cloudflare's `EMAIL`
 */
export const chooseMailer = (
  { mail, origin }: Pick<Config, 'mail' | 'origin'>,
  smtp: ((server: SmtpServer) => Mailer) | undefined,
  binding?: SendEmail,
): Mailer | undefined => {
  if (mail.smtp) return smtp?.(mail.smtp)
  if (mail.resendKey !== undefined) return resend(mail.resendKey)
  if (binding) return cloudflare(binding)
  return isLoopback(origin) ? consoleMailer : undefined
}
