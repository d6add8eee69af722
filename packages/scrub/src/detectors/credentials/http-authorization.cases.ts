import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'Authorization: Bearer ⟦mF_9.B5f-4.1JqM¦abcdef123⟧',
    'Authorization: Basic ⟦QWxhZGRpbjpvcGVu¦IHNlc2FtZQ==⟧',
    '"bearer ⟦abc123def456ghi7¦89jkl⟧"',
  ],
  clean: [
    'bearer token authentication',
    'Basic authentication required',
    'a basic understanding of',
    'Bearer of good news',
  ],
}
