import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: ['mysql --user root --password ⟦hunter2⟧ --host x', "deploy --token '⟦abc123⟧'"],
  clean: ['--password --host x', '--token <token>', '--password $PASSWORD'],
}
