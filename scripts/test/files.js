import { globSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'

/** Where tests live. A test file anywhere else is not run, and the layout check says so. */
export const testPatterns = [
  'packages/*/src/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'examples/**/*.test.ts',
  'bench/**/*.test.ts',
  'scripts/**/*.test.ts',
]

/**
 * @param {string} root repository root
 * @param {string[]} selectors paths or parts of paths; none selects every file
 * @returns {string[]} test files relative to the root, in a stable order
 */
export function selectTestFiles(root, selectors) {
  const all = globSync(testPatterns, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !file.includes('/fixtures/'))
    .sort()
  if (selectors.length === 0) return all
  const wanted = selectors.map((selector) =>
    isAbsolute(selector) ? relative(root, selector) : selector.replace(/^\.\//, ''),
  )
  return all.filter((file) => wanted.some((part) => file.includes(part)))
}
