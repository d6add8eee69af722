import { zones } from './edges.config.js'
import { isTest, matches, walk } from './lib/sources.js'

/** @type {import('./lib/sources.js').Check} */
export const edges = {
  name: 'edges',
  purpose: 'sockets, files, clock, timers and randomness only at the named edges (scripts/checks/edges.config.js)',
  run(sources) {
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = []
    for (const file of sources.code.filter((path) => !isTest(path))) {
      const applying = zones.filter((zone) => matches(file, zone.within) && !matches(file, zone.except))
      for (const zone of applying) {
        const because = `${zone.because}`
        for (const { specifier, line, typeOnly } of sources.importsOf(file)) {
          const module = nodeModule(specifier)
          if (typeOnly || module === undefined || (zone.modules !== 'all' && !zone.modules.includes(module))) continue
          if (reported(findings, file, line)) continue
          findings.push({ file, line, message: `imports ${specifier}: ${because}`, cure: zone.cure })
        }
        for (const { name, start } of platformUses(sources.parse(file).program, zone)) {
          findings.push({
            file,
            line: sources.lineAt(file, start),
            message: `uses ${name}: ${because}`,
            cure: zone.cure,
          })
        }
      }
    }
    return findings
  },
}

const bare = new Set([
  'fs',
  'net',
  'tls',
  'os',
  'path',
  'http',
  'https',
  'crypto',
  'events',
  'stream',
  'util',
  'zlib',
  'dgram',
  'dns',
  'child_process',
  'timers',
])

/** @param {string} specifier */
function nodeModule(specifier) {
  if (specifier.startsWith('node:')) return specifier.slice('node:'.length)
  return bare.has(specifier.split('/', 1)[0] ?? '') ? specifier : undefined
}

/**
 * @param {import('./lib/sources.js').Finding[]} findings
 * @param {string} file
 * @param {number} line
 */
function reported(findings, file, line) {
  return findings.some((finding) => finding.file === file && finding.line === line)
}

/**
 * @param {unknown} program
 * @param {{ members: string[], globals: string[] }} zone
 */
function platformUses(program, { members, globals }) {
  /** @type {{ name: string, start: number }[]} */
  const uses = []
  walk(program, (node, parent) => {
    if (node.type === 'MemberExpression' && !node.computed && node.object.type === 'Identifier') {
      const name = `${node.object.name}.${node.property.name}`
      if (members.includes(name)) uses.push({ name, start: node.start })
      if (node.object.name === 'globalThis' && globals.includes(node.property.name))
        uses.push({ name, start: node.start })
    }
    if (
      node.type === 'NewExpression' &&
      node.callee.name === 'Date' &&
      node.arguments.length === 0 &&
      members.includes('Date.now')
    ) {
      uses.push({ name: 'new Date()', start: node.start })
    }
    if (node.type === 'Identifier' && globals.includes(node.name) && isReference(node, parent)) {
      uses.push({ name: node.name, start: node.start })
    }
  })
  return uses
}

/**
 * Whether an identifier stands for a value: neither the name of a member nor part of a type.
 *
 * @param {any} node
 * @param {any} parent
 */
function isReference(node, parent) {
  if (parent === undefined || parent.type.startsWith('TS')) return false
  if (parent.type === 'MemberExpression') return parent.object === node || parent.computed
  if (parent.type === 'Property') return parent.value === node
  return !['MethodDefinition', 'PropertyDefinition', 'ImportSpecifier', 'ExportSpecifier', 'LabeledStatement'].includes(
    parent.type,
  )
}
