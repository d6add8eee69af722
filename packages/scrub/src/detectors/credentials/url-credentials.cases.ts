import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
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
}
