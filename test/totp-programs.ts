import { execFileSync } from 'node:child_process'

/** What a program of one of Debian's packages prints; undefined where it is not installed, which `CI` does not suffer. */
export const program = (name: 'oathtool' | 'qrencode') => {
  const howToInstall = `There is no ${name} here. Install it (Debian: apt-get install ${name}).`
  const run = (...args: string[]): string => execFileSync(name, args, { encoding: 'utf8', stdio: 'pipe' }).trimEnd()
  const isMissing = !isThere(() => run('--version'))
  if (isMissing && process.env.CI) throw new Error(howToInstall)
  return { run, isMissing, howToInstall }
}

const isThere = (ask: () => unknown): boolean => {
  try {
    ask()
    return true
  } catch {
    return false
  }
}
