import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'Cookie: theme=dark; JSESSIONID=⟦1A530637289A03B0¦7199A44E8D531427⟧; lang=en',
    'Set-Cookie: connect.sid=⟦s%3AaB3dE5fG7hJ9kL1m¦.N3pQ5rS7tU9v⟧; HttpOnly',
    { field: 'Cookie', text: 'PHPSESSID=⟦0f9e8d7c6b5a4938¦27161504⟧' },
    '/list;jsessionid=⟦1A530637289A03B0¦7199A44E8D531427⟧?page=2',
  ],
  clean: [
    'Cookie: theme=dark; lang=en',
    { field: 'sessionId', text: '1A530637289A03B07199A44E8D531427' },
    '"sessionId":"3f2b8c1e-9d4a-4b6f-8e21-0a1b2c3d4e5f"',
    'sessionid=deleted; expires=Thu',
  ],
}
