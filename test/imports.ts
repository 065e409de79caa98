export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly text: string
}

interface Layer {
  readonly name: string
  readonly files: RegExp
  /** Paths of ours that it may import. `$1` is what the first group of `files` found. */
  readonly imports: readonly string[]
  /** Packages that it alone may name, beside the layers that list them too. */
  readonly packages: readonly string[]
  readonly typesOnly?: readonly string[]
}

const feature = 'src/features/([^/]+)'

/** The table of docs/architecture: the first layer whose `files` match is the file's. */
const layers: readonly Layer[] = [
  {
    name: 'base',
    files: /^src\/base\//,
    imports: ['src/base/'],
    packages: [],
    typesOnly: ['drizzle-orm'],
  },
  {
    name: 'messages',
    files: /^src\/messages\//,
    imports: ['src/messages/', 'src/base/'],
    packages: ['hono/html'],
  },
  {
    name: 'identity',
    files: /^src\/identity\//,
    imports: ['src/identity/', 'src/messages/', 'src/base/'],
    packages: ['drizzle-orm', 'jose', 'zod', 'bowser'],
  },
  {
    name: 'http',
    files: /^src\/http\//,
    imports: ['src/http/', 'src/identity/', 'src/messages/', 'src/base/'],
    packages: ['hono', 'zod'],
  },
  {
    name: 'routes',
    files: new RegExp(`^${feature}/(?:routes|page)\\.tsx?$`),
    imports: ['src/features/$1/', 'src/http/', 'src/identity/', 'src/messages/', 'src/base/'],
    packages: ['hono', 'zod'],
  },
  {
    name: 'store',
    files: new RegExp(`^${feature}/(?:store|schema|user-data)\\.ts$`),
    imports: ['src/features/$1/schema.ts', 'src/identity/', 'src/messages/', 'src/base/'],
    packages: ['drizzle-orm'],
  },
  {
    name: 'service',
    files: new RegExp(`^${feature}/[^/]+\\.ts$`),
    imports: ['src/features/$1/', 'src/identity/', 'src/messages/', 'src/base/'],
    packages: [],
  },
  {
    name: 'adapters',
    files: /^src\/adapters\//,
    imports: ['src/adapters/', 'src/base/'],
    packages: [
      '@libsql/client',
      'drizzle-orm',
      '@phi-ag/argon2',
      'nodemailer',
      'worker-mailer',
      'cloudflare:',
      'node:',
    ],
  },
  {
    name: 'app',
    files: /^src\/app\.ts$/,
    imports: ['src/features/', 'src/http/', 'src/identity/', 'src/messages/', 'src/base/'],
    packages: ['hono'],
  },
  {
    name: 'dev',
    files: /^src\/dev\//,
    imports: ['src/dev/', 'src/app.ts', 'src/http/', 'src/base/'],
    packages: ['hono'],
  },
  {
    name: 'entry of development',
    files: /^src\/entry\/dev\.ts$/,
    imports: ['src/dev/', 'src/app.ts', 'src/adapters/', 'src/base/', 'src/entry/'],
    packages: ['cloudflare:'],
  },
  {
    name: 'entry',
    files: /^src\/entry\/[^/]+\.ts$/,
    imports: ['src/app.ts', 'src/adapters/', 'src/base/', 'src/entry/'],
    packages: ['@hono/node-server', 'cloudflare:', 'node:', '#argon2', '#smtp'],
  },
  {
    name: 'client',
    files: /^src\/client\//,
    imports: ['src/client/'],
    packages: [],
    typesOnly: ['src/app.ts', 'hono'],
  },
]

interface Import {
  readonly from: string
  readonly isType: boolean
  /** Loaded when it is needed. */
  readonly isLate: boolean
}

/** What is wrong with the layers of these files, one line each: `<path>: <why>`. */
export const violations = (files: readonly SourceFile[]): string[] =>
  files.flatMap((file) => [...misplaced(file), ...forbidden(file)].map((why) => `${file.path}: ${why}`))

const misplaced = ({ path, text }: SourceFile): string[] => {
  const layer = layers.find(({ files }) => files.test(path))
  if (layer === undefined) return ['stands in no layer']
  const own = layer.files.exec(path)?.[1] ?? ''
  const allowed = layer.imports.map((prefix) => prefix.replace('$1', own))
  return importsOf(text).flatMap((one) => {
    const target = one.from.startsWith('.') ? resolve(path, one.from) : one.from
    const isTyped = one.isType && layer.typesOnly?.some((prefix) => names(target, prefix))
    if (isTyped) return []
    if (isBackwards(layer.name, target)) return [`imports ${target}, against the arrow`]
    const isOurs = one.from.startsWith('.')
    const may = isOurs
      ? allowed.some((prefix) => target.startsWith(prefix))
      : layer.packages.some((p) => names(target, p)) || isLibrary(layer, one)
    return may ? [] : [`${layer.name} may not import ${target}`]
  })
}

