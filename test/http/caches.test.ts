import { expect, test } from 'vitest'
import { cookieOf } from '../act.ts'
import { gated } from '../acts.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { rowsOf } from '../feature-tables.ts'
import { type Server, server, signedUp, signedUpByToken } from '../harness.ts'
import { routes } from '../raw.ts'

/** A cache that many users share, as greedy as RFC 9111 lets it be: it keeps whatever it is not forbidden to keep. */
const sharedCache = (on: Server) => {
  const kept = new Map<string, Response>()
  return async (path: string, headers: Record<string, string>): Promise<Response> => {
    const hit = kept.get(path)
    if (hit !== undefined) return hit.clone()
    const answer = await on.request(path, { headers })
    const isForbidden = /no-store|private/.test(answer.headers.get('cache-control') ?? '')
    const isFor = 'authorization' in headers && !/public/.test(answer.headers.get('cache-control') ?? '')
    if (!isForbidden && !isFor) kept.set(path, answer.clone())
    return answer
  }
}

test('GHSA-6wqw-2p9w-4vw4, GHSA-p77w-8qqv-26rm, CVE-2025-48947: whoever asks after another through one cache sees nothing of theirs', async () => {
  const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
  const [ada, bob] = [await signedUp(on, { name: 'Ada' }), await signedUp(on, { name: 'Bob' })]
  const native = await signedUpByToken(on)
  const through = sharedCache(on)
  const callers = [cookieOf(ada.jar), native.bearer, cookieOf(bob.jar), {}]

  for (const { target, name } of routes(on).filter(({ method }) => method === 'GET')) {
    const cached: Response[] = []
    for (const headers of callers) cached.push(await through(target, headers))
    const [, , forBob, forNobody] = cached
    const direct = await Promise.all(callers.slice(2).map((headers) => on.request(target, { headers })))

    expect.soft([forBob?.status, forNobody?.status], name).toEqual(direct.map(({ status }) => status))
    for (const answer of [forBob, forNobody]) {
      expect.soft(await answer?.text(), name).not.toMatch(new RegExp(`${ada.user.id}|${native.user.id}|Ada`))
      expect.soft(answer?.headers.getSetCookie(), name).toEqual([])
    }
  }
})

test('A29, GHSA-p77w-8qqv-26rm: of all routes the key set and other public documents alone may be kept by a cache', async () => {
  const on = await server({ plug: gated, argon2id: quick, limiter: openLimiter })
  const headers = cookieOf((await signedUp(on)).jar)
  const cacheable: string[] = []

  for (const { method, target, name } of routes(on)) {
    for (const given of [headers, {}]) {
      const answer = await on.request(target, { method, headers: given })
      if (answer.headers.get('cache-control') !== 'no-store') cacheable.push(name)
    }
  }

  expect([...new Set(cacheable)]).toEqual(['GET /auth/.well-known/jwks.json', ...rowsOf(({ cacheable }) => cacheable)])
})
