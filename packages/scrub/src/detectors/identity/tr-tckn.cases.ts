import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['TC Kimlik No: ⟦10000000146⟧'], clean: ['TCKN 10000000147'] }
