import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import { test as base, expect, inject, vi } from 'vitest'
import { chromium, howToInstall } from './chromium.ts'

/** One person's browser, on the service of development, at an address of its own: an address has so many requests a minute. */
export interface Visitor {
  /** The address that they give. */
  readonly email: string
  readonly page: Page
  /** POSTs JSON as the app does, with the cookies of this browser. */
  post(path: string, body: object): Promise<{ readonly status: number; readonly body: Answer }>
  /** GETs JSON as the app does. */
  read(path: string): Promise<Answer>
  /** DELETEs as the app does. */
  erase(path: string): Promise<number>
  session(): Promise<Answer>
  /** The messages for this address, the newest first. */
  mail(): Promise<{ readonly subject: string; readonly links: string[]; readonly code: string | null }[]>
  /** The link to this path under `/auth` in the newest message that has one, once it has arrived. */
  link(path: string): Promise<string>
  /** Opens that link from the mailbox, as a person does, and answers the tab in which it opened. */
  open(path: string): Promise<Page>
}

interface VisitOptions extends BrowserContextOptions {
  /** Which of the two services: whether a proven address is optional there, or required. */
  readonly verification?: 'optional' | 'required'
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever was answered
export type Answer = any

export const password = 'correct horse battery staple'

interface Fixtures {
  /** Somebody new, in a browser of their own. */
  visit(options?: VisitOptions): Promise<Visitor>
}

const flags = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Milliseconds in which a message arrives, after the answer to what asked for it. */
const patience = { timeout: 20_000, interval: 50 }

let people = 0

/**
 * A test with a browser. It fails on whatever a page reports as an error: a script that broke, a policy that was not
 * kept, a dialog that nobody asked for. On a machine without Chromium it is left out, but never where `CI` is set.
 */
export const test = base.extend<Fixtures & { browser: Browser }>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs off its pattern
    async ({}, use) => {
      const browser = await playwright.launch({ executablePath: chromium ?? '', args: flags })
      await use(browser)
      await browser.close()
    },
    { scope: 'worker' },
  ],
  async visit({ browser }, use) {
    const complaints: string[] = []
    await use(async ({ verification = 'optional', ...options } = {}) => {
      const dev = inject('services')[verification]
      const context = await browser.newContext({
        baseURL: dev,
        locale: 'en-US',
        extraHTTPHeaders: {
          'x-auth-proxy-secret': inject('proxySecret'),
          'x-auth-client-address': `198.18.${crypto.getRandomValues(new Uint8Array(2)).join('.')}`,
        },
        ...options,
      })
      const headers = { origin: dev }
      context.on('weberror', (error) => complaints.push(String(error.error())))
      context.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      context.on('dialog', (dialog) => {
        complaints.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      const email = `ada.${people++}.${Date.now()}@example.com`
      const mail: Visitor['mail'] = async () =>
        (await (await context.request.get(`/dev/mailbox.json?to=${email}`)).json()).messages
      const read: Visitor['read'] = async (path) => (await context.request.get(path)).json()
      const page = await context.newPage()
      /** The newest message with a link to `path`, once it has arrived, and that link. */
      const linking = (path: string) =>
        vi.waitFor(async () => {
          const found = (await mail()).flatMap(({ subject, links }) => links.map((url) => ({ subject, url })))
          const [newest] = found.filter(({ url }) => new URL(url).pathname === `/auth/${path}`)
          if (newest === undefined) throw new Error(`No link to ${path} among ${JSON.stringify(found)}`)
          return newest
        }, patience)
      return {
        email,
        page,
        mail,
        link: async (path) => (await linking(path)).url,
        async open(path) {
          const { subject } = await linking(path)
          await page.goto('/dev/mailbox')
          const messages = page.getByRole('navigation').getByRole('link', { name: subject })
          await messages.filter({ hasText: email }).first().click()
          const opener = page.getByRole('link', { name: `Open /auth/${path}`, exact: true })
          const [opened] = await Promise.all([page.waitForEvent('popup'), opener.click()])
          return opened
        },
        async post(path, data) {
          const answer = await context.request.post(path, { data, headers })
          const text = await answer.text()
          return { status: answer.status(), body: text === '' ? undefined : JSON.parse(text) }
        },
        erase: async (path) => (await context.request.delete(path, { headers })).status(),
        read,
        session: () => read('/auth/session'),
      }
    })
    await Promise.all(browser.contexts().map((context) => context.close()))
    expect(complaints.filter((text) => !isAnswer(text))).toEqual([])
  },
})

/** Chromium reports every answer of 400 or more and every broken connection, which a page may well expect. */
const isAnswer = (text: string): boolean => text.startsWith('Failed to load resource')

if (chromium === undefined && process.env.CI) throw new Error(howToInstall)
base.beforeEach(({ skip }) => skip(chromium === undefined, howToInstall))
