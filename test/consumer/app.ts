import { hc } from 'hono/client'
import type { App } from '../../src/app.ts'

/** An app in the browser, as the README shows it: `npm run check` holds it to what a bundler's tsconfig knows. */
export const signIn = async (email: string, password: string): Promise<string> => {
  const api = hc<App>('https://app.example.com')
  const answer = await api.auth.login.$post({ json: { email, password } })
  if (!answer.ok) return 'refused'
  const body = await answer.json()
  return body.status === 'signed_in' ? body.user.id : body.challenge.id
}
