import { readFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { unstable_startWorker } from 'wrangler'
import { quietly } from '../../scripts/wrangler.ts'
import { newMail, patient } from './mails.ts'

/** What the runtime says of each message that it takes: how it is addressed, and the files of its parts. */
const said: string[] = []
let url: URL
beforeAll(async () => {
  Object.assign(process.env, quietly)
  const print = vi.spyOn(console, 'log').mockImplementation((line: unknown) => void said.push(String(line)))
  const worker = await unstable_startWorker({
    name: 'mail',
    entrypoint: join(import.meta.dirname, 'cloudflare-worker.ts'),
    compatibilityDate: '2026-09-18',
    envFiles: [devNull],
    bindings: { EMAIL: { type: 'send_email' } },
    dev: {
      persist: false,
      server: { hostname: '127.0.0.1', port: 0 },
      inspector: false,
      watch: false,
      logLevel: 'info',
    },
  })
  url = await worker.url
  return async () => {
    await worker.dispose()
    print.mockRestore()
  }
}, 60_000)

test('a message by the binding EMAIL leaves as it was written: sender, recipient, subject, text and HTML', async () => {
  const mail = newMail()

  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(mail) })

  const report = () => said.find((line) => line.includes(`To: ${mail.to}\n`)) ?? ''
  await expect.poll(report, { timeout: patient }).toMatch(/HTML: /)
  const [, text = '', html = ''] = /Text: (.+)\nHTML: (.+)/.exec(report()) ?? []
  expect(await answer.json()).toEqual({ status: 'taken' })
  expect(report()).toContain(`From: "Acme \\"the best\\", Inc." <${mail.from.address}>\nTo: ${mail.to}\n`)
  expect(report()).toContain(`Subject: ${mail.subject}\n`)
  expect(await readFile(text, 'utf8')).toBe(mail.text)
  expect(await readFile(html, 'utf8')).toBe(mail.html)
})
