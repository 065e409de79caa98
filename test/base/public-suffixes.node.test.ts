import { expect, test } from 'vitest'
import { wholeList } from '../../scripts/whole-list.ts'
import { isPublicSuffix } from '../../src/base/public-suffixes.ts'

test.each(['co.uk', 'com.au', 'vercel.app', 'pages.dev', 'github.io', 'netlify.app', 'onrender.com', 'anything.ck'])(
  'GHSA-88fw-hqm2-52qc: the service and the whole list agree that %s is a public suffix',
  (suffix) => {
    expect([isPublicSuffix(suffix), wholeList.isPublicSuffix(suffix)]).toEqual([true, true])
  },
)

test.each(['example.com', 'my-app.vercel.app', 'example.co.uk', 'www.ck', 'web.de'])(
  'the service and the whole list agree that %s belongs to one customer',
  (domain) => {
    expect([isPublicSuffix(domain), wholeList.isPublicSuffix(domain)]).toEqual([false, false])
  },
)

test.each(['oslo.no', 'chiyoda.tokyo.jp', 'synology.me', 'priv.at'])(
  'GHSA-88fw-hqm2-52qc: the whole list, which a deployment asks, knows %s, which the service does not',
  (suffix) => {
    expect([isPublicSuffix(suffix), wholeList.isPublicSuffix(suffix)]).toEqual([false, true])
  },
)
