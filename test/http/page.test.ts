import { expect, test } from 'vitest'
import { routesOf } from '../../src/http/contract.ts'
import { openapi } from '../../src/http/openapi.ts'
import { page } from '../../src/http/page.ts'
import { type LanguageTag, languages } from '../../src/messages/languages.ts'
import { checkAnswer } from '../contract.ts'
import { origin, type Server, server } from '../harness.ts'

const kinds = ['verify', 'disown', 'reset', 'confirmChange', 'undoChange', 'signIn'] as const

/** The service with every page, each under a path of its own. */
const withPages = (settings: Readonly<Record<string, string>> = {}): Promise<Server> =>
  server({
    settings,
    mount: (app, core) => {
      for (const kind of kinds) app.get(`/auth/pages/${kind}`, page(core, kind))
    },
  })

test.each(kinds)(
  'the page "%s" has one button, and that of a sign-in another for its second step; it asks the database nothing and sets no cookie',
  async (kind) => {
    const on = await withPages()

    const answer = await on.request(`/auth/pages/${kind}`)

    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8')
    expect(text.match(/type="submit"/g)).toHaveLength(kind === 'signIn' ? 2 : 1)
    expect([on.trips.last, answer.headers.getSetCookie()]).toEqual([0, []])
  },
)

test.each(kinds)(
  'S61: the page "%s" runs and shows what its policy names by hash, and is framed by nobody',
  async (kind) => {
    const on = await withPages()

    const policy = (await on.request(`/auth/pages/${kind}`)).headers.get('content-security-policy')

    expect(policy?.replaceAll(/'sha256-[\w+/]{43}='/g, '<hash>').split('; ')).toEqual([
      "default-src 'none'",
      'script-src <hash>',
      'style-src <hash>',
      "connect-src 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
  },
)

test('a page asks for a new password where one is to be set, as password managers know it, and nowhere else', async () => {
  const on = await withPages()

  const asking = await Promise.all(
    kinds.map(async (kind) => [
      kind,
      (await (await on.request(`/auth/pages/${kind}`)).text()).includes('new-password'),
    ]),
  )

  expect(Object.fromEntries(asking)).toEqual({ ...Object.fromEntries(kinds.map((kind) => [kind, false])), reset: true })
})

test('the page of a sign-in alone has what a second step takes, and shows nothing of it before it is asked', async () => {
  const on = await withPages()

  const texts = await Promise.all(
    kinds.map(async (kind) => (await on.request(`/auth/pages/${kind}`)).text().then((text) => [kind, text] as const)),
  )

  const having = texts.filter(([, text]) => /one-time-code|credentials\.get|data-method/.test(text))
  expect(having.map(([kind]) => kind)).toEqual(['signIn'])
  for (const [, text] of texts) expect(text.match(/<form(?! hidden)/)).toBeNull()
})

test('GHSA-w62v-xxxg-mg59: a page repeats nothing of the request that opened it', async () => {
  const on = await withPages()
  const headers = {
    'user-agent': 'hostile-agent',
    referer: 'https://hostile.example',
    'accept-language': 'x"><script>',
  }

  const answer = await on.request('/auth/pages/verify?token=hostile-token', { headers })

  expect(await answer.text()).not.toMatch(/hostile|x"><script/)
})

test.each<[header: string, tag: LanguageTag, direction: string]>([
  ['de-AT,en;q=0.5', 'de', 'ltr'],
  ['ar', 'ar', 'rtl'],
  ['tlh', 'en', 'ltr'],
])('a page speaks to a browser that asks for %s in the language "%s", written %s', async (header, tag, direction) => {
  const on = await withPages()

  const answer = await on.request('/auth/pages/reset', { headers: { 'accept-language': header } })

  const text = await answer.text()
  expect(text).toContain(`<html lang="${tag}" dir="${direction}">`)
  expect(text).toContain(`<h1 tabindex="-1">${languages[tag].pages.reset.title}</h1>`)
})

test('GHSA-hvrm-45r6-mjfj, CVE-2026-59896: pages that are asked for at once are each in one language', async () => {
  const on = await withPages()
  const tags = Array.from({ length: 30 }, (_, i) => (['en', 'de', 'ar'] as const)[i % 3] ?? 'en')
  const ask = (tag: LanguageTag) => on.request('/auth/pages/reset', { headers: { 'accept-language': tag } })

  const answers = await Promise.all(tags.map(ask))

  const titles = (await Promise.all(answers.map((answer) => answer.text()))).map((text) =>
    (['en', 'de', 'ar'] as const).filter((tag) => text.includes(`>${languages[tag].pages.reset.title}</h1>`)),
  )
  expect(titles).toEqual(tags.map((tag) => [tag]))
})

test('GHSA-458j-xx4x-4375: a page bears the name of the product as text, and its logo', async () => {
  const on = await withPages({
    AUTH_PRODUCT_NAME: '<img src=x>"&\'',
    AUTH_LOGO_URL: 'https://cdn.example.com/logo.svg?a=1&b=2',
    AUTH_BRAND_COLOR: '#ffcc00',
  })

  const answer = await on.request('/auth/pages/signIn')

  const text = await answer.text()
  expect(text).toContain('Go to &lt;img src=x&gt;&quot;&amp;&#39;</a>')
  expect(text).toContain('<img src="https://cdn.example.com/logo.svg?a=1&amp;b=2" alt="&lt;img src=x&gt;')
  expect(text).not.toContain('<img src=x>')
  expect(answer.headers.get('content-security-policy')).toContain('; img-src https://cdn.example.com;')
})

test('a page is documented as HTML', async () => {
  const on = await withPages()

  const { paths } = openapi(routesOf(on.app), `${origin}/auth`)

  expect(paths['/auth/pages/verify']?.get).toMatchObject({
    summary: 'The page for a link: Confirm your email address',
    responses: { 200: { content: { 'text/html': { schema: { type: 'string' } } } } },
  })
})

test.each([
  ['a policy that lets any script run', { policy: "default-src 'none'; script-src 'unsafe-inline'" }],
  ['another text than the one that its policy names', { text: '<script>other()</script>' }],
])('a page with %s is found by every test', async (_, { policy, text }: { policy?: string; text?: string }) => {
  const on = await withPages()
  const request = new Request(`${origin}/auth/pages/verify`)
  const good = await on.request('/auth/pages/verify')

  const headers = new Headers(good.headers)
  if (policy !== undefined) headers.set('content-security-policy', policy)
  const bad = new Response(text ?? (await good.text()), { headers })

  await expect(checkAnswer(on.app, request, bad)).rejects.toThrow('its policy is')
})
