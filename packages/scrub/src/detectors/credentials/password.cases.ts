import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    '"password": "⟦hunter2⟧"',
    'password=⟦hunter2⟧&x=1',
    'DB_PASSWORD=⟦s3cr3t!⟧',
    'pwd: ⟦Tr0ub4dor3⟧',
    "userPassword: '⟦correct horse battery⟧'",
    '<password>⟦hunter2⟧</password>',
    { field: 'password', text: '⟦hunter2⟧' },
    { field: 'userPassword', text: '⟦pass phrase⟧' },
    'Passwort: ⟦geheim1⟧',
    'contraseña=⟦secreto⟧',
    'パスワード：x パスワード: ⟦himitsu9⟧',
    '\\"password\\":\\"⟦hunter2⟧\\"',
  ],
  clean: [
    'Password: must be at least eight long',
    '"password": null',
    '"password": "***"',
    '"password": "${DB_PASSWORD}"',
    '"password_reset_url": "https://example.com/reset"',
    '"passwordChangedAt": "2026-11-21"',
    'the password field',
    { field: 'password', text: '[REDACTED]' },
    { field: 'passwordPolicy', text: 'strict' },
    'compass: north',
  ],
}
