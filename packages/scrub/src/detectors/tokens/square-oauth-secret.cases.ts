import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦sq0¦csp-mE2uNnBciWfbkxYhoIuA6wTsc50OjHITeFxxQ0ZUIIi⟧', '"⟦sq0¦idp-FePsFzb9kqPRDfsPDtMyS4⟧"'],
  clean: ['sq0csp-', 'sq0xyz-X4GEaxUYwxjA5Sp8wIkBcJ0spy9BuD'],
}
