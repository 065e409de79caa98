import { html } from 'hono/html'
import type { Brand } from '../base/mail-settings.ts'
import type { Block, Phrase } from './blocks.ts'
import type { Language } from './language.ts'
import type { LanguageTag } from './languages.ts'

interface Page {
  readonly tag: LanguageTag
  readonly language: Language
  readonly brand: Brand
  readonly subject: string
  /** What mail clients show beside the subject. */
  readonly preview: Phrase
  readonly heading: Phrase
  readonly blocks: readonly Block[]
}

type Html = ReturnType<typeof html>

/**
 * One column without tables. Colours other than the button's stand in `style` alone, light and dark together: a client
 * that drops it shows its own colours, and one that keeps it without the media query shows the light ones.
 */
export const printHtml = ({ tag, language, brand, subject, preview, heading, blocks }: Page): string =>
  String(html`<!doctype html>
<html lang="${tag}" dir="${language.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<meta name="x-apple-disable-message-reformatting">
<title>${subject}</title>
<style>
:root{color-scheme:light dark}
.ground{background:#f6f6f7;color:#1b1b1f}
.page{background:#fdfdfd;color:#1b1b1f}
@media (prefers-color-scheme:dark){
.ground{background:#131316!important;color:#ececf0!important}
.page{background:#1d1d21!important;color:#ececf0!important}
.logo{background:#e4e4e9!important;padding:8px!important;border-radius:8px!important}
}
</style>
</head>
<body class="ground" style="margin:0;padding:0">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${phrase(preview)}</div>
<div class="ground" style="padding:24px 12px">
<div class="page" lang="${tag}" dir="${language.direction}" style="max-width:440px;margin:0 auto;padding:28px 24px 12px;border-radius:12px;font:16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans Arabic',Arial,sans-serif;text-align:start;overflow-wrap:break-word">
${letterhead(brand)}
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600">${phrase(heading)}</h1>
${blocks.map((block) => print(block, language, brand))}
</div>
</div>
</body>
</html>
`)

const letterhead = ({ name, logo }: Brand): Html =>
  logo === null
    ? html`<p style="margin:0 0 24px;font-weight:600"><bdi>${name}</bdi></p>`
    : html`<p style="margin:0 0 24px"><img class="logo" src="${logo}" alt="${name}" height="32" style="height:32px;max-width:200px;border:0;font-weight:600"></p>`

const print = (block: Block, { labels }: Language, brand: Brand): Html => {
  switch (block.type) {
    case 'paragraph':
      return html`<p style="margin:0 0 16px">${phrase(block.text)}</p>`
    case 'button':
      return html`<p style="margin:24px 0"><a href="${block.url}" style="${buttonStyle(brand.color)}">${block.label}</a></p>
<p style="${small}">${labels.link} ${inFull(block.url)}</p>`
    case 'link':
      return html`<p style="${small}">${block.label}: ${inFull(block.url)}</p>`
    case 'code':
      return html`<p dir="ltr" style="${codeStyle}">${block.code}</p>`
    case 'list':
      return html`<div style="${listStyle}">${block.title === undefined ? '' : html`<b>${block.title}:</b><br>`}${block.rows.map(
        ([label, value]) => html`${label}: <bdi>${value}</bdi><br>`,
      )}</div>`
  }
}

const phrase = (pieces: Phrase) =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : html`<bdi>${piece.value}</bdi>`))

const inFull = (url: string): Html =>
  html`<a href="${url}" dir="ltr" style="display:block;color:inherit;word-break:break-all">${url}</a>`

const small = 'margin:0 0 16px;font-size:14px;opacity:.75'
const listStyle =
  'margin:24px 0 16px;padding:16px 0 0;border-top:1px solid rgba(127,127,127,.3);font-size:14px;opacity:.75'
const codeStyle =
  'margin:24px 0;padding:16px 8px;border:1px solid rgba(127,127,127,.4);border-radius:8px;text-align:center;' +
  'font:600 28px/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.15em'

/** The border keeps a button visible whose colour is that of the page. */
const buttonStyle = (color: string): string =>
  `display:inline-block;padding:12px 22px;border:1px solid rgba(127,127,127,.4);border-radius:8px;background:${color};` +
  `color:${inkOn(color)};font-weight:600;text-decoration:none`

/**
 * Black or white, whichever reads better on `#rrggbb`; the worse of the two best is 4.58 to 1.
 * @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
 */
export const inkOn = (color: string): string => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff'
}
