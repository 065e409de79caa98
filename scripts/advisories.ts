/** What went wrong elsewhere: one row of the list of this field, in a few words of our own. */
export interface Advisory {
  /** The titles of its tests bear one of these, or `A<row>`. */
  readonly ids: string
  readonly what: string
  /** What does not exist here yet; a row without it needs a test. */
  readonly waits?: string
  /** Why it can happen here never. */
  readonly apart?: string
}

const providers = 'sign-in by other identity providers'
const clients = 'the OAuth provider'

/** In the order of the list: the first is A1. */
export const advisories: readonly Advisory[] = [
  {
    ids: 'GHSA-vp58-j275-797x GHSA-hjpm-7mrm-26w8',
    what: 'A redirect target, or a wildcard origin, passed by a trick of spelling',
  },
  { ids: 'GHSA-99h5-pjcv-gr6v CVE-2025-61928', what: 'A field of the body said who acts' },
  { ids: 'GHSA-x732-6j76-qmhm', what: 'A doubled slash went round a guard and a limiter' },
  { ids: 'GHSA-4vcf-q4xf-f48m', what: 'An id in the body was not checked for its owner' },
  { ids: 'GHSA-xg6x-h9c9-2m83', what: 'A cached session was written before the second factor' },
  { ids: 'GHSA-p6v2-xcpg-h6xw CVE-2026-45364', what: 'One IPv6 network had as many limits as spellings and addresses' },
  { ids: 'GHSA-wxw3-q3m9-c3jr', what: 'A state in a cookie was not compared', waits: providers },
  {
    ids: 'GHSA-g38m-r43w-p2q7 CVE-2026-53516',
    what: 'A provider’s address was linked to an unverified account',
    waits: providers,
  },
  { ids: 'GHSA-qq9h-g4jm-xgf3', what: 'A proof of the mailbox kept what a squatter had left' },
  {
    ids: 'GHSA-fmh4-wcc4-5jm3 CVE-2026-53514',
    what: 'An unverified address accepted an invitation',
    waits: 'organizations',
  },
  { ids: 'GHSA-2vg6-77g8-24mp', what: 'Sessions outlived their user' },
  { ids: 'GHSA-392p-2q2v-4372 CVE-2026-53517', what: 'Two refreshes at once forked the family' },
  { ids: 'GHSA-7w99-5wm4-3g79 CVE-2026-53518', what: 'A code was redeemed twice', waits: clients },
  { ids: 'GHSA-hc7v-x88r-fmh4 GHSA-hc7v-rggr-4hvx', what: 'A one-time secret was used more than once, at once' },
  {
    ids: 'better-auth#8067 better-auth#9622 better-auth#9964 better-auth#9972 better-auth#9993',
    what: 'Codes, challenges and ids of tokens raced',
  },
  { ids: 'GHSA-pw9m-5jxm-xr6h CVE-2026-53512', what: 'A refresh did not authenticate its client', waits: clients },
  { ids: 'GHSA-86j7-9j95-vpqj', what: 'A `javascript:` target was stored' },
  { ids: 'GHSA-9h47-pqcx-hjr4', what: '`none` was offered as an algorithm, PKCE taken in plain', waits: clients },
  {
    ids: 'GHSA-xr8f-h2gw-9xh6 CVE-2026-41427 GHSA-jmcv-4jfc-6qqj',
    what: 'Making a client went round the gate',
    waits: clients,
  },
  {
    ids: 'GHSA-p2fr-6hmx-4528',
    what: 'A token was asked for another resource than the sign-in had named',
    waits: clients,
  },
  { ids: 'GHSA-cq3f-vc6p-68fh CVE-2026-45337', what: 'Any session approved a device', waits: 'the device flow' },
  {
    ids: 'GHSA-5rr4-8452-hf4v CVE-2026-53513 GHSA-gv74-j8m3-fg5f GHSA-8c5h-wx78-2cfg',
    what: 'The server fetched addresses that tenants had named',
    waits: providers,
  },
  { ids: 'GHSA-j8v8-g9cx-5qf4', what: 'A connection of another tenant was used', waits: 'SCIM' },
  { ids: 'better-auth#9991 better-auth#9967', what: 'Routes that matter believed a cached session' },
  { ids: 'better-auth#9806', what: 'The insecure twin of a cookie won' },
  {
    ids: 'better-auth#8839 better-auth#8097 better-auth#8091 better-auth#7971 better-auth#5050',
    what: 'Answers told whether an account exists',
  },
  {
    ids: 'GHSA-qgp8-v765-qxx9 CVE-2025-4144',
    what: 'PKCE was skipped where the verifier was left out',
    waits: clients,
  },
  { ids: 'GHSA-4pc9-x2fx-p7vj CVE-2025-4143', what: 'The redirect URI was not checked', waits: clients },
  { ids: '', what: 'A replayed code revoked nothing; answers with tokens were cached' },
  { ids: '', what: 'Installations of one client signed each other out', waits: clients },
  { ids: 'GHSA-5jpx-9hw9-2fx4', what: 'A quoted address was mailed to another' },
  { ids: 'GHSA-7rqj-j65f-68wh CVE-2026-73420', what: 'An address was checked before it was normalised' },
  { ids: 'GHSA-xmf8-cvqr-rfgj CVE-2026-73418', what: 'A malformed header threw' },
  { ids: 'GHSA-x445-f3h2-j279 CVE-2026-73419', what: 'State was not bound to its provider', waits: providers },
  { ids: 'GHSA-8fpg-xm3f-6cx3 CVE-2026-73421', what: 'An error passed for a session' },
  { ids: 'GHSA-v64w-49xw-qq89 CVE-2023-48309', what: 'One kind of token passed for another' },
  { ids: 'GHSA-f3fg-mf2q-fj3f CVE-2025-48947', what: 'A CDN kept a Set-Cookie' },
  {
    ids: 'GHSA-wcgj-f865-c7j7 CVE-2025-67490 GHSA-xq8m-7c5p-c2r6 CVE-2026-40155',
    what: 'Users at once got each other’s tokens',
  },
  { ids: 'GHSA-pjr6-jx7r-j4r6 CVE-2025-46344', what: 'A token had no end' },
  { ids: 'GHSA-vqx2-fgx2-5wq9 CVE-2026-41248', what: 'The guard and the router read a path differently' },
  { ids: 'GHSA-w24r-5266-9c3c CVE-2026-42349', what: 'Two conditions together meant either' },
  { ids: 'GHSA-9mp4-77wg-rwx9 CVE-2025-53548', what: 'The signature of a webhook was not checked', waits: 'webhooks' },
  {
    ids: 'GHSA-gjxx-92w9-8v8f CVE-2026-34076',
    what: 'A proxied path led elsewhere, with the secret',
    apart: 'nothing is proxied',
  },
  { ids: 'GHSA-q6w5-jg5q-47vg CVE-2024-22206', what: 'A header said who calls' },
  { ids: 'GHSA-f67f-6cw9-8mq4 CVE-2026-22817 GHSA-3vhc-576x-3qv4 CVE-2026-22818', what: 'A token chose its algorithm' },
  { ids: 'GHSA-m732-5p4w-x69g CVE-2025-62610', what: '`aud` was not checked' },
  { ids: 'GHSA-f577-qrjj-4474 CVE-2026-47673', what: 'Any scheme of Authorization would do' },
  { ids: 'GHSA-88fw-hqm2-52qc CVE-2026-54290', what: 'Every origin might read answers with credentials' },
  { ids: 'GHSA-q7jf-gf43-6x6p', what: '`Vary` repeated text of the request' },
  { ids: 'GHSA-8j4g-w8fx-2239 CVE-2026-69207', what: 'A long header took quadratic time' },
  { ids: 'GHSA-2234-fmw7-43wr CVE-2024-48913 CVE-2024-43787', what: 'CSRF checks depended on the content type' },
  { ids: 'GHSA-r5rp-j6wh-rvv4 CVE-2026-39410', what: 'A cookie of nearly the same name counted' },
  {
    ids: 'GHSA-5pq2-9x2x-5p6w CVE-2026-29086 GHSA-26pp-8wgv-hjvm GHSA-3hrh-pfw6-9m5x CVE-2026-47675',
    what: 'Text of a user became attributes of a cookie',
  },
  {
    ids: 'GHSA-6wqw-2p9w-4vw4 CVE-2026-24472 GHSA-p77w-8qqv-26rm CVE-2026-44457',
    what: 'A cache answered one user with another’s page',
  },
  {
    ids: 'GHSA-w332-q679-j88p CVE-2026-24473',
    what: 'Static files were any key of the store',
    apart: 'no files are served',
  },
  {
    ids: 'GHSA-xh87-mx6m-69f3 CVE-2026-27700 GHSA-r354-f388-2fhh GHSA-xpcf-pg52-r92g GHSA-xrhx-7g5j-rcj5 GHSA-wgpf-jwqj-8h8p GHSA-xgm2-5f3f-mvvc',
    what: 'The address of the client was what the client said',
  },
  {
    ids: 'GHSA-92vj-g62v-jqhh CVE-2025-59139 GHSA-9vqf-7f2p-gf9v CVE-2026-44456 GHSA-rv63-4mwf-qqc2 CVE-2026-54288',
    what: 'A body in chunks, or a false length, passed the limit',
  },
  {
    ids: 'GHSA-9hp6-4448-45g2 CVE-2025-58362 GHSA-2gcr-mfcq-wcc3 CVE-2026-47676 GHSA-92pp-h63x-v22m GHSA-wc8c-qw6v-h7f6',
    what: 'Encoded, doubled or absolute paths went round a guard',
  },
  {
    ids: 'GHSA-hvrm-45r6-mjfj CVE-2026-59896 GHSA-9r54-q6cx-xmh5 GHSA-w62v-xxxg-mg59 GHSA-458j-xx4x-4375',
    what: 'Pages mixed up requests, or showed text as markup',
  },
  { ids: 'GHSA-fm3f-ch8h-qw8q CVE-2026-81888', what: 'Two absent values counted as equal' },
  { ids: 'GHSA-j6c9-x7qj-28xf CVE-2026-54287', what: 'Two cookies became one header' },
  { ids: 'GHSA-gpj5-g38j-94v9 CVE-2026-39356', what: 'A name in SQL was made of a value' },
  { ids: 'GHSA-hhhv-q57g-882q CVE-2024-28176', what: 'A compressed token filled the memory' },
  { ids: 'CVE-2026-31813 GHSA-v36f-qvww-8w8m', what: 'Any issuer’s ID token signed in', waits: providers },
  { ids: 'GHSA-3529-5m8x-rpv3 CVE-2023-49097', what: 'Links were built of the request’s host' },
  { ids: 'GHSA-8r88-6cj9-9fh5 CVE-2025-48370', what: 'An id of a user was a path' },
  { ids: 'supabase/auth#2.195', what: 'Secrets outlived a ban or a changed address' },
  { ids: 'CVE-2023-47111', what: 'Guesses at once passed the lockout' },
  {
    ids: 'CVE-2025-46815 GHSA-cfjq-28r2-4jv5 CVE-2024-39683 CVE-2026-54693',
    what: 'One factor made a session, or was used twice',
  },
  { ids: 'CVE-2025-67495', what: 'The way out led to a script' },
  {
    ids: 'GHSA-w6p7-2fxx-4f44 CVE-2026-43983 CVE-2025-65430',
    what: 'A refresh did not ask whether the user may still',
  },
  { ids: 'GHSA-hp74-gm6m-2qm5', what: 'A cookie that was there passed for a proof' },
  { ids: 'GHSA-f66q-9rf6-8795', what: 'Another user’s key confirmed a session' },
  {
    ids: 'GHSA-9h33-g3ww-mqff CVE-2026-28512 CVE-2024-8883 GHSA-w2j7-f3c6-g8cw CVE-2023-49438',
    what: 'Redirect targets were compared as text',
  },
  {
    ids: 'GHSA-2wvm-8mvp-22qv CVE-2026-55834 CVE-2026-41479',
    what: 'An error redirected before the target was checked',
    waits: clients,
  },
  { ids: 'CVE-2024-45042 CVE-2025-3910', what: 'A required step was skipped by another way in' },
  { ids: 'CVE-2026-1486', what: 'A disabled provider still signed in', waits: providers },
  { ids: 'CVE-2026-9803', what: 'A malformed bearer crashed a registration' },
  { ids: 'CVE-2025-65431', what: 'A name that changes stood for the subject', waits: providers },
  {
    ids: 'CVE-2026-27962 CVE-2026-28802 CVE-2025-59420 CVE-2025-61920 CVE-2024-37568 CVE-2026-41425',
    what: 'A token brought its key, its algorithm or its extensions',
  },
  { ids: 'A81', what: 'Wrapped SAML signatures; WebAuthn options used twice', waits: 'SAML' },
  { ids: 'CVE-2025-29927', what: 'A header skipped the guards' },
]
