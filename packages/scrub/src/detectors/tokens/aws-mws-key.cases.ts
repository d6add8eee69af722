import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['key ⟦amzn.¦mws.b4a829a9-5249-f512-c17b-8ed411fa644d⟧ ok'],
  clean: ['amzn.mws.35db41d9', 'amzn.mws.com/docs'],
}
