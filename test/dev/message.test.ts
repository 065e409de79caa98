import { expect, test } from 'vitest'
import { codeIn, linksIn } from '../../src/dev/message.ts'
import { renderAll } from '../messages/sample.ts'

test.each<[what: string, html: string, text: string, links: string[]]>([
  ['an anchor', '<a href="https://a.example/x#token=1">x</a>', '', ['https://a.example/x#token=1']],
  ['an anchor with other attributes', `<a class='b' href='https://a.example'>x</a>`, '', ['https://a.example']],
  ['an escaped address', '<a href="https://a.example/?b=1&amp;c=&#39;">x</a>', '', ["https://a.example/?b=1&c='"]],
  ['a line of the text', '', 'Open this:\nhttps://a.example/x#token=1\n', ['https://a.example/x#token=1']],
  [
    'a sentence of the text',
    '',
    'See https://a.example/x, or (https://b.example/y).',
    ['https://a.example/x', 'https://b.example/y'],
  ],
  [
    'both',
    '<a href="https://a.example/2"></a><a href="https://a.example/1"></a>',
    'https://a.example/1 https://a.example/3',
    ['https://a.example/2', 'https://a.example/1', 'https://a.example/3'],
  ],
  ['the logo', '<img src="https://a.example/logo.png"><link href="https://a.example/x.css">', '', []],
  [
    'what is no link of the web',
    '<a href="javascript:alert(1)">x</a><a href="mailto:a@b.example">y</a><a name="z">',
    '',
    [],
  ],
])('the links of a message: %s', (_, html, text, links) => {
  expect(linksIn(html, text)).toEqual(links)
})

test('of the messages that are sent, those with a link or a code tell it, and nothing else', () => {
  const found = renderAll('en', { name: 'Acme', logo: 'https://cdn.example.com/logo.png', color: '#2563eb' }).map(
    ([kind, { html, text }]) => {
      const paths = linksIn(html, text).map((url) => new URL(url).pathname)
      return [kind, ...paths, ...(codeIn(text) ? ['a code'] : [])]
    },
  )

  expect(found.filter(([, ...more]) => more.length > 0)).toEqual([
    ['verify_email', '/auth/email/verify', '/auth/email/disown'],
    ['reset_password', '/auth/password/reset'],
    ['change_email', '/auth/email/change/confirm'],
    ['email_changed', '/auth/email/change/undo'],
    ['sign_in_link', '/auth/email/sign-in'],
    ['sign_in_code', 'a code'],
    ['confirm_code', 'a code'],
  ])
})

test.each([
  ['7K3MX9QP', '7K3MX9QP'],
  ['7K3M-X9QP', '7K3M-X9QP'],
  ['7K3M X9QP', '7K3M X9QP'],
])('the code of a message is the line %s', (line, code) => {
  expect(codeIn(`Enter this code:\n\n${line}\n\nIt works once.\n`)).toBe(code)
  expect(codeIn(`Enter ${line} or ask for another.\n`)).toBeNull()
})
