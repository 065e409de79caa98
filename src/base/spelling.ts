/** The name that `given` was probably meant to be: at most two letters away, upper and lower case alike. */
export const closestName = (given: string, names: readonly string[]): string | undefined => {
  const upper = given.toUpperCase()
  let closest: string | undefined
  let least = 3
  for (const name of names) {
    if (Math.abs(name.length - upper.length) > 2) continue
    const letters = distance(upper, name)
    if (letters < least) [closest, least] = [name, letters]
  }
  return closest
}

/**
 * Letters to insert, drop, replace or swap with their neighbour (Damerau-Levenshtein, no letter moved twice). Takes
 * time in proportion to the product of the lengths.
 */
const distance = (a: string, b: string): number => {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = swaps ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(row, j - 1) + 1, at(old, j) + 1, at(old, j - 1) + cost, swapped))
    }
    ;[older, old] = [old, row]
  }
  return at(old, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
