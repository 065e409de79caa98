import { entriesOf } from './feature-tables.ts'
import { password } from './harness.ts'

export type Access = 'public' | 'leased' | 'strict'

/**
 * What each route is to anonymous callers: every route of the app stands here, and a new one fails the tests until
 * somebody has decided. `strict` routes ask the database in the trip in which they act.
 */
export const access: Readonly<Record<string, Access>> = {
  'POST /auth/register': 'public',
  'POST /auth/login': 'public',
  'POST /auth/challenge': 'public',
  'POST /auth/logout': 'public',
  'GET /auth/session': 'public',
  'GET /auth/me': 'leased',
  'PATCH /auth/me': 'strict',
  'DELETE /auth/me': 'strict',
  'GET /auth/me/export': 'strict',
  'GET /auth/sessions': 'strict',
  'DELETE /auth/sessions/:id': 'strict',
  'DELETE /auth/sessions': 'strict',
  'DELETE /auth/devices/:id': 'strict',
  'POST /auth/session/refresh-auth': 'strict',
  'POST /auth/password/change': 'strict',
  'POST /auth/password/forgot': 'public',
  'GET /auth/password/reset': 'public',
  'POST /auth/password/reset': 'public',
  'POST /auth/email/verify/request': 'strict',
  'GET /auth/email/verify': 'public',
  'POST /auth/email/verify': 'public',
  'GET /auth/email/disown': 'public',
  'POST /auth/email/disown': 'public',
  'POST /auth/email/link': 'public',
  'POST /auth/email/code': 'public',
  'GET /auth/email/sign-in': 'public',
  'POST /auth/email/sign-in': 'public',
  'POST /auth/token': 'strict',
  'POST /auth/token/revoke': 'public',
  'GET /auth/.well-known/jwks.json': 'public',
  'GET /auth/openapi.json': 'public',
  'GET /auth/healthz': 'public',
  'GET /auth/readyz': 'public',
  ...entriesOf((feature) => feature.access),
}

/** Bodies that do something, where a route needs one. */
export const bodies: Readonly<Record<string, object>> = {
  'PATCH /auth/me': { name: 'Mallory' },
  'POST /auth/password/change': { currentPassword: password, newPassword: 'a password of Mallory' },
  'POST /auth/session/refresh-auth': { method: 'password', password },
  ...entriesOf((feature) => feature.bodies),
}

const idPrefixes: Readonly<Record<string, string>> = {
  sessions: 'ses',
  devices: 'dev',
  ...entriesOf((feature) => feature.idPrefixes),
}

/** A path with the id of nothing, of the kind that it wants. */
export const targetOf = (path: string): string =>
  path.replace(/(\w+)\/(?::\w+|\{\w+\})/, (_, things: string) => `${things}/${idPrefixes[things]}_${'A'.repeat(22)}`)
