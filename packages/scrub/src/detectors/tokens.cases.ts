import type { CaseTable } from './cases.ts'

export const tokenCases: CaseTable = {
  'aws-access-token': {
    found: ['key AKIA ⟦AKIA¦IOSFODNN7EXAMPLE⟧, x', '"⟦ASIA¦Y34FZKBOKMUTVV7A⟧"', 'id=⟦AKIA¦1234567890ABCDEF⟧&y'],
    clean: ['AKIAIOSFODNN7', 'XAKIAIOSFODNN7EXAMPLE', 'asian12345678901234567'],
  },
  'github-pat': {
    found: ['token: ⟦ghp_¦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5⟧'],
    clean: ['ghp_short', 'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  'slack-bot-token': {
    found: ['⟦xoxb-¦123456789012-123456789012-aB3dE5fG7hJ9kL1mN3pQ5rS7⟧'],
    clean: ['xoxb-test'],
  },
  'stripe-access-token': {
    found: ['stripe ⟦sk_¦live_4eC39HqLyjWDarjtT1zdp7dc⟧, ok', '"⟦rk_¦test_51H8aB3dE5fG7hJ9⟧"'],
    clean: ['sk_live_', 'task_live_4eC39HqLyjWDarjtT1zdp7dc'],
  },
  'gcp-api-key': { found: ['key=⟦AIza¦SyB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z⟧&x'], clean: ['AIzaShort'] },
  'sk-api-key': {
    found: ['OPENAI=⟦sk-¦proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY⟧', '⟦sk-¦ant-api03-aB3dE5fG7hJ9kL1mN3pQ5⟧'],
    clean: [
      'sk-SK',
      'task-force-of-the-century-2026',
      'risk-assessment-framework-1',
      'sk-button-primary-large-outline',
    ],
  },
  'npm-access-token': {
    found: ['_authToken=⟦npm_¦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5⟧'],
    clean: ['npm_config_registry'],
  },
  'twilio-api-key': {
    found: ['⟦SK¦1234567890abcdef1234567890abcdef⟧'],
    clean: ['SKU-4411-XL', 'TASK1234567890abcdef1234567890abcdef'],
  },
  'sendgrid-api-token': {
    found: ['⟦SG.¦aB3dE5fG7hJ9kL1mN3pQ5r.S7tU9vW1xY3zA5aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW⟧'],
    clean: ['SG.short'],
  },
  'telegram-bot-token': { found: ['bot⟦123456789:¦AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX⟧'], clean: ['12:AAB'] },
  'discord-bot-token': {
    found: ['⟦MTk4NjIyNDgzNDcx¦OTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs⟧'],
    clean: ['Module.Name.OfSomethingVeryLongIndeedAndMore'],
  },
  'google-oauth-token': {
    found: ['⟦GOCSPX-¦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v⟧', '⟦ya29.¦a0AfH6SMBx3dE5fG7hJ9kL1mN3pQ5⟧'],
    clean: ['ya29.x'],
  },
  'nats-seed': { found: ['⟦SU¦AKYRHVIOREXV7EUZTBHUHL7NUMHPMAS7QMDU3GTIUWEI5LDNOXD43IZY⟧'], clean: ['SUAK'] },
  'adobe-client-id': { found: ['adobe_client_id: "⟦d3b07384d113edec49eaa6238ad5ff00⟧"'], clean: ['adobe: reader'] },
  'datadog-access-token': {
    found: [
      'DATADOG_API_KEY=⟦a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0⟧',
      { field: 'datadogApiKey', text: '⟦a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0⟧' },
    ],
    clean: ['datadog: enabled', 'datadog = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  'heroku-api-key': {
    found: ['HEROKU_API_KEY=⟦12345678-9abc-4def-8123-456789abcdef⟧'],
    clean: ['"heroku_app": "12345678-9abc-4def-8123-456789abcdef"'],
  },
}
