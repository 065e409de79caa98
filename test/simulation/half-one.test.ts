import { describe } from 'vitest'
import { simulate } from './simulate.ts'

describe('S77 S79 S80 S97: of sequence after sequence, each answer is one that a service of this contract gives', () =>
  simulate(0))
