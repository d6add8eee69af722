import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦SU¦AKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5LDNOXD43IZY⟧'],
  clean: ['SUAK'],
}
