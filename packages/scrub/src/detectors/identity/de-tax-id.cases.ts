import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['Steuer-ID: ⟦86095742719⟧', 'IdNr. ⟦47 036 892 816⟧', '⟦65 929 970 489⟧', 'Steuer-ID: ⟦63 343 641 932⟧'],
  clean: ['86095742719', 'Steuer-ID 86095742718', '63 343 641 932'],
}
