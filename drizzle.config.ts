import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  // Not "turso": its ALTER COLUMN is refused by D1.
  dialect: 'sqlite',
  schema: ['./src/identity/schema.ts', './src/features/*/schema.ts'],
  out: './drizzle',
})
