import { afterAll } from 'vitest'
import { leave } from './libsql.ts'

/** Before each file, so that it is said after the last test of each. */
afterAll(leave)
