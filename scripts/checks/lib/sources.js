import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'

/**
 * @typedef {{ file: string, line?: number, message: string, cure?: string }} Finding
 * @typedef {{ name: string, purpose: string, run: (sources: Sources) => Finding[] | Promise<Finding[]> }} Check
 * @typedef {{ specifier: string, line: number, typeOnly: boolean }} Import
 * @typedef {ReturnType<typeof createSources>} Sources
 */

/**
 * The repository's files as the checks see them: what git tracks, and what it would track (new, not ignored).
 *
 * @param {string} root
 */
export function createSources(root) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const files = [...new Set(listed.split('\0'))]
    .filter((file) => file !== '' && existsSync(join(root, file)) && statSync(join(root, file)).isFile())
    .sort()
  /** @type {Map<string, string>} */
  const texts = new Map()
  /** @type {Map<string, import('oxc-parser').ParseResult>} */
  const trees = new Map()

  const read = (/** @type {string} */ file) => {
    const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
    texts.set(file, text)
    return text
  }
  const parse = (/** @type {string} */ file) => {
    const tree = trees.get(file) ?? parseSync(file, read(file))
    trees.set(file, tree)
    return tree
  }
  const lineAt = (/** @type {string} */ file, /** @type {number} */ offset) =>
    read(file).slice(0, offset).split('\n').length

  return {
    root,
    files,
    /** Hand-written TypeScript and JavaScript; neither generated files nor test fixtures. */
    code: files.filter(
      (file) => /\.(ts|js|mjs|cjs)$/.test(file) && !/\.generated\.|\.d\.ts$|(^|\/)fixtures\//.test(file),
    ),
    read,
    parse,
    lineAt,
    /**
     * @param {string} file
     * @returns {Import[]} static, re-exporting and literal dynamic imports
     */
    importsOf(file) {
      const { module } = parse(file)
      const text = read(file)
      /** @type {Import[]} */
      const found = module.staticImports.map(({ moduleRequest, entries }) => ({
        specifier: moduleRequest.value,
        line: lineAt(file, moduleRequest.start),
        typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
      }))
      for (const { entries } of module.staticExports) {
        for (const { moduleRequest, isType } of entries) {
          if (moduleRequest)
            found.push({ specifier: moduleRequest.value, line: lineAt(file, moduleRequest.start), typeOnly: isType })
        }
      }
      for (const { moduleRequest } of module.dynamicImports) {
        const literal = /^(['"`])([^'"`$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
        if (literal?.[2])
          found.push({ specifier: literal[2], line: lineAt(file, moduleRequest.start), typeOnly: false })
      }
      return found
    },
  }
}

/** @param {string} file */
export function isTest(file) {
  return /\.test\.ts$/.test(file) || /^packages\/[^/]+\/test\//.test(file)
}

/**
 * Calls `visit` for every node of a syntax tree.
 *
 * @param {any} node
 * @param {(node: any, parent: any) => void} visit
 * @param {any} [parent]
 */
export function walk(node, visit, parent) {
  if (typeof node?.type === 'string') visit(node, parent)
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (item !== null && typeof item === 'object') walk(item, visit, node)
    } else if (value !== null && typeof value === 'object' && typeof value.type === 'string') {
      walk(value, visit, node)
    }
  }
}

/**
 * Whether a path matches a pattern: `*` within a folder, `**` over folders; a pattern that ends in `/` matches all below.
 *
 * @param {string} path
 * @param {string[]} patterns
 */
export function matches(path, patterns) {
  return patterns.some((pattern) => {
    const source = (pattern.endsWith('/') ? `${pattern}**` : pattern)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*\*\/?|\*/g, (star) => (star === '*' ? '[^/]*' : '.*'))
    return new RegExp(`^${source}$`).test(path)
  })
}
