import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { forger, signed, statusFor } from '../forging.ts'
import { json, server, signedUpByToken } from '../harness.ts'

test('S41 S76: a key set that a token points at is never asked for, though it would answer', async () => {
  const visits: (string | undefined)[] = []
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'evil', alg: 'ES256', use: 'sig' }
  const canary = createServer((incoming, outgoing) => {
    visits.push(incoming.url)
    outgoing.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((listening) => canary.listen(0, '127.0.0.1', listening))
  const { port } = canary.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/jwks.json`
  const on = await server()
  const forge = await forger(on, await signedUpByToken(on))
  const { header, claims } = forge.good()

  for (const change of [{ jku: url }, { x5u: url }, { kid: url }, { jku: url, kid: 'evil' }, { iss: url }]) {
    const payload = JSON.stringify({ ...claims, ...('iss' in change ? change : {}) })
    const token = await signed(pair.privateKey, JSON.stringify({ ...header, ...change }), payload)
    expect(await statusFor(on, token)).toBe(401)
    await on.request('/auth/token/revoke', json({ token }))
    await on.request('/auth/token', json({ refresh_token: token }))
  }

  expect(visits).toEqual([])
  await new Promise((closed) => canary.close(closed))
})
