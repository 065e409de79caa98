import type { SettingProblem } from '../base/config.ts'

/** What a runtime says that has no database to offer. */
export const noDatabase = (alternative?: string): SettingProblem => ({
  setting: 'TURSO_DATABASE_URL',
  problem: 'No database.',
  fix: `Set it to a libsql: URL${alternative === undefined ? '' : `, or give ${alternative}`}.`,
})
