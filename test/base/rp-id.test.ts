import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/base/config.ts'
import { secrets } from '../harness.ts'

const read = (env: { AUTH_ORIGIN: string; AUTH_RP_ID?: string }) => readSettings({ AUTH_SECRET: secrets[0], ...env })
const rpIdOf = (env: Parameters<typeof read>[0]) => read(env).config?.rpId

describe('AUTH_RP_ID', () => {
  const AUTH_ORIGIN = 'https://auth.app.example.co.uk:8443'

  test('is the host of the origin where it is not set', () => {
    expect(rpIdOf({ AUTH_ORIGIN })).toBe('auth.app.example.co.uk')
    expect(rpIdOf({ AUTH_ORIGIN: 'http://localhost:8787' })).toBe('localhost')
  })

  test.each(['auth.app.example.co.uk', 'app.example.co.uk', 'example.co.uk'])('S26: %s is taken', (AUTH_RP_ID) => {
    expect(rpIdOf({ AUTH_ORIGIN, AUTH_RP_ID })).toBe(AUTH_RP_ID)
  })

  test.each([
    ['a public suffix', AUTH_ORIGIN, 'co.uk'],
    ['a top-level domain', AUTH_ORIGIN, 'uk'],
    ['a host of strangers', 'https://postern.vercel.app', 'vercel.app'],
    ['a domain below', 'https://example.com', 'auth.example.com'],
    ['a sibling', AUTH_ORIGIN, 'www.app.example.co.uk'],
    ['another domain', AUTH_ORIGIN, 'example.org'],
    ['a name that ends alike', 'https://evil-example.com', 'example.com'],
    ['an end of a label', 'https://auth.example.com', 'ample.com'],
    ['an origin', 'https://auth.example.com', 'https://example.com'],
    ['a host with a port', 'https://auth.example.com', 'example.com:443'],
    ['in capitals', 'https://auth.example.com', 'Example.com'],
    ['with a dot before', 'https://auth.example.com', '.example.com'],
    ['with a dot behind', 'https://auth.example.com', 'example.com.'],
    ['an address of IPv4', 'https://192.0.2.7', '192.0.2.7'],
    ['a part of an address', 'https://192.0.2.7', '2.7'],
    ['an address of IPv6', 'http://[::1]:8787', '[::1]'],
    ['localhost where the origin is elsewhere', 'https://auth.example.com', 'localhost'],
    ['a wildcard', 'https://auth.example.com', '*.example.com'],
  ])('S26: %s is refused', (_, AUTH_ORIGIN, AUTH_RP_ID) => {
    const { config, problems } = read({ AUTH_ORIGIN, AUTH_RP_ID })

    expect(config).toBeUndefined()
    expect(problems).toEqual([expect.objectContaining({ setting: 'AUTH_RP_ID' })])
  })
})
