import { devNull } from 'node:os'
import { wrangler } from './wrangler.ts'

// Without a look at .dev.vars, which would make the types differ from one machine to the next.
const { code, output } = await wrangler(['types', '--env-file', devNull])
if (code) console.error(output)
process.exitCode = code ?? 1
