import type { Random } from './random.ts'

/** Where values stand: `{v}` is the value, `{w}` a word that says what it is, `{k}` the same as an identifier. */

/** The value needs no word. */
export const PLAIN: readonly string[] = [
  '{"id":"{u}","type":"note.created","note":"see {v} for the rest","time":"2026-11-21T01:10:00Z"}',
  '{"items":[1,2,{"x":"{v}"}],"total":99.95}',
  '17,Zoë,{v},2026-11-21,99.95',
  '17;Müller;"{v}";EUR',
  '2026-11-21T01:10:00.123Z INFO [worker-3] handled request {u} with {v} in 12ms',
  'Nov 21 01:10:00 web1 app[4711]: value={v} status=200',
  'a=1&value={v}&b=2',
  'Dear Sir or Madam, please note {v}. Thank you.',
  'Bitte notieren Sie {v}, danke.',
  'Merci de noter {v} ; à bientôt.',
  'Por favor anote {v}. Gracias.',
  'Anote {v}, obrigado.',
  'どうぞ「{v}」をご確認ください。',
  '<value>{v}</value>',
  'value: {v}\nnext: 1',
  '({v})',
  "x = '{v}';",
  '| {v} | 12 |',
  '{v}',
]

/** A word says what the value is. */
export const NAMED: readonly string[] = [
  '{"id":"{u}","{k}":"{v}","time":"2026-11-21T01:10:00Z"}',
  '{"customer":{"{k}": "{v}","vip":true}}',
  'a=1&{k}={v}&b=2',
  '2026-11-21 01:10:00 DEBUG {w}: {v} accepted',
  'Her {w} is {v}, she said.',
  'Meine {w}: {v}.',
  'Voici {w} : {v}.',
  'Mi {w}: {v}',
  '{w}：{v}です。',
  '<{k}>{v}</{k}>',
  '{k}: {v}\nother: 1',
  '{k}={v}',
]

/** Only an assignment vouches. */
export const ASSIGNED: readonly string[] = [
  '{"id":"{u}","{k}":"{v}","time":"2026-11-21T01:10:00Z"}',
  '{"config":{"{k}": "{v}","debug":false}}',
  'a=1&{k}={v}&b=2',
  '{k}={v}',
  '2026-11-21 01:10:00 DEBUG {k}={v} accepted',
  '<{k}>{v}</{k}>',
  "{k}: '{v}'",
  'export {k}="{v}"',
]

export const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  'url-credentials': [
    'postgres://{v}@db.example.com:5432/app',
    '"url":"https://{v}@example.com/x"',
    'amqps://{v}@10.rabbit.example/',
  ],
  'http-authorization': [
    'Authorization: Bearer {v}',
    '{"authorization":"Bearer {v}"}',
    "curl -H 'Authorization: token {v}' https://example.com",
  ],
  'session-cookie': [
    'Cookie: theme=dark; JSESSIONID={v}; lang=en',
    'Set-Cookie: connect.sid={v}; Path=/; HttpOnly',
    '{"cookie":"PHPSESSID={v}; a=b"}',
  ],
  'azure-key': [
    'AccountName=x;AccountKey={v};EndpointSuffix=core.windows.net',
    '"Endpoint=sb://x/;SharedAccessKey={v}"',
  ],
}

export function identifier(word: string, random: Random): string {
  const parts = word.split(/[ '_-]+/)
  if (parts.length === 1) return random.pick([word, `user_${word}`, word])
  const camel = parts.map((part, index) => (index === 0 ? part : part[0].toUpperCase() + part.slice(1))).join('')
  return random.pick([parts.join('_'), camel, parts.join('-')])
}

export interface Filled {
  readonly text: string
  readonly start: number
  readonly end: number
}

export function fill(template: string, value: string, word: string, random: Random): Filled {
  const key = identifier(word, random)
  const full = template.replaceAll('{w}', word).replaceAll('{k}', key).replaceAll('{u}', random.uuid())
  const start = full.indexOf('{v}')
  return { text: full.replace('{v}', () => value), start, end: start + value.length }
}
