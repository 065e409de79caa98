import { parseAst } from 'vitest/node'
import { sqlEdits } from './sql.ts'

/** Replaces the text between two offsets of a source file. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface Mutation extends Edit {
  readonly line: number
  /** The lines that it touches, before and after. */
  readonly before: string
  readonly after: string
  /** Changes a condition, in TypeScript or in SQL: never left out of a sample. */
  readonly decides: boolean
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

type Rule = (node: Node, source: string) => Edit[]

/** Every small mistake that the rules below know how to make in a source file, each once. */
export const mutationsOf = (source: string): Mutation[] => {
  const found = new Map<string, Mutation>()
  const add = ({ type }: { type: string }, edit: Edit) => {
    const mutated = applied(source, edit)
    if (mutated === source || found.has(mutated)) return
    const line = source.slice(0, edit.start).split('\n').length
    const decides = deciding.has(type)
    found.set(mutated, {
      ...edit,
      line,
      before: linesAt(source, edit),
      after: linesAt(mutated, { start: edit.start, end: edit.start + edit.text.length }),
      decides,
    })
  }
  const visit = (node: Node) => {
    if (isLeftAlone(node, source)) return
    for (const edit of rules[node.type]?.(node, source) ?? []) add(node, edit)
    for (const child of childrenOf(node)) visit(child)
  }
  const program: unknown = parseAst(source, { lang: 'ts' })
  if (isNode(program)) visit(program)
  return [...found.values()].sort((a, b) => a.start - b.start)
}

/** The names of the values that a file exports; all of ours are `export const`. */
export const exportsOf = (source: string): string[] =>
  [...source.matchAll(/^export (?:const|function|async function|class) (\w+)/gm)].flatMap(([, name = '']) => name)

export const applied = (source: string, { start, end, text }: Edit): string =>
  source.slice(0, start) + text + source.slice(end)

const deciding = new Set(
  ['Binary', 'Logical', 'Conditional', 'Unary', 'TaggedTemplate', 'Call']
    .map((kind) => `${kind}Expression`)
    .concat('IfStatement', 'ThrowStatement'),
)

const operators = new Map(
  Object.entries({
    ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===' },
    ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '&': '|', '|': '&', '^': '|', '<<': '>>', '>>': '<<' },
    ...{ '+=': '-=', '-=': '+=', '|=': '&=', '^=': '|=', '??=': '=', '++': '--', '--': '++', '>>>': '<<' },
  }),
)

/** Methods that mean another thing under the other name, and methods that can be left out. */
const methods = new Map(Object.entries({ some: 'every', every: 'some', min: 'max', max: 'min' }))
const optional = new Set([
  'filter',
  'sort',
  'normalize',
  'toLowerCase',
  'trim',
  'slice',
  'replace',
  'replaceAll',
  'catch',
])

const rules: Readonly<Record<string, Rule>> = {
  BinaryExpression: (node, source) => otherOperator(node, source),
  AssignmentExpression: (node, source) => otherOperator(node, source),
  UpdateExpression: (node, source) => otherOperator(node, source),
  LogicalExpression: (node, source) => [keep(node, node.left, source), keep(node, node.right, source)].flat(),
  ConditionalExpression: (node, source) =>
    [keep(node, node.consequent, source), keep(node, node.alternate, source)].flat(),
  IfStatement: (node) => ['true', 'false'].flatMap((text) => replace(node.test, text)),
  DoWhileStatement: (node) => replace(node.test, 'false'),
  ForStatement: (node) => replace(node.test, 'false'),
  UnaryExpression: (node, source) => ('!-'.includes(String(node.operator)) ? keep(node, node.argument, source) : []),
  Literal: (node) => (node.regex ? regexEdits(node) : replace(node, otherLiteral(node))),
  TemplateLiteral: (node, source) => (isProse(textOf(node, source)) ? [] : replace(node, "''")),
  TaggedTemplateExpression: (node, source) =>
    isSql(node.tag) && isNode(node.quasi) ? sqlEdits(source, node.quasi, nodesOf(node.quasi.expressions)) : [],
  MemberExpression: (node, source) => (node.optional === true ? replace(node, without('?.', '.', node, source)) : []),
  CallExpression: callEdits,
  ArrayExpression: (node, source) => eachWithout(nodesOf(node.elements), source),
  ObjectExpression: (node, source) =>
    eachWithout(nodesOf(node.properties), source).filter(({ text, start }) => text === '' && source[start] === '.'),
  ExpressionStatement: (node) => replace(node, ''),
  ThrowStatement: (node) => replace(node, ';'),
}

