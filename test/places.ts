import { entriesOf } from './feature-tables.ts'
import { bearer } from './forging.ts'
import { bodyOf, json, somebody } from './harness.ts'
import { links, type Place } from './place.ts'
import { rightCode } from './second-factor.ts'

const cookieIs = (name: string, value: string) => ({ cookie: `${name}=${value}` })

/** Every such place but those whose test goes another way. */
export const places: Readonly<Record<string, Place>> = {
  'the session cookie': {
    takes: ['session cookie'],
    show: (on, value) => on.request('/auth/me', { headers: cookieIs('__Host-session', value) }),
    refused: [401],
  },
  'the session cookie of a strict route': {
    takes: ['session cookie'],
    show: (on, value) => on.request('/auth/token', json({}, cookieIs('__Host-session', value))),
    refused: [401],
  },
  'the Authorization header': {
    takes: ['access token', 'account access token'],
    show: (on, value) => on.request('/auth/me', { headers: bearer(value) }),
    refused: [401],
  },
  'the Authorization header of a route that manages': {
    takes: ['account access token'],
    show: (on, value) => on.request('/auth/me', { ...json({ name: 'Mallory' }, bearer(value)), method: 'PATCH' }),
    refused: [401, 403],
  },
  refresh_token: {
    takes: ['refresh token', 'used refresh token'],
    show: (on, value) => on.request('/auth/token', json({ refresh_token: value })),
    refused: [401],
  },
  'refresh_token, with its prefix': {
    takes: [],
    show: (on, value) => on.request('/auth/token', json({ refresh_token: `pst_rt_${value}` })),
    refused: [401],
  },
  'the id of a challenge': {
    takes: ['challenge id', 'enrol challenge id'],
    show: (on, value) => on.request('/auth/challenge', json({ id: value, method: 'totp', code: rightCode })),
    refused: [410, 422],
  },
  ...links({
    'email/verify': 'verification token',
    'email/disown': 'disowning token',
    'email/sign-in': 'sign-in token',
  }),
  'the token of a reset': {
    takes: ['reset token'],
    show: (on, token) => on.request('/auth/password/reset', json({ token, newPassword: 'a password of Mallory' })),
    refused: [410, 422],
  },
  'the id of a code': {
    takes: ['sign-in id'],
    show: (on, id) => on.request('/auth/email/sign-in', json({ id, code: 'BCDFGHJK' })),
    refused: [410, 422],
  },
  'a code': {
    // That of another id is none.
    takes: [],
    async show(on, code) {
      const { id } = await bodyOf(await on.request('/auth/email/code', json({ email: somebody().email })))
      return on.request('/auth/email/sign-in', json({ id, code }))
    },
    refused: [401, 422],
  },
  'the id of a session': {
    takes: ['session id'],
    show: (on, value) => on.request(`/auth/sessions/${value}`, { ...json({}), method: 'DELETE' }),
    // A slash in it makes another path.
    refused: [401, 404],
  },
  'the device cookie': {
    takes: ['device cookie', 'device token'],
    show: (on, value) => on.request('/auth/me', { headers: cookieIs('__Host-device', value) }),
    refused: [401],
  },
  ...entriesOf((feature) => feature.places),
}

/** Where the documentation takes a secret, and the place, or the test of `confusion.test.ts`, that puts every other one there. */
export const taken: Readonly<Record<string, string>> = {
  'POST /auth/token refresh_token': 'refresh_token',
  'POST /auth/token/revoke token': 'a token to revoke',
  'POST /auth/challenge id': 'the id of a challenge',
  'POST /auth/challenge code': 'a recovery code',
  'POST /auth/challenge assertion': 'compared by a factor, of which the core has none',
  'POST /auth/challenge device_token': 'device_token',
  'POST /auth/login password': 'a password',
  'POST /auth/login device_token': 'device_token',
  'POST /auth/register password': 'chosen, not compared',
  'POST /auth/register device_token': 'device_token',
  'POST /auth/session/refresh-auth password': 'a password',
  'POST /auth/session/refresh-auth code': 'a second factor of the session',
  'POST /auth/session/refresh-auth assertion': 'a second factor of the session',
  'POST /auth/session/refresh-auth device_token': 'device_token',
  'DELETE /auth/devices/:id id': 'the id of a device',
  'POST /auth/password/change currentPassword': 'a password',
  'POST /auth/password/change newPassword': 'chosen, not compared',
  'POST /auth/password/change device_token': 'device_token',
  'POST /auth/password/reset token': 'the token of a reset',
  'POST /auth/password/reset newPassword': 'chosen, not compared',
  'POST /auth/email/verify token': 'the token of email/verify',
  'POST /auth/email/disown token': 'the token of email/disown',
  'POST /auth/email/sign-in token': 'the token of email/sign-in',
  'POST /auth/email/sign-in id': 'the id of a code',
  'POST /auth/email/sign-in code': 'a code',
  'POST /auth/email/sign-in device_token': 'device_token',
  'POST /auth/email/link device_token': 'device_token',
  'POST /auth/email/code device_token': 'device_token',
  'POST /auth/password/forgot device_token': 'device_token',
  'DELETE /auth/sessions/:id id': 'the id of a session',
  ...entriesOf((feature) => feature.taken),
}
