import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = { found: ['⟦112-233-445 95⟧', 'СНИЛС ⟦11223344595⟧'], clean: ['112-233-445 96'] }
