// `npm run check` runs every check; `npm run check -- layers links` runs those; `npm run check -- --list` names them.
// Each finding says file, line and cure. Every check runs even when an earlier one fails.
import { join, resolve } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { deadExports } from './checks/dead-exports.js'
import { dependencies } from './checks/dependencies.js'
import { edges } from './checks/edges.js'
import { fileLength } from './checks/file-length.js'
import { functionLength } from './checks/function-length.js'
import { layers } from './checks/layers.js'
import { createSources } from './checks/lib/sources.js'
import { links } from './checks/links.js'
import { lint } from './checks/lint.js'
import { lockfile } from './checks/lockfile.js'
import { testPlaces } from './checks/test-places.js'
import { types } from './checks/types.js'
import { words } from './checks/words.js'

/** @type {import('./checks/lib/sources.js').Check[]} */
const checks = [
  types,
  lint,
  layers,
  edges,
  links,
  deadExports,
  dependencies,
  lockfile,
  fileLength,
  functionLength,
  words,
  testPlaces,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    root: { type: 'string', default: join(import.meta.dirname, '..') }, // for the checks' own tests
  },
})
if (values.list) {
  for (const check of checks) console.log(`${check.name.padEnd(17)} ${check.purpose}`)
  process.exit(0)
}
const unknown = positionals.filter((name) => !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(`No check is named ${unknown.join(', ')}; there are: ${checks.map((check) => check.name).join(', ')}`)
  process.exit(2)
}

const sources = createSources(resolve(values.root))
const paint = (/** @type {'red' | 'green' | 'gray'} */ style, /** @type {string} */ text) =>
  process.stdout.isTTY ? styleText(style, text) : text
let failed = 0
const selected = checks.filter((check) => positionals.length === 0 || positionals.includes(check.name))
for (const check of selected) {
  const begun = performance.now()
  /** @type {import('./checks/lib/sources.js').Finding[]} */
  let findings
  try {
    findings = await check.run(sources)
  } catch (error) {
    findings = [{ file: `scripts/checks/${check.name}.js`, message: `could not run: ${error}`, cure: 'mend the check' }]
  }
  const took = paint('gray', `${((performance.now() - begun) / 1000).toFixed(1)} s`)
  console.log(
    `${findings.length === 0 ? paint('green', 'ok  ') : paint('red', 'FAIL')} ${check.name.padEnd(17)} ${took}`,
  )
  for (const { file, line, message, cure } of findings) {
    console.log(
      `     ${file}${line === undefined ? '' : `:${line}`}: ${message}${cure === undefined ? '' : `\n       -> ${cure}`}`,
    )
  }
  if (findings.length > 0) failed += 1
}
console.log(`${selected.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
