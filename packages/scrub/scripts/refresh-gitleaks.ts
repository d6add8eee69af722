/**
 * Converts a gitleaks configuration into src/detectors/gitleaks/gitleaks.generated.ts.
 * Usage: node --conditions=@wirehub/source scripts/refresh-gitleaks.ts <gitleaks.toml>
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type PatternNode, parsePattern } from '../src/patterns/parse.ts'
import { OVERRIDES } from './gitleaks-overrides.ts'
import { parseRules, type TomlRule } from './gitleaks-toml.ts'
import { printPattern } from './print-pattern.ts'

/**
 * How gitleaks says that a token is over: a quote, a blank, a semicolon. In a URL, a list or a sentence something else follows,
 * so here it is over where no character follows that could belong to it.
 */
const TERMINATOR = '(?:[\\x60\'"\\s;]|\\\\[nr]|$)'
const TERMINATED = '(?![\\w-])'

/** Everything of a rule's name that says that what it finds is public, or that it is found by a detector of ours. */
const NOT_SECRET = /(?:client-id|access-id|api-id|public-key|pub-key|pub-api-key|publishable)$/

/** The expression that rules of the kind "vendor name, assignment, value" begin with; what it skips is none of the finding. */
const VENDOR_PREFIX = /^(?:\[\\w\.-\]\{0,50\}\?)?(\(\?i[:)])?(?:\[\\w\.-\]\{0,50\}\?)/

interface Row {
  readonly name: string
  readonly text: string
}

function main(path: string): void {
  const rows: Row[] = []
  const skipped: string[] = []
  for (const rule of parseRules(readFileSync(path, 'utf8'))) {
    const override = OVERRIDES[rule.id]
    if (rule.regex === undefined || override?.skip !== undefined) {
      skipped.push(`${rule.id}: ${override?.skip ?? 'has no expression'}`)
      continue
    }
    rows.push(convert(rule))
  }
  rows.sort((a, b) => (a.name < b.name ? -1 : 1))
  writeFileSync(new URL('../src/detectors/gitleaks/gitleaks.generated.ts', import.meta.url), render(rows, skipped))
  console.error(`${rows.length} rules written, ${skipped.length} left out`)
}

function convert(rule: TomlRule): Row {
  const override = OVERRIDES[rule.id] ?? {}
  let source = override.regex ?? (rule.regex as string)
  const prefix = VENDOR_PREFIX.exec(source)
  if (prefix !== null) source = (prefix[1] ?? '') + source.slice(prefix[0].length)
  source = source.replaceAll(TERMINATOR, TERMINATED)
  const isAssigned = prefix !== null
  const node = narrowed(withOneGroup(parsePattern(source).node, isAssigned))
  const isDefault = override.default ?? !NOT_SECRET.test(rule.id)
  const fields = [
    `name: ${quote(rule.id)}`,
    `description: ${quote(rule.description)}`,
    `default: ${isDefault}`,
    `pattern: /${printPattern(node)}/`,
  ]
  if (rule.entropy !== undefined) fields.push(`entropy: ${rule.entropy}`)
  if (isAssigned) fields.push('assigned: true')
  const allow = (override.keepAllowed === false ? [] : rule.allow).map(
    (text) => `/${printPattern(parsePattern(text).node)}/`,
  )
  if (allow.length > 0) fields.push(`allow: [${allow.join(', ')}]`)
  if (override.triggers !== undefined) fields.push(`triggers: [${override.triggers.map(quote).join(', ')}]`)
  if (override.lead !== undefined) fields.push(`lead: { set: ${quote(override.lead.set)}, max: ${override.lead.max} }`)
  return { name: rule.id, text: `  { ${fields.join(', ')} },` }
}

/**
 * Of the groups only the one that is the finding stays: the last for assignments, whose names may have groups too, else the
 * first.
 */
function withOneGroup(node: PatternNode, isAssigned: boolean): PatternNode {
  if (node.type === 'choice')
    return { ...node, options: node.options.map((option) => withOneGroup(option, isAssigned)) }
  if (node.type !== 'sequence') return node.type === 'group' ? { ...node, item: ungrouped(node.item) } : ungrouped(node)
  const groups = node.items.filter((item) => item.type === 'group')
  const kept = isAssigned ? groups.at(-1) : groups[0]
  return {
    ...node,
    items: node.items.map((item) => (item === kept ? withOneGroup(item, isAssigned) : ungrouped(item))),
  }
}

function ungrouped(node: PatternNode): PatternNode {
  switch (node.type) {
    case 'group':
      return ungrouped(node.item)
    case 'sequence':
      return { ...node, items: node.items.map(ungrouped) }
    case 'choice':
      return { ...node, options: node.options.map(ungrouped) }
    case 'repeat':
    case 'look':
      return { ...node, item: ungrouped(node.item) }
    default:
      return node
  }
}

/** Bounds what has no bound: a token of more than 4096 characters is found by its first 4096. */
function narrowed(node: PatternNode): PatternNode {
  switch (node.type) {
    case 'sequence':
      return { ...node, items: node.items.map(narrowed) }
    case 'choice':
      return { ...node, options: node.options.map(narrowed) }
    case 'group':
    case 'look':
      return { ...node, item: narrowed(node.item) }
    case 'repeat':
      return {
        ...node,
        item: narrowed(node.item),
        max: node.max === Number.POSITIVE_INFINITY ? Math.max(4096, node.min) : node.max,
      }
    default:
      return node
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function render(rows: readonly Row[], skipped: readonly string[]): string {
  return `// Generated by scripts/refresh-gitleaks.ts; do not edit.
//
// Source: the rules of gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml), converted from RE2 to ECMA-262.
// The rules are used under the MIT licence:
//
//   MIT License
//
//   Copyright (c) 2019 Zachary Rice
//
//   Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
//   documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
//   rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
//   persons to whom the Software is furnished to do so, subject to the following conditions:
//
//   The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
//   Software.
//
//   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
//   WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
//   COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
//   OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
//
// Left out:
${skipped.map((line) => `//   ${line}`).join('\n')}

import type { SecretRule } from '../secret-rule.ts'

export const gitleaksRules: readonly SecretRule[] = [
${rows.map((row) => row.text).join('\n')}
]
`
}

const path = process.argv[2]
if (path === undefined) {
  console.error('usage: refresh-gitleaks.ts <gitleaks.toml>')
  process.exit(2)
}
main(path)
