import { customType } from 'drizzle-orm/sqlite-core'

/** A secret, or what is kept of one: never part of what is told of a user. */
export const secret = customType<{ data: string }>({ dataType: () => 'text' })

/** A claim that is true (1) or false (0). */
export const flag = customType<{ data: 0 | 1 }>({ dataType: () => 'integer' })