function callEdits(node: Node, source: string): Edit[] {
  if (isRawSql(node)) return nodesOf(node.arguments).flatMap((text) => sqlEdits(source, text, []))
  if (node.optional === true) return replace(node, without('?.', '', node, source))
  const { callee } = node
  if (!isNode(callee) || callee.type !== 'MemberExpression' || !isNode(callee.property)) return []
  const name = textOf(callee.property, source)
  if (optional.has(name)) return keep(node, callee.object, source)
  return replace(callee.property, methods.get(name))
}

const otherOperator = (node: Node, source: string): Edit[] => {
  const operator = String(node.operator)
  const start = isNode(node.left) ? node.left.end : node.start
  const at = source.indexOf(operator, start)
  const text = operators.get(operator)
  return text === undefined ? [] : [{ start: at, end: at + operator.length, text }]
}

const otherLiteral = ({ value, raw }: Node): string | undefined => {
  if (typeof value === 'boolean') return String(!value)
  if (typeof value === 'number') return String(value + 1)
  return typeof value === 'string' && value !== '' && !isProse(String(raw)) ? "''" : undefined
}

/** An anchor or a flag dropped, a class negated, one character more or less. */
const regexEdits = ({ start, raw }: Node): Edit[] => {
  const parts = String(raw).matchAll(/\\.|\[\^?|[$^+*]|(?<=[{,])\d+(?=[,}])|(?<=\/)[a-z]+$/g)
  return [...parts].flatMap(({ 0: part, index }) => {
    const text = otherPart(part)
    return text === undefined ? [] : [{ start: start + index, end: start + index + part.length, text }]
  })
}

const otherPart = (part: string): string | undefined => {
  if (/^\d/.test(part)) return String(Number(part) + 1)
  return /^[a-z^$]/.test(part) ? '' : { '[': '[^', '[^': '[', '+': '*', '*': '+' }[part]
}

/** The node becomes one of its parts. */
const keep = (node: Node, part: unknown, source: string): Edit[] =>
  isNode(part) ? replace(node, `(${textOf(part, source)})`) : []

const replace = (node: unknown, text: string | undefined): Edit[] =>
  isNode(node) && text !== undefined ? [{ start: node.start, end: node.end, text }] : []

const without = (what: string, by: string, node: Node, source: string): string => {
  const text = textOf(node, source)
  const at = text.lastIndexOf(what)
  return text.slice(0, at) + by + text.slice(at + what.length)
}

/** The list with one element less, its comma too. */
const eachWithout = (elements: readonly Node[], source: string): Edit[] =>
  elements.map(({ start, end }, i) => {
    const next = elements[i + 1]
    const comma = source.slice(end).match(/^\s*,/)?.[0].length ?? 0
    return { start, end: next?.start ?? end + comma, text: '' }
  })

/** Types, imports, names of parameters, and what is written for people to read. */
const isLeftAlone = (node: Node, source: string): boolean =>
  (node.type.startsWith('TS') && !/^TS(As|Satisfies|NonNull)/.test(node.type)) ||
  /^(Import|ExportAll|ArrayPattern)/.test(node.type) ||
  (node.type === 'NewExpression' && /^new (Type|Range)?Error\(/.test(textOf(node, source)))

/** A sentence. */
const isProse = (text: string): boolean => / .*\.['`]$/.test(text)

const isSql = (tag: unknown): boolean => isNode(tag) && tag.type === 'Identifier' && tag.name === 'sql'

const isRawSql = ({ callee }: Node): boolean =>
  isNode(callee) && callee.type === 'MemberExpression' && isSql(callee.object) && isNode(callee.property)
    ? callee.property.name === 'raw'
    : false

const childrenOf = (node: Node): readonly Node[] => {
  const { type, tag, quasi, callee } = node
  if (isSql(tag) && isNode(quasi)) return nodesOf(quasi.expressions)
  if (isRawSql(node)) return []
  if (isNode(callee) && callee.name === 'prepare') return nodesOf(node.arguments).slice(1)
  const fields = Object.entries(node).filter(([name]) => !(type === 'Property' && name === 'key'))
  return fields.flatMap(([, value]) => nodesOf(Array.isArray(value) ? value : [value]))
}

const nodesOf = (values: unknown): Node[] => (Array.isArray(values) ? values.filter(isNode) : [])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

const linesAt = (source: string, { start, end }: { start: number; end: number }): string => {
  const until = source.indexOf('\n', Math.max(start, end - 1))
  return source.slice(source.lastIndexOf('\n', start - 1) + 1, until < 0 ? undefined : until).trim()
}

const textOf = ({ start, end }: Node, source: string): string => source.slice(start, end)
