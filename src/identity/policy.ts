import type { Caller } from './callers.ts'

/** What may be done to what: `user:suspend`, and an id or nothing. */
export type Rule = (caller: Caller, action: string, resource: string | undefined) => boolean | undefined

/** Rules in the order in which they were added; the first with an opinion decides, and without any the answer is no. */
export const newPolicy = () => {
  const rules: Rule[] = []
  return {
    add: (rule: Rule) => void rules.push(rule),
    allows(caller: Caller, action: string, resource?: string): boolean {
      for (const rule of rules) {
        const opinion = rule(caller, action, resource)
        if (opinion !== undefined) return opinion
      }
      return false
    },
  }
}
