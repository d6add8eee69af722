import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['_authToken=⟦npm_¦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5⟧'],
  clean: ['npm_config_registry'],
}
