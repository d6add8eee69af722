import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['マイナンバー：⟦123456789018⟧', '個人番号 ⟦1234 5678 9018⟧'],
  clean: ['123456789018', 'my number 123456789017'],
}
