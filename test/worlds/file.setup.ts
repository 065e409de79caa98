import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrateDatabase } from '../../scripts/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for this run, with the migrated `template.db`. */
    files: string
  }
}

export default async function setup(project: TestProject) {
  const path = mkdtempSync(join(tmpdir(), 'postern-test-'))
  await migrateDatabase({ url: `file:${join(path, 'template.db')}` })
  project.provide('files', path)
  return () => rmSync(path, { recursive: true })
}
