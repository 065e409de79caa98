import type { Context } from 'hono'
import { html, raw } from 'hono/html'
import type { Brand } from '../base/mail-settings.ts'
import type { Core } from '../identity/core.ts'
import { en } from '../messages/en.ts'
import type { Language } from '../messages/language.ts'
import { chooseLanguage, type LanguageTag, languages } from '../messages/languages.ts'
import type { Pages } from '../messages/page-words.ts'
import { noted } from './contract.ts'
import type { Env } from './env.ts'
import { hashSource } from './hash-source.ts'
import { pageScript } from './page-script.ts'
import { otherWays, stepForm } from './page-step.ts'
import { stepScript } from './page-step-script.ts'
import { pageStyle } from './page-style.ts'

/** What a link of a message opens. GET shows it and consumes nothing; its button posts to the very same path. */
export const page = (core: Core, kind: keyof Pages) => {
  const { brand, passwordMin } = core.config
  const style = pageStyle(brand.color)
  const script = kind === 'signIn' ? `${pageScript}${stepScript}` : pageScript
  let policy: string | undefined
  const handler = async (c: Context<Env>) => {
    policy ??= await policyOf({ script, style, logo: brand.logo })
    c.header('content-security-policy', policy)
    const tag = chooseLanguage(null, c.req.header('accept-language') ?? null)
    return c.html(markup({ kind, brand, script, style, passwordMin, tag }))
  }
  return noted(handler, {
    doc: { summary: `The page for a link: ${en.pages[kind].title}`, responses: { 200: 'html' } },
  })
}

interface View {
  readonly kind: keyof Pages
  readonly brand: Brand
  readonly script: string
  readonly style: string
  readonly passwordMin: number
  readonly tag: LanguageTag
}

interface Parts {
  readonly script: string
  readonly style: string
  readonly logo: string | null
}

/** Nothing runs, looks or is fetched but what stands here, and nobody frames it. */
const policyOf = async ({ script, style, logo }: Parts): Promise<string> =>
  [
    "default-src 'none'",
    `script-src ${await hashSource(script)}`,
    `style-src ${await hashSource(style)}`,
    ...(logo === null ? [] : [`img-src ${new URL(logo).origin}`]),
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')

const markup = ({ kind, brand, script, style, passwordMin, tag }: View) => {
  const language: Language = languages[tag]
  const { title, body, button, done } = language.pages[kind]
  const { pageFailures: failures, pageBusy: busy, pageLabels: labels } = language
  const spoken = JSON.stringify({ done, failures, busy, labels })
  return html`<!doctype html>
<html lang="${tag}" dir="${language.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${brand.name}</title>
<style>${raw(style)}</style>
</head>
<body>
<p class="brand">${brand.logo === null ? html`<bdi>${brand.name}</bdi>` : html`<img src="${brand.logo}" alt="${brand.name}">`}</p>
<main>
<h1 tabindex="-1">${title}</h1>
<noscript><p>${failures.scriptNeeded}</p></noscript>
<form hidden data-texts="${spoken}">
<p>${body}</p>
${kind === 'reset' ? passwordField(language, passwordMin) : ''}
<button type="submit">${button}</button>
</form>
${kind === 'signIn' ? stepForm(language) : ''}
<p id="outcome" role="status"></p>
${kind === 'signIn' ? otherWays(language) : ''}
${kind === 'disown' ? '' : html`<a id="on" href="/" hidden>${labels.goOn.replace('{product}', () => brand.name)}</a>`}
</main>
<script type="module">${raw(script)}</script>
</body>
</html>`
}

const passwordField = ({ pages, pageLabels }: Language, passwordMin: number) => html`
<label for="password">${pages.reset.label}</label>
<div class="field" dir="ltr">
<input id="password" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false"
 required aria-describedby="hint outcome">
<button type="button" id="peek" aria-controls="password">${pageLabels.show}</button>
</div>
<p class="hint" id="hint">${pages.reset.hint.replace('{min}', String(passwordMin))}</p>`
