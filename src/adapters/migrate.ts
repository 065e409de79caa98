import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { migrate as apply } from 'drizzle-orm/libsql/migrator'
import { makeFolder } from './sqlite-file.ts'

/** Brings a libSQL database or a `file:` to the newest schema, from the files of `folder`. Safe to run twice. Node only. */
export const migrate = async (url: string, authToken: string | undefined, folder: string): Promise<void> => {
  if (url.startsWith('file:')) makeFolder(url)
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) })
  try {
    await apply(drizzle(client), { migrationsFolder: folder })
  } finally {
    client.close()
  }
}
