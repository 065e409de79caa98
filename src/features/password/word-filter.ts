/** Whether a word is listed: a `Set` of all words, or the filter that takes half the room and is sometimes mistaken. */
export type Words = Pick<ReadonlySet<string>, 'has'>

/** The lengths of the words that a filter can hold. */
export const wordLengths = { least: 5, most: 25 }

/** How many 32-bit numbers of the table one equation spans. */
export const span = 16

/**
 * The set that a table stands for: a homogeneous ribbon filter. Each listed word made as many equations over the bits
 * of the table as `bitsOf` says, and the table solves all of them, so that every listed word is found; another word
 * solves each by luck, every second time. So one word in 2^14, and one in 2^19 of ten characters or more, is found that
 * is not listed.
 *
 * Measured, good passwords that `isCommon` refuses by mistake: of 12 random characters or more 1 in 30,000; of eight
 * random letters and a year 1 in 4,000; of 8 to 11 random characters, if so few are permitted, 1 in 4,500 at worst; of
 * phrases with spaces none in 200,000.
 * @param coded 32-bit numbers, big-endian, in base64
 * @see https://arxiv.org/abs/2109.01892
 */
export const wordFilter = (coded: string): Words => {
  const bytes = Uint8Array.from(atob(coded), (byte) => byte.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  const table = Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4))
  return { has: (word) => isLength(word.length) && solves(table, word) }
}

const isLength = (length: number) => length >= wordLengths.least && length <= wordLengths.most

const solves = (table: Uint32Array, word: string): boolean => {
  const next = numbersOf(word)
  for (let left = bitsOf(word); left > 0; left--) {
    const start = next() % (table.length - span + 1)
    let sum = 0
    for (let i = start; i < start + span; i++) sum ^= (table[i] ?? 0) & next()
    if (isOdd(sum)) return false
  }
  return true
}

/** Long words have more: some thirty pieces of one password are asked for, and a long one by mistake refuses it. */
export const bitsOf = (word: string): number => (word.length < 10 ? 14 : 19)

/** Numbers of 32 bits, the same for the same word on every machine: mulberry32 with an increment for each word. */
export const numbersOf = (word: string): (() => number) => {
  let [state, step] = [0x9e3779b9, 0x85ebca6b]
  for (let i = 0; i < word.length; i++) {
    state = Math.imul(state ^ word.charCodeAt(i), 0x9e3779b1)
    step = Math.imul(step ^ word.charCodeAt(i), 0x5f356495)
  }
  return () => {
    state = (state + (step | 1)) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
}

/** Of the bits that are set. */
const isOdd = (number: number): boolean => {
  let folded = number
  for (let by = 16; by > 0; by >>= 1) folded ^= folded >>> by
  return (folded & 1) === 1
}
