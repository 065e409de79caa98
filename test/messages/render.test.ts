import { expect, test } from 'vitest'
import { kinds, renderAll } from './sample.ts'

test('every kind of message renders as HTML and as text', () => {
  const rendered = renderAll('en')

  expect(rendered).toHaveLength(kinds.length)
  for (const [, message] of rendered) {
    expect(message.subject).not.toBe('')
    expect(message.text).toContain('203.0.113.7')
    expect(message.html).toContain('203.0.113.7')
  }
})
