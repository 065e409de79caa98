import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { html, raw } from 'hono/html'
import { isLoopback } from '../base/origins.ts'
import { hashSource } from '../http/hash-source.ts'
import type { Mailbox } from './mailbox.ts'
import { viewScript } from './view-script.ts'
import { viewStyle } from './view-style.ts'

/** The mailbox under `/dev/mailbox`: a page for whoever develops, and the same as JSON for tests. */
export const mailboxRoutes = (mailbox: Mailbox) =>
  new Hono()
    .use(onlyHere)
    .get('/dev/mailbox', async (c) => c.html(view, 200, { 'content-security-policy': await viewPolicy() }))
    .get('/dev/mailbox.json', async (c) => {
      const etag = `"${await mailbox.version()}"`
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, { etag })
      return c.json({ messages: await mailbox.list(c.req.query('to')) }, 200, { etag })
    })
    .delete('/dev/mailbox', async (c) => {
      await mailbox.clear()
      return c.body(null, 204)
    })
    .get('/dev/mailbox/:id/html', async (c) => {
      const message = await mailbox.find(c.req.param('id'))
      return message ? c.html(inNewTabs(message.html), 200, { 'content-security-policy': framePolicy }) : c.notFound()
    })
    .get('/dev/mailbox/:id/source', async (c) => {
      const message = await mailbox.find(c.req.param('id'))
      return message ? c.text(sourceOf(message)) : c.notFound()
    })

/**
 * Refuses whoever is not at this machine's own browser: another name that resolves to it (DNS rebinding), and other
 * sites that would clear the mailbox. No other site can read an answer, for none of them allows it by CORS.
 */
const onlyHere = createMiddleware(async (c, next) => {
  const site = c.req.header('sec-fetch-site')
  const isAnotherSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  const { origin } = new URL(c.req.url)
  if (!isLoopback(origin)) return c.text('The mailbox answers to localhost alone.', 403)
  if (c.req.method === 'DELETE' && (isAnotherSite || (c.req.header('origin') ?? origin) !== origin)) {
    return c.text('Only the mailbox itself clears it.', 403)
  }
  await next()
  c.header('cache-control', 'no-store')
  c.header('x-content-type-options', 'nosniff')
  c.header('referrer-policy', 'no-referrer')
  c.header('cross-origin-resource-policy', 'same-origin')
  if (!c.res.headers.has('content-security-policy')) c.header('content-security-policy', "default-src 'none'")
  return undefined
})

const viewPolicy = async (): Promise<string> =>
  `default-src 'none'; script-src ${await hashSource(viewScript)}; style-src ${await hashSource(viewStyle)}; ` +
  "connect-src 'self'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

/** A message is hostile: no script, no form, no origin of ours; it has but its styles, its images and links. */
const framePolicy =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
  "img-src https: http: data:; form-action 'none'; frame-ancestors 'self'; base-uri 'self'"

/** Links open beside the mailbox. The doctype stays in front, or the browser would fall back to quirks. */
const inNewTabs = (text: string): string =>
  /<head\b[^>]*>/i.test(text)
    ? text.replace(/<head\b[^>]*>/i, '$&<base target="_blank">')
    : `<base target="_blank">${text}`

const sourceOf = ({
  id,
  from,
  to,
  subject,
  sentAt,
  text,
  html: page,
}: NonNullable<Awaited<ReturnType<Mailbox['find']>>>) =>
  `Id: ${id}\nDate: ${sentAt}\nFrom: ${from}\nTo: ${to}\nSubject: ${subject}\n\n----- text/plain -----\n\n${text}\n` +
  `----- text/html -----\n\n${page}`

const view = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox</title>
<style>${raw(viewStyle)}</style>
</head>
<body>
<header>
<h1>Mailbox</h1>
<p id="count" role="status"></p>
<button type="button" id="clear">Clear all</button>
</header>
<main>
<nav aria-label="Messages">
<p id="empty" hidden>No message yet. Whatever the service mails appears here at once: register somebody, or ask for a link.</p>
<ul id="list"></ul>
</nav>
<article id="message" aria-labelledby="subject" hidden>
<a id="back" href="#">‹ All messages</a>
<h2 id="subject" tabindex="-1" dir="auto"></h2>
<p id="facts"></p>
<ul id="actions"></ul>
<div role="tablist" aria-label="Views">
<button type="button" role="tab" id="html" aria-controls="pane">HTML</button>
<button type="button" role="tab" id="text" aria-controls="pane">Text</button>
<button type="button" role="tab" id="source" aria-controls="pane">Source</button>
</div>
<div id="pane" role="tabpanel"></div>
</article>
</main>
<script type="module">${raw(viewScript)}</script>
</body>
</html>`
