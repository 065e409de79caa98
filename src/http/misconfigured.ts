import type { SettingProblem } from '../base/config.ts'
import { newId } from '../base/ids.ts'

/** Answers instead of the service while a setting is wrong: names the setting and the fix, never its value. */
export const misconfigured =
  (problems: readonly SettingProblem[]) =>
  (request: Request): Response => {
    if (new URL(request.url).pathname === '/auth/healthz') return Response.json({ status: 'ok' }, { headers: safe })
    const requestId = newId('req')
    const body = {
      type: 'urn:postern:problem:misconfigured',
      title: 'The service is misconfigured.',
      status: 500,
      code: 'misconfigured',
      fields: Object.fromEntries(problems.map(({ setting, problem, fix }) => [setting, `${problem} ${fix}`])),
      requestId,
    }
    const headers = { ...safe, 'content-type': 'application/problem+json', 'x-request-id': requestId }
    return new Response(JSON.stringify(body), { status: 500, headers })
  }

const safe = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  vary: 'Origin',
}
