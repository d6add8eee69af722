import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'Authorization: Bearer ⟦mF_9.B5f-4.1JqM¦abcdef123⟧',
    'Authorization: Basic ⟦QWxhZGRpbjpvcGVu¦IHNlc2FtZQ==⟧',
    '"bearer ⟦abc123def456ghi7¦89jkl⟧"',
    'Authorization: ⟦Digest username="m", nonce="dcd98b7102dd", response="6629fae49393a053"⟧',
    { field: 'authorization', text: '⟦8f7d6c5b4a39281706f5e4d3⟧' },
    'Authorization: ⟦Negotiate YIIJvwYGKwYBBQUCoIIJszCC⟧',
  ],
  clean: [
    'bearer token authentication',
    'Basic authentication required',
    'a basic understanding of',
    'Bearer of good news',
    '"authorization_endpoint": "https://example.com/authorize2"',
    { field: 'authorization', text: 'granted' },
  ],
}
