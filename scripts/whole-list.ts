import { getPublicSuffix } from 'tldts'

/** All of the Public Suffix List, both sections, of which the service itself carries an extract. */
export const wholeList = {
  isPublicSuffix: (domain: string): boolean => getPublicSuffix(domain, { allowPrivateDomains: true }) === domain,
}
