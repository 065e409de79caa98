/** One request to the service, under its own origin; it sends `X-Auth-Client` as a server-side caller does. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>

/** A POST of JSON. */
export const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

// biome-ignore lint/suspicious/noExplicitAny: whatever the answer holds, the test looks into it
export const bodyOf = (answer: { json(): Promise<unknown> }): Promise<any> => answer.json()

/** The `Cookie` header that a browser sends after this answer. */
export const cookiesOf = (answer: Pick<Response, 'headers'>): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
