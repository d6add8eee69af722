import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, it } from 'node:test'
import { compileScanner } from '../scan/scanner.ts'
import { type Case, type DetectorCases, readCase } from './cases.ts'
import { allDetectors, defaultDetectors } from './mod.ts'

const ENDING = '.cases.ts'
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
const caseFiles = files.filter((file) => file.endsWith(ENDING)).sort()

for (const file of caseFiles) {
  const name = basename(file, ENDING)
  const { cases } = (await import(`./${file}`)) as { cases: DetectorCases }
  const detector = allDetectors.find((candidate) => candidate.name === name)
  describe(name, () => {
    assert.ok(detector, `no detector is called ${name}`)
    const scanner = compileScanner([detector])
    const findings = (entry: Case): string[] => {
      const { text, field } = readCase(entry)
      const out: string[] = []
      scanner.scanText(text, (start, end) => out.push(text.slice(start, end)), field)
      return out
    }
    for (const entry of cases.found) {
      const { text, field, spans } = readCase(entry)
      it(`finds ${field}${field === '' ? '' : ': '}${text}`, () => {
        assert.deepEqual(
          findings(entry),
          spans.map(([start, end]) => text.slice(start, end)),
        )
      })
    }
    for (const entry of cases.clean) {
      const { text, field } = readCase(entry)
      it(`passes ${field}${field === '' ? '' : ': '}${text}`, () => assert.deepEqual(findings(entry), []))
    }
  })
}

describe('every detector', () => {
  it('has a name of its own', () => {
    const names = allDetectors.map((detector) => detector.name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  })

  it('that is not of the gitleaks table is a file of its name, with its cases beside it', () => {
    const own = files.filter(
      (file) => dirname(file) !== '.' && file.endsWith('.ts') && !/\.(?:cases|generated)\.ts$/.test(file),
    )
    const names = new Set(allDetectors.map((detector) => detector.name))
    const detectorFiles = own.filter((file) => names.has(basename(file, '.ts')))
    assert.ok(detectorFiles.length > 80)
    assert.deepEqual(
      detectorFiles.filter((file) => !caseFiles.includes(file.replace(/\.ts$/, ENDING))),
      [],
    )
  })

  it('that is on by default is in one compiled scanner', () => {
    assert.equal(compileScanner(defaultDetectors).detectors.length, defaultDetectors.length)
  })
})
