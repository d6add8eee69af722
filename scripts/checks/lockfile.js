import { missingEntries } from '../complete-lockfile.js'

const file = 'package-lock.json'

/** @type {import('./lib/sources.js').Check} */
export const lockfile = {
  name: 'lockfile',
  purpose: `${file} has an entry for every dependency on every platform, and names no host: npm ci works on a fresh clone`,
  run(sources) {
    if (!sources.files.includes(file)) return []
    const text = sources.read(file)
    const { packages } = JSON.parse(text)
    /** @type {import('./lib/sources.js').Finding[]} */
    const findings = missingEntries(packages).map(({ parent, name }) => ({
      file,
      line: lineOf(text, `"${parent}": {`),
      message: `${name} has no entry, so that npm ci refuses the lockfile`,
      cure: 'npm run lockfile (after npm install, under Node 24)',
    }))
    const cure = 'keep omit-lockfile-registry-resolved in .npmrc, and run npm install again'
    for (const [path, { resolved }] of Object.entries(packages)) {
      if (/^https?:/.test(resolved ?? '')) {
        findings.push({ file, line: lineOf(text, `"${path}": {`), message: `${path} names a host`, cure })
      }
    }
    return findings
  },
}

/** @param {string} text @param {string} part */
function lineOf(text, part) {
  return text.slice(0, text.indexOf(part)).split('\n').length
}
