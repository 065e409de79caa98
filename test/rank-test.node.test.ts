import { expect, test } from 'vitest'
import { rankTest } from '../bench/rank-test.ts'

const given: [source: string, a: number[], b: number[], u: number, p: number][] = [
  // The example of `scipy.stats.mannwhitneyu`, method "asymptotic".
  ['the example of SciPy', [19, 22, 16, 29, 24], [20, 11, 17, 12], 17, 0.11134688653314041],
  // The example of R's `wilcox.test`: W = 35 and z = (35 - 25 - 0.5) / sqrt(10 * 5 * 16 / 12).
  [
    'the example of R',
    [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
    [1.15, 0.88, 0.9, 0.74, 1.21],
    35,
    0.24462,
  ],
  // By hand: ranks 1, 3, 3, 5.5 and 3, 5.5, 7.5, 7.5; three, two and two equals: 24 + 6 + 6 = 36.
  ['equals, which share their ranks', [1, 2, 2, 3], [2, 3, 4, 4], 2.5, 0.134169],
]

test.each(given)('the rank test knows %s', (_, a, b, u, p) => {
  const one = rankTest(a, b)
  const other = rankTest(b, a)

  expect(one.u).toBe(u)
  expect(one.p).toBeCloseTo(p, 5)
  expect(other).toEqual({ u: a.length * b.length - u, p: one.p })
})

test('samples that are equal, or all of one value, are no different', () => {
  const values = Array.from({ length: 200 }, (_, i) => i)

  expect(rankTest(values, values).p).toBe(1)
  expect(rankTest([7, 7, 7], [7, 7, 7])).toEqual({ u: 4.5, p: 1 })
})

test('of 200 pairs, a third of a standard deviation is told from nothing, whatever the outliers', () => {
  const values = Array.from({ length: 200 }, (_, i) => (i * 7919) % 200)
  const [late, wild] = [values.map((value) => value + 20), values.map((value) => (value === 3 ? 1e9 : value))]

  expect(rankTest(values, late).p).toBeLessThan(0.01)
  expect(rankTest(values, wild).p).toBeGreaterThan(0.8)
})
