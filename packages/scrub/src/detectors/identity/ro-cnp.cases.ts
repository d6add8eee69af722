import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['CNP ⟦1800101221144⟧'], clean: ['1800101221144', 'CNP 1800101221145'] }
