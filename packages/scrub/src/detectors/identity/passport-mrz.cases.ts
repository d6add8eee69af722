import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10⟧'],
  clean: ['P<UTOERIKSSON<<ANNA'],
}
