import type { SettingProblem } from '../base/config.ts'
import { newId } from '../base/ids.ts'

/** Answers instead of the service while a setting is wrong: names the setting and the fix, never its value. */
export const misconfigured =
  (problems: readonly SettingProblem[]) =>
  (request: Request): Response => {
    const requestId = newId('req')
    const headers = { ...safe, 'x-request-id': requestId }
    if (new URL(request.url).pathname === '/auth/healthz') return Response.json({ status: 'ok' }, { headers })
    const body = {
      type: 'urn:postern:problem:misconfigured',
      title: 'The service is misconfigured.',
      status: 500,
      code: 'misconfigured',
      fields: Object.fromEntries(problems.map(({ setting, problem, fix }) => [setting, `${problem} ${fix}`])),
      requestId,
    }
    const problem = { ...headers, 'content-type': 'application/problem+json' }
    return new Response(JSON.stringify(body), { status: 500, headers: problem })
  }

const safe = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  vary: 'Origin',
}
