import { quickServer } from './credentials.ts'
import { rowsOf } from './feature-tables.ts'
import { bodyOf, json, type Server, signedUp } from './harness.ts'
import { recoveryCodesFor } from './planted-factor.ts'
import { secondFactor } from './second-factor.ts'

/** Somebody of whom every table holds something. */
export const somebodyWithEverything = async (gate = secondFactor(), beside?: Server) => {
  const on = beside ?? (await quickServer({ plug: gate.plug }))
  gate.isOn = false
  const ada = await signedUp(on, { name: 'Ada', username: `ada${crypto.randomUUID().slice(0, 8)}` })
  const native = await bodyOf(await on.request('/auth/login', json({ ...ada.person, transport: 'token' })))
  await on.request('/auth/token', json({ refresh_token: native.tokens.refresh_token }))
  await on.request('/auth/email/code', json({ email: ada.person.email }))
  await recoveryCodesFor(on, ada.user.id)
  for (const give of rowsOf((feature) => feature.everything)) await give(on, ada)
  gate.isOn = true
  await on.request('/auth/login', json(ada.person))
  await on.settled()
  return { on, gate, ada, native }
}
