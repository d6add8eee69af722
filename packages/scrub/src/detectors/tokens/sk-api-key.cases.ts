import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['OPENAI=⟦sk-¦proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY⟧', '⟦sk-¦ant-api03-aB3dE5fG7hJ9kL1mN3pQ5⟧'],
  clean: ['sk-SK', 'task-force-of-the-century-2026', 'risk-assessment-framework-1', 'sk-button-primary-large-outline'],
}
