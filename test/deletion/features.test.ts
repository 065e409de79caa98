import { expect, onTestFinished, test } from 'vitest'
import { copyOfTree, deleteFeature, run } from './copy.ts'

/** What goes through everything there is: a row that was left over, or is missing, fails here. */
const tests = [
  ...['imports', 'openapi', 'routes-matrix', 'tables', 'user-data', 'query-plans', 'account-export', 'confusion'],
  ...['half-states', 'recovery', 'step-up'],
]

test.each(['totp', 'passkey'])(
  'the tree is green without the feature %s: it compiles, leaves nothing over, and the lists are complete',
  async (feature) => {
    const copy = copyOfTree()
    onTestFinished(copy.remove)

    const { deleted } = deleteFeature(copy, feature)
    const [types, unused, lists] = await Promise.all([
      run(copy, 'tsc'),
      run(copy, 'knip', '--exclude', 'dependencies'),
      run(copy, 'vitest', 'run', '--project', 'node', '--reporter', 'dot', ...tests.map((name) => `test/${name}.`)),
    ])

    expect(deleted).toContain(`test/tables/${feature}.ts`)
    expect(types).toEqual({ isGreen: true, said: '' })
    expect(unused).toEqual({ isGreen: true, said: '' })
    expect(lists.isGreen, lists.said).toBe(true)
  },
  300_000,
)
