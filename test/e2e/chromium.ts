import { existsSync } from 'node:fs'

/** Where Chromium is: what `CHROMIUM` says, or where distributions put it. Undefined where there is none. */
export const chromium = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)

/** What whoever has none can do. */
export const howToInstall =
  'No Chromium was found. Install it (Debian: apt-get install chromium) or set CHROMIUM to the path of one.'
