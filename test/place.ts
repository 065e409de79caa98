import { json, type Server } from './harness.ts'

/** Where a secret is taken. */
export interface Place {
  /** What belongs there. */
  readonly takes: readonly string[]
  /** Shows the value there. The status tells whether it was taken for what it is not. */
  readonly show: (on: Server, value: string) => Promise<Response>
  readonly refused: readonly number[]
}

/** Where the token of a link is shown, by its path. */
export const links = (tokens: Readonly<Record<string, string>>): Record<string, Place> =>
  Object.fromEntries(
    Object.entries(tokens).map(([path, token]) => {
      const show: Place['show'] = (on, value) => on.request(`/auth/${path}`, json({ token: value }))
      return [`the token of ${path}`, { takes: [token], show, refused: [410, 422] }]
    }),
  )
