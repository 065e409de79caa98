import { notFound, Problem, type ProblemType } from '../base/errors.ts'
import { type DocumentedRoute, routesOf } from './contract.ts'

export const methodNotAllowed: ProblemType = {
  code: 'method_not_allowed',
  status: 405,
  title: 'This path does not take that method.',
}

/** What to answer where no route matched: 405 with `Allow` on a path that has other methods, else 404. */
export const newNotFound = (app: Parameters<typeof routesOf>[0]) => {
  let routes: DocumentedRoute[] | undefined
  return (path: string): Problem => {
    routes ??= routesOf(app)
    const allow = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (allow.length === 0) return new Problem(notFound)
    return new Problem(methodNotAllowed, {
      allow: allow.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)),
    })
  }
}
