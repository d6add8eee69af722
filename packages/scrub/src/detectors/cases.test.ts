import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileScanner } from '../scan/scanner.ts'
import { type Case, type CaseTable, readCase } from './cases.ts'
import { credentialCases } from './credentials.cases.ts'
import { emailCases } from './email.cases.ts'
import { financialCases } from './financial.cases.ts'
import { identityCases } from './identity/identity.cases.ts'
import { allDetectors, defaultDetectors } from './mod.ts'
import { networkCases } from './network.cases.ts'
import { phoneCases } from './phone.cases.ts'
import { tokenCases } from './tokens.cases.ts'

const tables: readonly CaseTable[] = [
  credentialCases,
  emailCases,
  financialCases,
  identityCases,
  networkCases,
  phoneCases,
  tokenCases,
]

for (const table of tables) {
  for (const [name, cases] of Object.entries(table)) {
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
}

describe('every detector', () => {
  it('has a name of its own', () => {
    const names = allDetectors.map((detector) => detector.name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  })

  it('that is not of the gitleaks table has cases', () => {
    const covered = new Set(tables.flatMap((table) => Object.keys(table)))
    const ours = allDetectors.slice(
      0,
      allDetectors.findIndex((detector) => detector.name === 'aws-secret-access-key') + 1,
    )
    assert.deepEqual(
      ours.filter((detector) => !covered.has(detector.name)).map((detector) => detector.name),
      [],
    )
  })

  it('that is on by default is in one compiled scanner', () => {
    assert.equal(compileScanner(defaultDetectors).detectors.length, defaultDetectors.length)
  })
})
