// `node scripts/rfc9293.js` writes docs/rfc9293.md; `--check` only says whether it is what code and tests say today.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rfc9293 } from './rfc9293/document.js'

const root = join(import.meta.dirname, '..')
const place = join(root, 'docs/rfc9293.md')
const files = globSync('packages/netstack/{src,test}/**/*.ts', { cwd: root }).sort()
const { text, problems } = rfc9293(root, files)
for (const problem of problems) console.error(problem)
if (process.argv.includes('--check')) {
  const isOld = readFileSync(place, 'utf8') !== text
  if (isOld) console.error('docs/rfc9293.md is old: node scripts/rfc9293.js')
  process.exitCode = isOld || problems.length > 0 ? 1 : 0
} else {
  writeFileSync(place, text)
  process.exitCode = problems.length > 0 ? 1 : 0
}
