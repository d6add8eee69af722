import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { gapsOf, tagsOf } from './rfc9293/document.js'
import { requirements } from './rfc9293/requirements.js'

test('docs/rfc9293.md is what code and tests say, and no requirement is without test or reason', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'rfc9293.js'), '--check'], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})

test('all of appendix B is there, each once', () => {
  const ids = requirements.flatMap(([, list]) => list.map(({ id }) => id))
  assert.equal(new Set(ids).size, ids.length)
  const numbers = (kind: string): number[] =>
    ids
      .filter((id) => id.startsWith(`${kind}-`))
      .map((id) => Number(id.slice(kind.length + 1)))
      .sort((a, b) => a - b)
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)
  assert.deepEqual(numbers('MUST'), upTo(69))
  assert.deepEqual(numbers('SHLD'), upTo(31))
  assert.deepEqual(numbers('MAY'), upTo(18))
  assert.deepEqual(numbers('REC'), [1])
})

test('tags: several on a line; a label without its prefix is refused, and one beside a test', () => {
  assert.deepEqual(tagsOf('a.ts', '\n// RFC9293:MUST-1, SHLD-2 (why): text').tags, [
    { file: 'a.ts', line: 2, label: 'MUST-1' },
    { file: 'a.ts', line: 2, label: 'SHLD-2' },
  ])
  assert.deepEqual(tagsOf('a.test.ts', "test('it works [RFC9293:MAY-3] (RFC 1)', () => {").tags, [
    { file: 'a.test.ts', line: 1, label: 'MAY-3', test: 'it works (RFC 1)' },
  ])
  assert.match(tagsOf('a.ts', '// as MUST-1 asks').problems[0]!, /a\.ts:1: MUST-1 without RFC9293:/)
  assert.match(tagsOf('a.test.ts', '// RFC9293:MUST-1').problems[0]!, /name of a test/)
})

test('gaps: a label that nobody knows; code without test; neither code nor reason', () => {
  const found = gapsOf([
    { file: 'a.ts', line: 1, label: 'MUST-99' },
    { file: 'a.ts', line: 2, label: 'MUST-1' },
  ])
  assert.ok(found.includes('a.ts:1: appendix B has no MUST-99'))
  assert.ok(found.some((problem) => problem.startsWith('MUST-1: lacks a test;')))
  assert.ok(found.some((problem) => problem.startsWith('MUST-2: lacks a place in the code and a test;')))
  assert.ok(!found.some((problem) => problem.startsWith('MUST-51')), 'a reason is enough')
})
