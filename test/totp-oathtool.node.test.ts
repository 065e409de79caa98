import { beforeEach, expect, test } from 'vitest'
import { newSecret, qrOf, stepOf, uriOf } from '../src/features/totp/otp.ts'
import { codeAt } from './totp-app.ts'
import { program } from './totp-programs.ts'

/** Somebody else's code agrees with ours. @see https://www.nongnu.org/oath-toolkit/oathtool.1.html */

const oathtool = program('oathtool')
const qrencode = program('qrencode')
beforeEach(({ skip }) => {
  for (const { isMissing, howToInstall } of [oathtool, qrencode]) skip(isMissing, howToInstall)
})

const times = [59, 1_111_111_111, 1_800_000_000, 1_800_000_029, 4_102_444_800]

test('S22: what oathtool makes of a secret of ours is a code', async () => {
  const secret = await newSecret()

  for (const now of times) {
    const code = oathtool.run('--totp', '--base32', `--now=@${now}`, secret)

    expect(await stepOf(secret, code, now)).toBe(Math.floor(now / 30))
  }
})

test('S22: oathtool takes the code of an app for as many steps as we do, and no more', async () => {
  const secret = await newSecret()
  const now = 1_800_000_000
  const takes = (code: string) => {
    try {
      oathtool.run('--totp', '--base32', '--window=1', `--now=@${now}`, secret, code)
      return true
    } catch {
      return false
    }
  }

  for (const off of [-2, -1, 0, 1, 2]) {
    const code = await codeAt(secret, now + off * 30)

    expect.soft((await stepOf(secret, code, now)) !== undefined, `${off}`).toBe(takes(code))
  }
})

/** Names of which both find the same mask the best; of one in eight they do not, and both are right. */
test.each([
  ['a plain name', 'Acme', 'ada@example.com'],
  ['another script', 'Ümläut & Söhne 茶', 'ada+work@example.com'],
  ['a name with a colon', 'localhost:8787', 'ada@example.com'],
])('S22: qrencode draws the same QR code of %s', async (_, issuer, account) => {
  const uri = await uriOf('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', { issuer, account })
  const theirs = qrencode.run('-8', '-l', 'L', '-m', '4', '-t', 'ASCII', uri).split('\n')

  const ours = await qrOf(uri)

  const dark = theirs.flatMap((line, y) =>
    (line.match(/../g) ?? []).flatMap((square, x) => (square === '##' ? [`M${x},${y}h1v1h-1z`] : [])),
  )
  expect(ours.includes(`d="${dark.join('')}"`)).toBe(true)
})
