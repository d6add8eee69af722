import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['PAN ⟦ABCPE1234F⟧'], clean: ['ABCDE1234F', 'abcpe1234f'] }
