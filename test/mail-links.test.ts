import { expect, test } from 'vitest'
import { openLimiter, quick } from './faulty-ports.ts'
import { json, mailTo, origin, type Server, server, signedUp, somebody } from './harness.ts'
import { operationsOf } from './properties/operations.ts'

const spa = 'https://spa.example.net'

const arranged = () =>
  server({
    argon2id: quick,
    limiter: openLimiter,
    settings: { AUTH_TRUSTED_ORIGINS: `${spa},https://*.preview.example.com` },
  })

/** Every route that mails a link, and to whom it does. */
const asking: Readonly<
  Record<string, (on: Server, fields: object, headers: Record<string, string>) => Promise<string>>
> = {
  async 'POST /auth/email/verify/request'(on, fields, headers) {
    const { jar, person } = await signedUp(on)
    await on.request('/auth/email/verify/request', json(fields, { ...headers, cookie: cookieOf(jar) }))
    return person.email
  },
  async 'POST /auth/password/forgot'(on, fields, headers) {
    const { email } = (await signedUp(on)).person
    await on.request('/auth/password/forgot', json({ ...fields, email }, headers))
    return email
  },
  async 'POST /auth/email/link'(on, fields, headers) {
    const { email } = somebody()
    await on.request('/auth/email/link', json({ ...fields, email }, headers))
    return email
  },
  async 'POST /auth/email/change'(on, fields, headers) {
    const [{ jar }, newEmail] = [await signedUp(on), somebody().email]
    await on.request('/auth/email/change', json({ ...fields, newEmail }, { ...headers, cookie: cookieOf(jar) }))
    return newEmail
  },
}

const cookieOf = (jar: ReadonlyMap<string, string>) => `__Host-session=${jar.get('__Host-session')}`

/** The links of the newest message for an address: those of its text, and those of its HTML. */
const linksOf = async (on: Server, email: string) => {
  const mail = (await mailTo(on, { email })).at(-1)
  const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'")
  return {
    text: mail?.text.match(/https?:\/\/\S+/g) ?? [],
    html: [...(mail?.html ?? '').matchAll(/href="([^"]*)"/g)].map(([, link = '']) => unescaped(link)),
  }
}

test('every route that takes a page for its link is one of these', async () => {
  const on = await arranged()

  const found = (await operationsOf(on)).filter(({ fields = {} }) => 'redirectTo' in fields)

  expect(found.map(({ name }) => name).toSorted()).toEqual(Object.keys(asking).toSorted())
})

test.each(
  Object.entries(asking).flatMap(([route, ask]) =>
    [`${origin}/welcome?a=b&c=d%20e`, `${spa}/`].map((page) => ({ route, ask, page })),
  ),
)(
  'S17, S63: $route mails a link to $page as it was given, with the token in its fragment alone',
  async ({ ask, page }) => {
    const on = await arranged()

    const { text, html } = await linksOf(on, await ask(on, { redirectTo: page }, {}))

    const link = text.find((one) => one.startsWith(page)) ?? ''
    const [target, token] = link.split('#token=')
    expect([target, new URL(link).origin]).toEqual([page, new URL(page).origin])
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(html).toContain(link)
  },
)

test.each(Object.entries(asking))(
  'S17, GHSA-3529-5m8x-rpv3, CVE-2023-49097: no header of %s has a say in where its links lead',
  async (_, ask) => {
    const on = await arranged()
    const foreign = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example;proto=http',
      'x-original-url': 'https://evil.example/',
      'x-host': 'evil.example',
      referer: 'https://evil.example/',
    }

    const { text, html } = await linksOf(on, await ask(on, {}, foreign))

    expect(text.length).toBeGreaterThan(0)
    expect([...text, ...html].filter((link) => !link.startsWith(`${origin}/auth/`))).toEqual([])
  },
)

test.each(Object.entries(asking))(
  'GHSA-vp58-j275-797x, S63: %s sends nothing for a page elsewhere, and says what is wrong',
  async (route, ask) => {
    const on = await arranged()
    await on.settled()

    for (const page of [
      'https://evil.example/',
      'https://a.preview.example.com/',
      `${origin}@evil.example/`,
      '//evil.example/',
    ]) {
      const before = on.mailbox.length
      const email = await ask(on, { redirectTo: page }, {})
      await on.settled()

      expect(on.mailbox.slice(before).filter(({ text }) => text.includes('evil.example'))).toEqual([])
      const isNew = route !== 'POST /auth/password/forgot' && route !== 'POST /auth/email/verify/request'
      expect(await mailTo(on, { email })).toHaveLength(isNew ? 0 : 1)
    }
    expect(on.logs.filter(({ code }) => code === 'invalid_request')).toHaveLength(4)
  },
)
