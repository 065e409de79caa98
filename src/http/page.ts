import type { Context, Handler } from 'hono'
import { html, raw } from 'hono/html'
import { sha256 } from '../base/crypto.ts'
import type { Brand } from '../base/mail-settings.ts'
import type { Core } from '../identity/core.ts'
import { noted } from './contract.ts'
import type { Env } from './env.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import { englishPages, type PageKind, type PageTexts } from './page-texts.ts'

/** What a link of a message opens. GET shows it and consumes nothing; its button posts to the very same path. */
export const page = (core: Core, kind: PageKind): Handler<Env> => {
  const { brand, passwordMin } = core.config
  const style = pageStyle(brand.color)
  let policy: Promise<string> | undefined
  const handler = async (c: Context<Env>) => {
    policy ??= policyOf(style, brand.logo)
    c.header('content-security-policy', await policy)
    const texts = englishPages(brand.name, passwordMin)
    return c.html(markup({ kind, brand, style, texts, language: 'en' }))
  }
  const summary = `The page for a link: ${englishPages('', 0).pages[kind].title}`
  return noted(handler, { doc: { summary, responses: { 200: 'html' } } })
}

interface View {
  readonly kind: PageKind
  readonly brand: Brand
  readonly style: string
  readonly texts: PageTexts
  readonly language: string
}

/** Nothing runs, looks or is fetched but what stands here, and nobody frames it. */
const policyOf = async (style: string, logo: string | null): Promise<string> =>
  [
    "default-src 'none'",
    `script-src ${await hashOf(pageScript)}`,
    `style-src ${await hashOf(style)}`,
    ...(logo === null ? [] : [`img-src ${new URL(logo).origin}`]),
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

/** @see https://www.w3.org/TR/CSP3/#grammardef-hash-source */
const hashOf = async (text: string): Promise<string> =>
  `'sha256-${(await sha256(text)).replaceAll('-', '+').replaceAll('_', '/')}='`

const markup = ({ kind, brand, style, texts, language }: View) => {
  const { title, lead, button, done } = texts.pages[kind]
  const { refusals, challenge, working, show, hide } = texts
  const spoken = JSON.stringify({ done, refusals, challenge, working, show, hide })
  const leads = kind === 'disown' ? 'nowhere' : 'on'
  return html`<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${brand.name}</title>
<style>${raw(style)}</style>
</head>
<body>
<p class="brand">${brand.logo === null ? brand.name : html`<img src="${brand.logo}" alt="${brand.name}">`}</p>
<main>
<h1>${title}</h1>
<noscript><p>${texts.noScript}</p></noscript>
<form hidden data-leads="${leads}" data-texts="${spoken}">
<p>${lead}</p>
${kind === 'reset' ? passwordField(texts) : ''}
<button type="submit">${button}</button>
</form>
<p id="outcome" role="status" tabindex="-1"></p>
<a id="on" href="/" hidden>${texts.goOn}</a>
</main>
<script type="module">${raw(pageScript)}</script>
</body>
</html>`
}

const passwordField = ({ newPassword, passwordHint, show }: PageTexts) => html`
<label for="password">${newPassword}</label>
<div class="field">
<input id="password" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false"
 required dir="ltr" aria-describedby="hint outcome">
<button type="button" id="peek" aria-controls="password">${show}</button>
</div>
<p class="hint" id="hint">${passwordHint}</p>`
