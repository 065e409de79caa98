import { expect, test } from 'vitest'
import { routesOf } from '../../src/http/contract.ts'
import { everyRoute, routeOf, visitEveryRoute } from '../every-route.ts'
import { openLimiter, quick } from '../faulty-ports.ts'
import { bodyOf, browser, json, server, signedUp, somebody } from '../harness.ts'
import { rightCode, secondFactor } from '../second-factor.ts'

test('every route answers on D1 as it does elsewhere, in its trips', async () => {
  const on = await server({ limiter: openLimiter })

  const visits = await visitEveryRoute(on.request, () => on.trips.last)

  expect(visits).toEqual(everyRoute)
})

test('the visits leave out no route', async () => {
  const on = await server()

  const routes = routesOf(on.app).map(({ method, path }) => `${method} ${path}`)

  expect(new Set(everyRoute.map(routeOf))).toEqual(new Set(routes))
})

test('on D1 a challenge takes the right answer once, in two trips, and refuses in one', async () => {
  const gate = secondFactor()
  const on = await server({ plug: gate.plug })
  const { person } = await signedUp(on)
  gate.isOn = true
  const login = await browser(on).api.auth.login.$post({ json: person })
  const { id } = (await bodyOf(login)).challenge
  const answerWith = async (code: string) => {
    const answer = await on.request('/auth/challenge', json({ id, method: 'totp', code }))
    return [answer.status, on.trips.last]
  }

  const answers = [await answerWith('654321'), await answerWith(rightCode), await answerWith(rightCode)]

  expect(answers).toEqual([
    [401, 1],
    [200, 2],
    [410, 1],
  ])
})

test('on D1 a taken e-mail and a taken username are told apart, and neither leaves half an account', async () => {
  const on = await server({ limiter: openLimiter, argon2id: quick })
  const taken = { ...somebody(), username: 'ada' }
  await on.request('/auth/register', json(taken))

  const email = await on.request(
    '/auth/register',
    json({ ...taken, username: 'eve', password: 'somebody else entirely' }),
  )
  const username = await on.request('/auth/register', json({ ...somebody(), username: 'ada' }))

  expect([(await bodyOf(email)).code, (await bodyOf(username)).code]).toEqual(['email_taken', 'username_taken'])
  const ready = await on.world.database.run([{ sql: 'select count(*) from users', params: [], writes: false }], 5000)
  expect(ready).toEqual([[[1]]])
})

test('the scheduled job runs on D1: it deletes what expired and leaves the rest', async () => {
  const on = await server({ settings: { AUTH_SESSION_IDLE_SECONDS: '300', AUTH_SESSION_MAX_SECONDS: '600' } })
  await signedUp(on)
  on.clock.pass(1200)
  const living = await signedUp(on)

  const report = await on.job()

  expect(report.deleted).toMatchObject({ sessions: 1 })
  expect((await bodyOf(await living.api.auth.session.$get())).session.id).toBe(living.session.id)
  expect(on.logs.filter(({ event }) => event === 'job_step_failed')).toEqual([])
})
