import type { Config } from '../../base/config.ts'
import { randomToken, sha256 } from '../../base/crypto.ts'
import type { Context } from '../../identity/context.ts'
import { cookieValue, serialise } from '../../identity/session-cookie.ts'
import { challengeLife } from './store.ts'

interface Caller {
  readonly transport: 'cookie' | 'token'
  /** As it was answered with the options, in the transport `token`. */
  readonly binding?: string | undefined
}

/**
 * Binds a challenge to the browser that asked for it, where nobody is signed in: else whoever holds an answer could
 * sign others in as themselves. 256 random bits in a cookie, or in the body of a caller without cookies.
 */
export const newBinding = (config: Config) => {
  const name = config.secureCookies ? '__Host-passkey' : 'passkey'

  const shown = (context: Context, { transport, binding }: Caller): string | undefined => {
    const secret = transport === 'token' ? binding : cookieValue(context.headers.get('cookie'), name)
    return secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : undefined
  }

  return {
    /**
     * Of the tabs of one browser each has challenges of its own, under one secret. `told` gives it to the caller, once
     * the challenge is stored: whoever was not served keeps the one that they have.
     */
    async give(
      context: Context,
      { transport }: Caller,
    ): Promise<{ boundTo: string; told: () => { binding?: string } }> {
      const secret = shown(context, { transport }) ?? randomToken()
      const told = () => {
        if (transport === 'token') return { binding: secret }
        context.cookies.set(name, serialise(config, name, secret, challengeLife))
        return {}
      }
      return { boundTo: await boundBy(secret), told }
    },

    /** Undefined for a caller without it: no challenge is theirs. */
    async shown(context: Context, caller: Caller): Promise<string | undefined> {
      const secret = shown(context, caller)
      return secret && boundBy(secret)
    },
  }
}

const boundBy = (secret: string): Promise<string> => sha256(`passkey binding ${secret}`)
