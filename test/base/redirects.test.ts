import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { originPolicy } from '../../src/base/origins.ts'
import { linkTo, parseRedirect } from '../../src/base/redirects.ts'
import { hostileTargets } from '../properties/hostile-targets.ts'
import { replayed } from '../properties/replayed.ts'

const own = 'https://app.example.com'
const trusted = ['https://spa.example.net', 'http://localhost:5173', 'https://[2001:db8::1]:8443']
const allowed = [own, ...trusted]
const origins = originPolicy(own, [...trusted, 'https://*.preview.example.com'])
const parse = (text: string) => parseRedirect(text, origins)

test.each([
  ...[own, ...trusted].flatMap((origin) => [`${origin}/`, `${origin}/welcome`, `${origin}/a/b?c=d&e=%20f`]),
  `${own}/?next=https://evil.example/`,
  `${own}/%2e%2e%2f`,
  `${own}//evil.example/`,
  `${own}/@evil.example`,
  `${own}/~ada/it's(fine)!*;=:$,+[]`,
])('a link may lead to %s, byte for byte', (target) => {
  expect(parse(target)).toBe(target)
})

test('an origin alone leads to its root', () => {
  expect(parse(own)).toBe(`${own}/`)
})

test.each([
  ['a fragment, where the token goes', `${own}/#a`],
  ['an empty fragment', `${own}/#`],
  ['a user', `https://ada@app.example.com/`],
  ['a user and a password', `https://app.example.com:x@evil.example/`],
  ['an empty user', `https://@app.example.com/`],
  ['the default port', `${own}:443/`],
  ['another port', `${own}:8443/`],
  ['capital letters in its host', 'https://App.example.com/'],
  ['a trailing dot in its host', 'https://app.example.com./'],
  ['an encoded host', 'https://app%2eexample.com/'],
  ['a host that matches a wildcard', 'https://a.preview.example.com/'],
  ['a wildcard', 'https://*.preview.example.com/'],
  ['another scheme', 'http://app.example.com/'],
  ['a scheme in capitals', 'HTTPS://app.example.com/'],
  ['dot segments', `${own}/a/../b`],
  ['one slash', 'https:/app.example.com/'],
  ['a backslash', 'https:\\\\app.example.com\\'],
  ['a backslash in its path', `${own}/\\evil.example`],
  ['a space', `${own}/a b`],
  ['a line break', `${own}/\r\nBcc: eve@evil.example`],
  ['a quotation mark', `${own}/"onclick=`],
  ['an angle bracket', `${own}/<script>`],
  ['a letter that is no ASCII', `${own}/ä`],
  ['no origin', '/welcome'],
  ['nothing', ''],
  ['another allowed host as its path', 'https://evil.example/https://app.example.com/'],
  ['2049 characters', `${own}/${'a'.repeat(2049 - own.length - 1)}`],
])('GHSA-vp58-j275-797x, GHSA-9h33-g3ww-mqff, S63: no link leads to a target with %s', (_, target) => {
  expect(parse(target)).toBeUndefined()
})

test('a target of 2048 characters is the longest', () => {
  const longest = `${own}/${'a'.repeat(2048 - own.length - 1)}`

  expect(parse(longest)).toBe(longest)
})

test('GHSA-vp58-j275-797x, CVE-2026-28512, CVE-2024-8883, S63: no link leads to any target of the corpus', () => {
  expect(hostileTargets.filter((target) => parse(target) !== undefined)).toEqual([])
})

/** A piece of a URL, as often as not of one that is allowed. */
const piece = fc.oneof(
  fc.constantFrom(
    ...allowed,
    ...hostileTargets,
    'app.example.com',
    '@',
    ':',
    '/',
    '//',
    '\\',
    '#',
    '?',
    '%2f',
    '%00',
    '.',
  ),
  fc.webPath(),
  fc.webQueryParameters(),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const url = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc
    .tuple(fc.constantFrom(...allowed), fc.array(piece, { maxLength: 4 }))
    .map(([origin, rest]) => origin + rest.join('')),
  fc
    .tuple(fc.constantFrom(...allowed), fc.webPath(), fc.webQueryParameters())
    .map(([origin, path, q]) => `${origin}${path}?${q}`),
  fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('')),
)
const token = 'A'.repeat(43)

describe('GHSA-9h33-g3ww-mqff, CVE-2026-28512, GHSA-vp58-j275-797x, S63: whatever is accepted', () => {
  const accepted = (judge: (target: string, given: string) => void) => {
    let count = 0
    fc.assert(
      fc.property(url, (given) => {
        const target = parse(given)
        if (target === undefined) return
        count += 1
        judge(target, given)
      }),
      { numRuns: 20_000, ...replayed },
    )
    expect(count).toBeGreaterThan(500)
  }

  test('is on an allowed origin and nowhere else, as any parser reads it', () => {
    accepted((target) => {
      expect(allowed).toContain(new URL(target).origin)
      expect(allowed).toContain(new URL(target, 'https://evil.example/').origin)
      expect(allowed.some((origin) => target.startsWith(`${origin}/`))).toBe(true)
    })
  })

  test('is what was given, and accepted again as what it is', () => {
    accepted((target, given) => {
      expect([given, `${given}/`]).toContain(target)
      expect(new URL(target).href).toBe(target)
      expect(parse(target)).toBe(target)
    })
  })

  test('makes a link to the same page of the same origin, with nothing but the token in its fragment', () => {
    accepted((target) => {
      const [page, link] = [new URL(target), new URL(linkTo(target, token))]
      expect([link.origin, link.pathname, link.search]).toEqual([page.origin, page.pathname, page.search])
      expect(link.hash).toBe(`#token=${token}`)
      expect(link.href).toBe(linkTo(target, token))
    })
  })
})
