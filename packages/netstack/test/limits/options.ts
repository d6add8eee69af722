// The options of the sources that bound something, and their defaults, as the sources themselves have them.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url))

/** Names of options that bound something: a number of things, bytes, a rate, a number of tries, a time to wait. */
const BOUNDS =
  /^(max[A-Z]|backlog$|retries$|rounds$|timeoutMs$|timeLimitMs$)|(Bytes|PerSecond|Burst|Packets|Datagrams|Backlog|Retries|TimeoutMs)$/

/** An option of a type `...Options`. */
export interface LimitOption {
  readonly type: string
  readonly name: string
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const each of value) yield* walk(each)
  else if (isNode(value)) {
    yield value
    for (const child of Object.values(value)) yield* walk(child)
  }
}

function treeOf(file: string): Node[] {
  return [...walk(parseSync(file, readFileSync(SOURCES + file, 'utf8')).program)]
}

const nameOf = (node: unknown): string | undefined => (isNode(node) ? (node['name'] as string | undefined) : undefined)

/** Every option that bounds something. */
export function limitOptions(): LimitOption[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  const found: LimitOption[] = []
  for (const file of files.filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts')).sort()) {
    for (const node of treeOf(file)) {
      const type = node.type === 'TSInterfaceDeclaration' ? nameOf(node['id'])! : ''
      if (!type.endsWith('Options')) continue
      for (const member of walk(node['body'])) {
        const name = member.type === 'TSPropertySignature' && member['optional'] === true ? nameOf(member['key']) : ''
        if (name !== undefined && BOUNDS.test(name)) found.push({ type, name })
      }
    }
  }
  return found
}

/** The default of an option in a file: undefined where there is none. @throws {Error} when there are several */
export function defaultIn(file: string, option: string): number | undefined {
  const nodes = treeOf(file)
  const constants = new Map(
    nodes.filter((node) => node.type === 'VariableDeclarator').map((node) => [nameOf(node['id']), node['init']]),
  )
  const numberOf = (node: unknown): number | undefined => {
    if (!isNode(node)) return undefined
    if (node.type === 'Literal') return typeof node['value'] === 'number' ? node['value'] : undefined
    if (node.type === 'Identifier') return numberOf(constants.get(nameOf(node)))
    if (node.type !== 'BinaryExpression' || node['operator'] !== '*') return undefined
    const [left, right] = [numberOf(node['left']), numberOf(node['right'])]
    return left === undefined || right === undefined ? undefined : left * right
  }
  const found = new Set<number>()
  for (const node of nodes) {
    const value = givenTo(option, node)
    const number = value === undefined ? undefined : numberOf(value)
    if (number !== undefined) found.add(number)
  }
  if (found.size > 1) throw new Error(`${file}: ${option} has several defaults: ${[...found].join(', ')}`)
  return [...found][0]
}

/** What the node gives to an option where it is left out: `{ option: value }`, `{ option = value }`, `options.option ?? value`. */
function givenTo(option: string, node: Node): unknown {
  if (node.type === 'Property' && nameOf(node['key']) === option) {
    const value = node['value'] as Node
    return value.type === 'AssignmentPattern' ? value['right'] : value
  }
  if (node.type !== 'LogicalExpression' || node['operator'] !== '??') return undefined
  const left = node['left'] as Node
  const name = left.type === 'MemberExpression' ? nameOf(left['property']) : nameOf(left)
  return name === option ? node['right'] : undefined
}
