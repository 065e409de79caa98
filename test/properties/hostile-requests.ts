import fc from 'fast-check'
import { origin, type Server } from '../harness.ts'
import { raw, spelt } from '../raw.ts'
import { goodRequest, operationsOf, takesText } from './operations.ts'
import { replayed } from './replayed.ts'

/** Text that has broken a parser: of percent signs, base64, JSON, dates, numbers, paths, Unicode, SQL. */
const known = [
  ...[
    '%',
    '%%',
    '%f',
    '%ff',
    '%c0%af',
    '%u0041',
    '%00',
    '%E0%A4%A',
    'a%2',
    '=',
    '==',
    '====',
    'YQ',
    'YQ=',
    '-_-_',
    '+/',
  ],
  ...[
    '{',
    '[',
    '"',
    '{}',
    '[]',
    'null',
    'true',
    '{"a":',
    '[1,',
    '1e999',
    '-0',
    '0x10',
    'NaN',
    '9'.repeat(400),
    '1e-400',
  ],
  ...[
    '..',
    '../',
    '/',
    '\\',
    '~',
    '*',
    '?',
    '#',
    '@',
    ':',
    ';',
    ',',
    '.',
    '...',
    'a.b',
    'a.b.c',
    '.b.',
    'a..c',
    'e30.e30.e30',
  ],
  ...["'", "' or 1=1--", '"; drop table users;--', '{{7*7}}', '<script>', '&amp;', '\u00ff\u00fe', '\u00c3\u0028'],
  ...['Bearer', 'Bearer ', 'Bearer a', 'bearer a.b.c', 'Basic Og==', 'Basic !', 'Digest x="', 'Bearer a, Bearer b'],
  ...[
    '__Host-session',
    '__Host-session=',
    '=x',
    '; ;',
    'a=b; a=c',
    '__Host-session=a.b',
    '__Host-session="',
    '__proto__=1',
  ],
  ...['x'.repeat(9000), 'a.'.repeat(5000), '['.repeat(3000), '%'.repeat(3000), ','.repeat(5000), ' '.repeat(3000)],
]
const latin = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
})
const piece = fc.oneof(fc.constantFrom(...known), latin)
const headerValue = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) =>
  pieces
    .join('')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .trim(),
)

/** Every header that the service, or what stands before it, reads. */
const headerNames = [
  ...['authorization', 'cookie', 'content-type', 'content-length', 'content-encoding', 'user-agent', 'accept'],
  ...['x-auth-client', 'x-request-id', 'x-forwarded-for', 'forwarded', 'x-auth-client-address', 'x-auth-proxy-secret'],
  ...['cf-connecting-ip', 'cf-ipcountry', 'x-vercel-forwarded-for', 'access-control-request-headers', 'referer', 'te'],
]

const value: fc.Arbitrary<unknown> = fc.oneof(
  piece,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(...['\ud800', '\udfff\ud800', '\0', '\u202e', {}, [], [[]], { $ne: null }, 1e308, -1, 0.1]),
)

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((given) => Uint8Array.from(given)),
  fc.json().map((text) => new TextEncoder().encode(text)),
  piece.map((text) => new TextEncoder().encode(text)),
  fc
    .constantFrom('{"a":1,"a":2}', '{"\\ud800":1}', '\ufeff{}', `${'{"a":'.repeat(9000)}1`, '1e999')
    .map((text) => new TextEncoder().encode(text)),
)

/** What is done to a good request. */
const damage = fc.record(
  {
    query: fc
      .array(fc.tuple(piece, piece), { maxLength: 3 })
      .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
    headers: fc.dictionary(fc.constantFrom(...headerNames), headerValue, { maxKeys: 4 }),
    segment: piece,
    fields: fc.array(fc.tuple(fc.nat(), value), { maxLength: 3 }),
    bytes,
  },
  { requiredKeys: [] },
)

/** What no server hands over within a path: a client, or the platform, encodes it. */
const unlikeAnyUrl = /[^\w.~!$&'()*+,;=:@%/\\-]/g

interface Plan {
  readonly runs: number
  readonly judge: (answer: Response, at: string) => void
  /** The one path to go to. */
  readonly only?: string
}

/** Each of `runs` times a route, and a good request to it with something of it damaged. */
export const hostileRequests = async (on: Server, { runs, judge, only }: Plan) => {
  const operations = (await operationsOf(on)).filter(({ path }) => (only ?? path) === path)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations), damage, async (operation, how) => {
      const { path, init } = await goodRequest(on, operation)
      const { name, method, fields = {} } = operation
      const segments =
        how.segment === undefined ? path : operation.path.replace(/\{\w+\}/g, how.segment.replace(unlikeAnyUrl, ''))
      const url = `${origin}${segments}${how.query === undefined ? '' : `?${how.query}`}`
      const headers = { 'x-auth-client': 'test', ...Object.fromEntries(new Headers(init.headers)), ...how.headers }
      const texts = Object.keys(fields).filter((field) => fields[field] && takesText(fields[field]))
      const given = (how.fields ?? []).map(([at, what]) => [texts[at % texts.length] ?? 'x', what] as const)
      const good = typeof init.body === 'string' ? JSON.parse(init.body) : {}
      const body = how.bytes ?? JSON.stringify({ ...good, ...Object.fromEntries(given) })
      const request = spelt({ url }, { method, headers, ...(method === 'GET' ? {} : { body }) })

      judge(await raw(on, request), `${name} ${JSON.stringify(how).slice(0, 300)}`)
    }),
    { numRuns: runs, ...replayed },
  )
}
