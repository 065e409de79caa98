import { expect, test } from 'vitest'

const sources: Record<string, string> = import.meta.glob('../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
})
/** A text of the source that a browser runs. */
const inBrowser = /Script = `[^`]*`/g
const files = Object.entries(sources).map(([path, text]) => ({
  path: path.replace('../src/', ''),
  text: text.replace(inBrowser, ''),
}))

/** What outlives a request, and why it cannot carry anything of one to another. */
const allowed: Readonly<Record<string, string>> = {
  'adapters/password-hash/edge.ts argon2id': 'one instance of wasm: it empties its input, and hashes one at a time',
  'adapters/password-hash/native.ts argon2id': 'counts hashes under way, and keeps none',
  'adapters/password-hash/workers.ts argon2id': 'one instance of wasm: it empties its input, and hashes one at a time',
  'base/public-suffixes.ts suffixes': 'a table of the source, unpacked when first used',
  'dev/mailbox.ts forgetOldest': 'a text of SQL',
  'dev/mailbox.ts table': 'a text of SQL',
  'dev/routes.ts onlyHere': 'a pure function of a request',
  'entry/dev.ts service': 'the service itself: what it keeps is told by its parts',
  'entry/node.ts service': 'the service itself: what it keeps is told by its parts',
  'entry/node.ts timer': 'runs the job',
  'entry/node.ts { waitUntil, finished }': 'what goes on after answers, for the end to wait for',
  'entry/vercel.ts service': 'the service itself: what it keeps is told by its parts',
  'entry/worker.ts service': 'the service itself: what it keeps is told by its parts',
  'features/password/common-passwords.ts listed': 'a table of the source, unpacked when first used',
  'http/contract.ts notes': 'what routes say of themselves, filled while they are mounted',
  'identity/session-views.ts names': 'a pure function remembered: the name of a browser by its User-Agent',
  'messages/languages.ts languageTags': 'names of the languages, read off the source',
}

/** Makes a value that nobody can put anything into. */
const makesConstants =
  /^(?:z\.|sql\b|sqliteTable\(|prepare\(|parsedBy\(|text\(|settings\.map\(|Int8Array\.from\(|Symbol\.for\()/

const isEmptyCollection = (value: string) => /^(?:new (?:Weak)?(?:Map|Set)(?:<.*>)?\(\)|\[\]|\{\})/.test(value)
const isMade = (value: string) =>
  /^(?:(?:await )?[\w.]+\(|new (?!Map|Set|RegExp|TextEncoder|TextDecoder)\w+)/.test(value)
const isChanged = (name: string, text: string) =>
  new RegExp(`\\b${name}(?:\\.(?:push|unshift|splice|set|add|delete)\\(|\\[[^\\]]+\\] = )`).test(text)

/** Names of what a file keeps at module scope and could change: in formatted source they begin a line. */
const keptBy = (text: string): string[] => {
  const declaration = /^(?:export )?(let|var|const) (\w+|\{[^}]*\})(?:: .+?)?(?: =\s+(.*))?$/gm
  return [...text.matchAll(declaration)].flatMap(([, kind, name = '', value = '']) => {
    if (kind !== 'const') return [name]
    if (makesConstants.test(value)) return []
    return isEmptyCollection(value) || isMade(value) || isChanged(name, text) ? [name] : []
  })
}

test('CVE-2025-67490, CVE-2026-40155: nothing at module scope can carry one request to another', () => {
  const kept = files.flatMap(({ path, text }) => keptBy(text).map((name) => `${path} ${name}`))

  expect(files.length).toBeGreaterThan(60)
  expect(kept.sort()).toEqual(Object.keys(allowed))
})

test.each([
  'let current: Session | undefined',
  'export let current = 0',
  'var current',
  'const sessions = new Map<string, Session>()',
  'export const sessions: Map<string, Session> = new Map()',
  'const seen = new WeakSet()',
  'const waiting: Session[] = []',
  'const last = {}',
  'const last: { session?: Session } = {}',
  'const limiter = memoryLimiter(30, systemClock)',
  'const client = await connect()',
  'const client = new Client(url)',
  "const roles = ['user']\nroles.push('admin')",
  'const byId: Record<string, User> = { ...known }\nexport const keep = (user: User) => {\n  byId[user.id] = user\n}',
  'export const hints = memoryHints(\n  systemClock,\n)',
])('such as %s', (text) => {
  expect(keptBy(text)).toHaveLength(1)
  expect(keptBy(`const inside = () => {\n  ${text.replaceAll('\n', '\n  ')}\n}`)).toEqual([])
})
