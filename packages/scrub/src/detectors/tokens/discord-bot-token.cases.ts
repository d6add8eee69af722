import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦MTk4NjIyNDgzNDcx¦OTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs⟧'],
  clean: ['Module.Name.OfSomethingVeryLongIndeedAndMore'],
}
