import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'post to https://⟦discord.com/api/¦webhooks/111111111111111111/Jd7n2Khd9fsuUeRSeZ5JHY0i9Lo7f3VLFfRgyj3gXEyyxWslqCwTXjtqR1fQxstS98Vp⟧',
    '⟦discordapp.com/api/¦webhooks/99999999999999999/Ll2AejxQUqRdS0gprzWWRpWv81aW71L33scX9VhJhKM1X72eSsFuquaKnx7l⟧ now',
  ],
  clean: ['https://discord.com/api/webhooks/', 'discord.com/channels/111111111111111111'],
}
