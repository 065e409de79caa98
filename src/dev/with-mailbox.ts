import { createService, type Service } from '../app.ts'
import { newMailbox } from './mailbox.ts'
import { mailboxRoutes } from './routes.ts'

/**
 * The service with its mailbox at `/dev/mailbox`, which takes every message. It is there where `AUTH_ORIGIN` is plain
 * http on loopback, and nowhere else; a mailer that really delivers gets the messages too.
 */
export const createServiceWithMailbox: typeof createService = (env, outside) => {
  let routes: ReturnType<typeof mailboxRoutes> | undefined
  const service: Service = createService(env, (config) => {
    const ports = outside(config)
    if ('setting' in ports || config.secureCookies) return ports
    const real = ports.mailer?.name === 'console' ? undefined : ports.mailer
    const mailbox = newMailbox(ports.database, ports.clock, real)
    routes = mailboxRoutes(mailbox)
    return { ...ports, mailer: mailbox.mailer }
  })
  return {
    ...service,
    fetch: (request, visit) =>
      routes && isOfMailbox(new URL(request.url).pathname) ? routes.fetch(request) : service.fetch(request, visit),
  }
}

const isOfMailbox = (path: string): boolean => /^\/dev\/mailbox(?:\.json$|\/|$)/.test(path)
