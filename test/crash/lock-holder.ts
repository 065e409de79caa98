import { createClient } from '@libsql/client/sqlite3'

/** Another process that writes to a file: takes the lock, says so, and keeps it until its input ends. */
const client = createClient({ url: process.argv[2] ?? '' })
const transaction = await client.transaction('write')
console.log('held')
process.stdin.resume().once('end', async () => {
  await transaction.rollback()
  console.log('freed')
})
