import { sha256 } from '../base/crypto.ts'

/** How a Content-Security-Policy allows this inline script or style. @see https://www.w3.org/TR/CSP3/#grammardef-hash-source */
export const hashSource = async (text: string): Promise<string> =>
  `'sha256-${(await sha256(text)).replaceAll('-', '+').replaceAll('_', '/')}='`