/** What one feature alone needs, it loads when that is needed, so that nobody else pays; never what a layer is made of. */
const isLibrary = (layer: Layer, { from, isLate }: Import): boolean =>
  layer.name === 'service' && isLate && !layers.some(({ packages }) => packages.some((p) => names(from, p)))

/** Inside a feature the arrow runs routes | page -> service -> store; what makes statements holds no driver. */
const isBackwards = (layer: string, target: string): boolean =>
  (layer === 'service' && /\/(?:routes|page)\.tsx?$/.test(target)) ||
  (['identity', 'store'].includes(layer) && /^drizzle-orm\/(?:libsql|d1|better-sqlite3)/.test(target))

/** Text -> why a file may not hold it, and where it may stand all the same. */
const rules: readonly { readonly found: RegExp; readonly why: string; readonly but?: RegExp }[] = [
  {
    found: /\bDate\.now\(|\bnew Date\(\s*\)|\bDate\(\)/,
    why: 'reads the time, which base/clock does',
    but: /^src\/base\/clock\.ts$/,
  },
  {
    found: /\bMath\.random\(/,
    why: 'takes randomness that can be guessed',
    but: /^src\/identity\/context\.ts$/,
  },
  {
    found: /\bcrypto\.(?:getRandomValues|subtle|randomUUID)\b/,
    why: 'does cryptography, which base/crypto does',
    but: /^src\/base\/crypto\.ts$/,
  },
  {
    found: /from 'zod(?!\/mini')|^import [^*]* from 'zod\/mini'/m,
    why: "imports more of zod than `* as z from 'zod/mini'`, which can be shaken",
  },
  { found: /\bprocess\.env\b(?!\.UV_THREADPOOL_SIZE\b)/, why: 'reads the environment', but: /^src\/entry\// },
  { found: /\bconsole\.\w+\(/, why: 'writes to the console', but: /^src\/adapters\/log\.ts$/ },
  { found: /\bsql\.raw\((?!\s*(?:'[^']*'|`[^`$]*`|String\(sessionsPerUser\))\s*\))/, why: 'makes raw SQL of a value' },
  { found: /\bsql\.identifier\((?!(?:table|column)\))/, why: 'names a column by a value' },
  { found: /\beval\(|\bnew Function\(/, why: 'runs text' },
  {
    found: /\bfrom 'node:crypto'|\bimport\('node:crypto'\)/,
    why: 'names another cryptography',
    but: /password-hash\/native\.ts$/,
  },
]

const forbidden = ({ path, text }: SourceFile): string[] => {
  const code = withoutComments(text)
  const broken = rules.filter(({ found, but }) => found.test(code) && !but?.test(path)).map(({ why }) => why)
  return isVague(path) ? [...broken, 'is called by no noun of the domain'] : broken
}

const isVague = (path: string): boolean =>
  path
    .split('/')
    .some((part) => /^(?:utils?|helpers?|common|shared|lib|misc|managers?|index)(?:\.tsx?)?$/.test(part)) &&
  !/^src\/(?:client\/index|features\/password\/common)\.ts$/.test(path)

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

const importsOf = (text: string): Import[] => {
  const code = withoutComments(text)
  const whole = [...code.matchAll(/^(?:import|export)\s+(type\s+)?([^'";]*?\bfrom\s+)?'([^']+)'/gm)]
  const late = [...code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)]
  return [
    ...whole.map(([, type, clause = '', from = '']) => ({
      from,
      clause,
      isType: type !== undefined || areTypes(clause),
      isLate: false,
    })),
    ...late.map(([, from = '']) => ({ from, isType: false, isLate: true })),
  ]
}

/** `{ type A, type B }` */
const areTypes = (clause: string): boolean => {
  const [, inner] = /^\{([^}]*)\}/.exec(clause.trim()) ?? []
  return inner?.split(',').every((one) => one.trim() === '' || one.trim().startsWith('type ')) ?? false
}

const names = (target: string, prefix: string): boolean =>
  target === prefix || target.startsWith(prefix.endsWith(':') ? prefix : `${prefix}/`)

const resolve = (path: string, to: string): string => {
  const parts = path.split('/').slice(0, -1)
  for (const part of to.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
