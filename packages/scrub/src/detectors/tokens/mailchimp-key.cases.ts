import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['⟦dfcfc69e290d9f94¦5ffa4d1278220ad2-us12⟧', '"key":"⟦cf1337349e455d52¦613c2813c40d2aff-us1⟧"'],
  clean: ['abc123-us1', 'en-us1', 'bb1494978278947bec540a2123e7cefa30c14d73-us1'],
}
