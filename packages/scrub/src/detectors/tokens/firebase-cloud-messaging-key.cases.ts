import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'key=⟦AAAA¦iXdJKmY:APA91ke9M9ImFW05qAYGUk6niJUo45kYbbOfSetYY926KmmQvTfQaBU8Tf7SJeBHqn9cPSCyI0ZAeijRP7eyCPfR2JuSSfmehp3m4v5HBwITSitVnSuhBdWXrv0lICAQjdr6G4riMAb⟧',
  ],
  clean: ['AAAA1234567:APA91short', 'AAAAB3NzaC1yc2E'],
}
