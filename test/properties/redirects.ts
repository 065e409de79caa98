import { origin, type Server } from '../harness.ts'
import { hostileTargets } from './hostile-targets.ts'
import { exampleOf, goodRequest, type Operation, operationsOf, takesText } from './operations.ts'

/** Names under which services everywhere take the place to go to next. */
const names = [
  ...['redirect', 'redirect_uri', 'redirect_url', 'redirectUri', 'redirectUrl', 'redirectTo', 'redirect_to'],
  ...['callback', 'callbackURL', 'callback_url', 'next', 'continue', 'return', 'returnTo', 'return_to', 'returnUrl'],
  ...['url', 'uri', 'target', 'dest', 'destination', 'goto', 'to', 'from', 'origin', 'back', 'rurl', 'service', 'ref'],
  ...['post_logout_redirect_uri', 'errorCallbackURL', 'newUserCallbackURL', 'error_uri', 'RelayState', 'state', 'host'],
]

const headerNames = [
  ...['referer', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix', 'x-original-url', 'x-rewrite-url'],
  ...['x-host', 'x-redirect-to', 'x-callback-url', 'x-forwarded-server', 'forwarded', 'destination', 'location'],
]

/** Requests between two that are sure to be answered well. */
const chunk = 24

/** Sends every target through every parameter of every route, or of one; tells of each answer that leads away. */
export const awayFrom = async (on: Server, only?: string): Promise<string[]> => {
  const found: string[] = []
  for (const operation of await operationsOf(on)) {
    if (only !== undefined && operation.path !== only) continue
    for (let from = 0; from < hostileTargets.length; from += chunk) {
      const good = await goodRequest(on, operation)
      for (let at = from; at < Math.min(from + chunk, hostileTargets.length); at++) {
        const [path, init] = withTargets(operation, good, at)
        for (const why of await leadingAway(await on.request(path, init))) {
          found.push(`${operation.name}: ${why}`)
        }
      }
    }
  }
  return found
}

const targetAt = (at: number): string => hostileTargets[at % hostileTargets.length] ?? ''

/** Each place takes another target; as `at` goes through all, so does each place. */
const withTargets = (operation: Operation, good: { path: string; init: RequestInit }, at: number) => {
  const query = new URLSearchParams(names.map((name, i) => [name, targetAt(at + i)]))
  const headers = new Headers(good.init.headers)
  for (const [i, name] of headerNames.entries()) {
    const value = targetAt(at + i)
    if (/^[\x20-\x7e]+$/.test(value)) headers.set(name, value)
  }
  const texts = Object.entries(operation.fields ?? {}).filter(([, schema]) => takesText(schema))
  const isOurs = at % 3 === 0 || texts.length === 0
  const ours = Object.fromEntries(texts.map(([name], i) => [name, targetAt(at + i)]))
  const body = isOurs ? good.init.body : JSON.stringify({ ...exampleOf(operation.fields ?? {}), ...ours })
  if (!isOurs) headers.set('content-type', 'application/json')
  return [`${good.path}?${query}`, { ...good.init, headers, ...(body ? { body } : {}) }] as const
}

/** Headers that make a browser, or whoever reads them, go somewhere. */
const leading = ['location', 'content-location', 'refresh', 'link']

/** What people may call themselves: data, which nobody follows. */
const ownText = ['name', 'displayName', 'userAgent']

/** Why whoever follows this answer comes to another origin, or finds the text of one in it. */
export const leadingAway = async (answer: Response): Promise<string[]> => {
  const headers = [...answer.headers].filter(([name, value]) => {
    if (leading.includes(name) && isElsewhere(value.replace(/^[\d.\s]*[;,]\s*url\s*=\s*/i, ''))) return true
    return bearsTarget(value)
  })
  const text = await answer.clone().text()
  const isJson = /json/.test(answer.headers.get('content-type') ?? '')
  const body = isJson ? JSON.stringify(JSON.parse(text, (key, value) => (ownText.includes(key) ? '' : value))) : text
  return [
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(bearsTarget(body) ? [`body: ${body.slice(0, 200)}`] : []),
  ]
}

const bearsTarget = (text: string): boolean => /evilevil/i.test(text.normalize('NFKC'))

const isElsewhere = (value: string): boolean => !URL.canParse(value, origin) || new URL(value, origin).origin !== origin
