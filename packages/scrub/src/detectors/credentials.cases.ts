import type { CaseTable } from './cases.ts'

const HEADER = 'eyJhbGciOiJIUzI1NiIs¦InR5cCI6IkpXVCJ9'
const BODY = 'eyJzdWIiOiIxMjM0NTY3ODkwIiwi¦bmFtZSI6IkpvaG4gRG9lIn0'
const SIGNATURE = 'SflKxwRJSMeKKF2QT4fw¦pMeJf36POk6yJV_adQssw5c'

export const credentialCases: CaseTable = {
  password: {
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
  },
  'secret-field': {
    found: [
      '"client_secret": "⟦q8Zr2LmX¦9vTw4Kp7⟧"',
      'API_KEY=⟦9f8e7d6c5b4a39¦28f1e0d9c8b7a6⟧',
      { field: 'accessToken', text: '⟦a81hf7Gq2LmZ0x¦Vb93Kd⟧' },
      'X-Api-Key: ⟦k3yAbC9d8E7f6G5h4⟧',
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
  },
  'url-credentials': {
    found: [
      'postgres://⟦admin:s3cr3t⟧@db.example.com:5432/x',
      'https://⟦user:p%40ss⟧@example.com/',
      'redis://⟦:secret1⟧@cache:6379',
      'amqp://⟦guest:guest1⟧@rabbit/vhost',
    ],
    clean: [
      'https://example.com/@user:x',
      'https://example.com:8080/a@b',
      'http://user@example.com/',
      'mongodb://user:${PASS}@host/x',
    ],
  },
  'http-authorization': {
    found: [
      'Authorization: Bearer ⟦mF_9.B5f-4.1JqM¦abcdef123⟧',
      'Authorization: Basic ⟦QWxhZGRpbjpvcGVu¦IHNlc2FtZQ==⟧',
      '"bearer ⟦abc123def456ghi7¦89jkl⟧"',
    ],
    clean: [
      'bearer token authentication',
      'Basic authentication required',
      'a basic understanding of',
      'Bearer of good news',
    ],
  },
  jwt: {
    found: [`token ⟦${HEADER}.${BODY}.${SIGNATURE}⟧ end`, `{"t":"⟦${HEADER}.${BODY}.${SIGNATURE}⟧"}`],
    clean: [`${HEADER}.${BODY}`, 'eyJub3QganNvbiBhdCBhbGw.abcdefgh.abcdefgh', 'eyJhIjoxfQ.eyJhIjoxfQ.abc'],
  },
  'private-key': {
    found: [
      'x ⟦-----BEGIN RSA PRI¦VATE KEY-----\nMIIEpAIBAAKCAQEA75fVzQmZ\nq83vMEKzzBZ2\n-----END RSA PRI¦VATE KEY-----⟧ y',
      '"⟦-----BEGIN PRI¦VATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\n-----END PRI¦VATE KEY-----⟧\\n"',
      '⟦-----BEGIN OPENSSH PRI¦VATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA⟧',
    ],
    clean: [
      '-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----',
      '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----',
      '-----BEGIN PRIVATE KEY-----',
    ],
  },
  'azure-key': {
    found: [
      `AccountName=x;AccountKey=⟦${'aB3dE5fG7hJ9kL1m'.repeat(5)}aB3dE5==⟧;EndpointSuffix=core.windows.net`,
      `https://x.blob.core.windows.net/c?sv=2020&sig=⟦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE%3D⟧&se=2`,
    ],
    clean: ['AccountKey=', '?sig=short', 'AccountKey=<your key>'],
  },
  'command-line-secret': {
    found: ['mysql --user root --password ⟦hunter2⟧ --host x', "deploy --token '⟦abc123⟧'"],
    clean: ['--password --host x', '--token <token>', '--password $PASSWORD'],
  },
  'aws-secret-access-key': {
    found: [
      'aws_secret_access_key = ⟦wJalrXUtnFEMI/K7MDENG¦/bPxRfiCYEXAMPLEKEY⟧',
      { field: 'SecretAccessKey', text: '⟦wJalrXUtnFEMI/K7MDENG¦/bPxRfiCYEXAMPLEKEY⟧' },
    ],
    clean: ['aws secret: da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  },
}
