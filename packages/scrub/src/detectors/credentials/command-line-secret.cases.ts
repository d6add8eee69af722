import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'mysql --user root --password ⟦hunter2⟧ --host x',
    "deploy --token '⟦abc123⟧'",
    'curl -u ⟦admin:hunter2⟧ https://example.com',
    'curl -s --user "⟦bob:pa55w0rd⟧" x',
  ],
  clean: [
    '--password --host x',
    '--token <token>',
    '--password $PASSWORD',
    'docker run -u 1000:1000 image',
    'sort -u file:name',
    'curl -u $USER:$PASS x',
  ],
}
