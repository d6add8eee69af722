// docs/rfc9293.md out of the tags in code and tests: where each requirement of RFC 9293 appendix B is met, and which test shows it.
// A tag is RFC9293:LABEL, with more labels behind it on the same line: in a comment of the code, or in brackets in the name of a test.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requirements } from './requirements.js'

const LABEL = /\b(?:MUST|SHLD|MAY|REC)-\d+\b/g

/** @typedef {{ file: string, test?: string, line: number, label: string }} Tag */

/**
 * Every tag of one file, and complaints about labels without the prefix.
 *
 * @param {string} file relative to the root
 * @param {string} text
 * @returns {{ tags: Tag[], problems: string[] }}
 */
export function tagsOf(file, text) {
  /** @type {Tag[]} */
  const tags = []
  /** @type {string[]} */
  const problems = []
  for (const [index, line] of text.split('\n').entries()) {
    const labels = line.match(LABEL)
    if (labels === null) continue
    const at = `${file}:${index + 1}`
    if (!line.includes('RFC9293:')) {
      problems.push(`${at}: ${labels.join(', ')} without RFC9293: before it`)
      continue
    }
    const test = /\btest\((['"`])(.*?)\1/.exec(line)?.[2]
    if (file.endsWith('.test.ts') && test === undefined) {
      problems.push(`${at}: a tag in a test file belongs into the name of a test, on one line with test(`)
      continue
    }
    const name = test?.replace(/\s*\[RFC9293:[^\]]*\]/, '')
    for (const label of labels) tags.push({ file, line: index + 1, label, ...(name !== undefined && { test: name }) })
  }
  return { tags, problems }
}

/**
 * What is missing: labels that nobody knows, requirements without code, test or reason.
 *
 * @param {readonly Tag[]} tags
 * @returns {string[]}
 */
export function gapsOf(tags) {
  const known = requirements.flatMap(([, list]) => list)
  const problems = tags
    .filter(({ label }) => !known.some(({ id }) => id === label))
    .map(({ file, line, label }) => `${file}:${line}: appendix B has no ${label}`)
  for (const { id, reason } of known) {
    const own = tags.filter(({ label }) => label === id)
    const inCode = own.some(({ test }) => test === undefined)
    const inTest = own.some(({ test }) => test !== undefined)
    if (inCode && inTest) continue
    if (!inCode && !inTest && reason !== undefined) continue
    if (inCode && reason !== undefined) continue
    const missing = [inCode ? [] : ['a place in the code'], inTest ? [] : ['a test']].flat().join(' and ')
    problems.push(`${id}: lacks ${missing}; without it, requirements.js must say the reason`)
  }
  return problems
}

/**
 * @param {string} root
 * @param {readonly string[]} files of the netstack package
 * @returns {{ text: string, problems: string[] }}
 */
export function rfc9293(root, files) {
  const found = files.map((file) => tagsOf(file, readFileSync(join(root, file), 'utf8')))
  const tags = found.flatMap(({ tags }) => tags)
  const problems = [...found.flatMap(({ problems }) => problems), ...gapsOf(tags)]
  return { text: documentOf(tags), problems }
}

/** @param {string} file */
const link = (file) => `[${file.replace(/^packages\/netstack\/(src\/)?/, '').replace(/^transport\//, '')}](../${file})`

/**
 * @param {readonly Tag[]} tags
 * @returns {string}
 */
function documentOf(tags) {
  const all = requirements.flatMap(([, list]) => list)
  /** @param {string} id */
  const isTested = (id) => tags.some(({ label, test }) => label === id && test !== undefined)
  /** @param {string} kind */
  const count = (kind) => {
    const own = all.filter(({ id }) => id.startsWith(kind))
    return `${own.filter(({ id }) => isTested(id)).length} of ${own.length}`
  }
  const lines = [
    '# RFC 9293, requirement by requirement',
    '',
    '<!-- Made by `node scripts/rfc9293.js` from tags in code and tests; do not edit. -->',
    '',
    'Appendix B of [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293#appendix-B) (TCP) lists what an implementation must, should and may',
    'do. Here is each of them with the file that does it and the test that shows it, or the reason why not. `SHLD` is SHOULD, `REC`',
    'is RECOMMENDED; the requirements are said in our own words.',
    '',
    `Shown by a test: MUST ${count('MUST')}, SHOULD ${count('SHLD')}, MAY ${count('MAY')}. A check fails the build when one has neither test nor reason.`,
  ]
  for (const [heading, list] of requirements) {
    lines.push('', `## ${heading}`, '')
    for (const { id, text, section, reason } of list) {
      const own = tags.filter(({ label }) => label === id)
      const places = [...new Set(own.filter(({ test }) => test === undefined).map(({ file }) => file))]
      // The surface says what is promised; where something else keeps the promise, that is the place.
      const kept = places.filter((file) => !file.endsWith('/types.ts'))
      lines.push(`- **${id}** ${text} ([${section}](https://www.rfc-editor.org/rfc/rfc9293#section-${section}))`)
      const code = (kept.length > 0 ? kept : places).map(link)
      if (code.length > 0) lines.push(`  - code: ${code.join(', ')}`)
      for (const { file, test } of own) if (test !== undefined) lines.push(`  - test: ${link(file)}: ${test}`)
      if (reason !== undefined) lines.push(`  - ${code.length > 0 ? 'how far' : 'why not'}: ${reason}`)
    }
  }
  return `${lines.join('\n')}\n`
}
