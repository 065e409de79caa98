import { origin } from '../harness.ts'

const own = new URL(origin).host
const evilevil = 'evilevil.example'

/** What has led a parser, or a browser, away from the origin that a check had seen. */
const prefixes = [
  ...['//', '///', '////', '\\\\', '/\\', '\\/', '/\\/', '\\/\\/', '/\\\\', '//\\', '\\\\\\'],
  ...['/\t/', '/\n/', '/\r/', '\t//', '\n//', ' //', '\u0000//', '\u00a0//', '\u2028//', '\ufeff//', '/\u0009\\'],
  ...['%2f%2f', '%2F%2F', '/%2f', '/%2F/', '%5c%5c', '/%5c', '%5C/', '%252f%252f', '%09//', '/%09/', '%0a//', '%00//'],
  ...['/.//', '/..//', '/./\\', './/', '..//', '//;', '/;//', '?//', '#//', '@', ':', '//:', '//@', '/.%2f/', '/%2e//'],
  ...[
    'https:',
    'https:/',
    'https://',
    'https:///',
    'https:\\\\',
    'https:/\\',
    'https:\\',
    'https:%2f%2f',
    'https:\t//',
  ],
  ...['http:', 'http://', 'HTTPS://', 'hTTps:', 'h\tttps://', 'ht\ntps://', ' https://', '\u0001https://', '\thttps:'],
  ...['https://www.', 'https://user@', 'https://user:pass@', 'https://@', 'https://:@', 'https://%40'],
  ...['ftp://', 'ws://', 'wss://', 'file://', 'blob:https://', 'view-source:https://', 'feed:https://', 'jar:https://'],
  ...['intent://', 'android-app://', 'about://', 'x:', 'urn:', 'mailto:a@', 'https://https://', 'https:https://'],
  ...['https:／／', '／／', '⁄⁄', '∕∕', '。。', 'https:⫽', '//\u200b', 'https://\u00ad', 'https://\u2060'],
]

/** What made a text look like our own origin. */
const disguises = ['', '/auth/session', `?${own}`, `#${own}`, `/${origin}`, `\\@${own}`, `%00.${own}`, `:443/.${own}`]

const lookalikes = [
  `https://${own}@${evilevil}`,
  `https://${own}:443@${evilevil}`,
  `https://${own}%40${evilevil}`,
  `https://${own}\\@${evilevil}`,
  `https://${own}\\.${evilevil}`,
  `https://${own}%00@${evilevil}`,
  `https://${own}%2f@${evilevil}`,
  `https://${own}#@${evilevil}`,
  `https://${own}?@${evilevil}`,
  `//${own}@${evilevil}`,
  `https://${own}.${evilevil}`,
  `https://${own}.evilevil`,
  `https://${own}evilevil`,
  `https://evilevil${own}`,
  `https://evilevil-${own}`,
  `https://evilevil.${own}`,
  `https://${own.replaceAll('.', '-')}.${evilevil}`,
  `https://${own.replace('.', 'x')}/evilevil`,
  `https://${own}./evilevil`,
  `https://${own}:8443/evilevil`,
  `https://${own}:80/evilevil`,
  `https://${own}:0443/evilevil`,
  `http://${own}/evilevil`,
  'https://example.com/evilevil',
  'https://a.evilevil.preview.example.com',
  'https://evilevilpreview.example.com',
  'https://evilevil.preview.example.com.evilevil',
  'https://*.evilevil.example',
  'https://preview.example.com.evilevil.example',
  'https://[::1]/evilevil',
  'https://127.0.0.1/evilevil',
  'https://2130706433/evilevil',
  'https://0x7f.1/evilevil',
  'https://[::ffff:198.51.100.1]/evilevil',
  'https://localhost/evilevil',
  'https://ｅｖｉｌｅｖｉｌ.example',
  'https://evilevil。example',
  'https://evilevil%E3%80%82example',
  'https://ev\u0131l.example/evilevil',
  'https://\u0435vil.example/evilevil',
  'https://xn--vil-8cd.example/evilevil',
  `https://${own.replace('a', '\u0430')}/evilevil`,
  '/\r\nLocation: https://evilevil.example',
  '/%0d%0aLocation:%20https://evilevil.example',
  '/\u560d\u560aSet-Cookie: evilevil=1',
  '/"><script>evilevil()</script>',
]

const scripts = [
  ...[
    'javascript:',
    'JavaScript:',
    'JAVASCRIPT:',
    ' javascript:',
    'java\tscript:',
    'java\nscript:',
    '\u0001javascript:',
  ],
  ...[
    'javascript\t:',
    'javascript&colon;',
    'javascript%3a',
    'javascript://%0a',
    `javascript://${own}/%0a`,
    'vbscript:',
  ],
  ...['data:text/html,', 'data:,', 'DATA:text/html;base64,', 'data:text/html;charset=utf-8,', 'livescript:', 'mocha:'],
].map((scheme) => `${scheme}evilevil()`)

/** Targets that lead to a page of somebody else; `evilevil` stands in each of them. */
export const hostileTargets: readonly string[] = [
  ...new Set([
    ...prefixes.flatMap((prefix, at) => [
      `${prefix}${evilevil}`,
      `${prefix}${evilevil}${disguises[1 + (at % (disguises.length - 1))]}`,
    ]),
    ...disguises.map((disguise) => `https://${evilevil}${disguise}`),
    ...lookalikes,
    ...scripts,
  ]),
]
