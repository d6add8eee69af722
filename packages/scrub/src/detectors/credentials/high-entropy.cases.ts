import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['x ⟦6MyzwUere3inFzMYsAGg¦mlnL0YBUrBnTgYgeitsZcy0l⟧ y'],
  clean: [
    '14db0699202bd90872129b6f237adc0cc56aca3b',
    '736998252d572dd7df79d82a5d04395d6a3a21f42a6ec7f306532a4b3ea53b32',
    '1111111111111111111111111111111111111111',
    '3f2b8c1e-9d4a-4b6f-8e21-0a1b2c3d4e5f',
    'ThisIsALongIdentifierNameInSomeProgram',
  ],
}
