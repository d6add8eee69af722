import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    '"client_secret": "⟦q8Zr2LmX¦9vTw4Kp7⟧"',
    'API_KEY=⟦9f8e7d6c5b4a39¦28f1e0d9c8b7a6⟧',
    { field: 'accessToken', text: '⟦a81hf7Gq2LmZ0x¦Vb93Kd⟧' },
    'X-Api-Key: ⟦k3yAbC9d8E7f6G5h4⟧',
    '&X-Amz-Signature=⟦fe5f80f77d5fa3beca038a248ff027d0¦445342fe2855ddc963176630326f1024⟧&X',
    // A backslash that begins no escape: the value ended there, and the rest of it stayed.
    'client_secret=⟦q8Zr2LmX\\¦9vTw4Kp7⟧ x',
    'client_secret=⟦q8Zr2LmX¦9vTw4Kp7⟧\\nuser=a',
  ],
  clean: [
    '"client_secret": "${SECRET}"',
    '"access_token_expires_in": 3600',
    '"secret_name": "prod/database-1"',
    '"token_type": "Bearer"',
    '"next_page_token": "CAoQAA12345678"',
    '"api_key_id": "key_12345678901"',
    'api key: see the handbook',
    { field: 'secretVersion', text: 'projects/1/versions/2' },
  ],
}
