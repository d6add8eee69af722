import type { Random } from './random.ts'

/** What ordinary traffic looks like and must pass untouched. */

const iso = (r: Random): string =>
  `20${r.int(10, 30)}-${String(r.int(1, 12)).padStart(2, '0')}-${String(r.int(1, 28)).padStart(2, '0')}T${String(r.int(0, 23)).padStart(2, '0')}:${String(r.int(0, 59)).padStart(2, '0')}:${String(r.int(0, 59)).padStart(2, '0')}.${r.digits(3)}${r.pick(['Z', '+01:00', '-05:00', '+10:00', '+0530'])}`
const epoch = (r: Random): string => `1${r.pick(['6', '7'])}${r.digits(r.pick([8, 11, 14, 17]))}`
const base64 = (r: Random, n: number): string =>
  r.chars('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', n * 4)
const ulid = (r: Random): string => `01${r.chars('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 24)}`
const version = (r: Random): string =>
  `${r.int(0, 30)}.${r.int(0, 40)}.${r.int(0, 90)}${r.pick(['', '-rc.1', '+build.5', '-alpha'])}`
const price = (r: Random): string => `${r.int(0, 9999)}.${r.digits(2)}`
const geo = (r: Random): string => `${r.int(-80, 80)}.${r.digits(7)},${r.int(-170, 170)}.${r.digits(7)}`
const ean13 = (r: Random): string => `4${r.digits(12)}`

const LOREM: readonly string[] = [
  'The parcel was left with the neighbour on the second floor.',
  'Bitte bringen Sie den Schlüssel am Freitag zurück, das Büro ist ab 9 Uhr offen.',
  'La réunion est reportée à mardi 14h30, salle 204.',
  'El pedido llegará entre el 12 y el 15 de marzo.',
  'O cliente pediu a troca do produto em 2025.',
  '会議は明日の午後3時から始まります。',
  'Заказ отправлен 21.11.2026 в 10:30.',
  'Temperature rose from 18.5 to 23.75 degrees in 40 minutes.',
  'Password reset was requested; the token expires in 15 minutes.',
  'Please call back when the phone line is free.',
  'Passwords must be at least 12 characters and contain a digit.',
  'The card was declined by the bank; try another card.',
  'Your secret is safe with us, and so is the key to success.',
  'Basic authentication is not supported; use bearer tokens.',
  'See RFC 9293 section 3.10.7.4 and ISO/IEC 7812-1:2017.',
  'Score 21-15-18, final 3:2 after 90+4 minutes.',
  'Range 2001:11 to 2001:15 of the manuscript.',
  'call std::vector<int>::push_back(x) in a::b::c',
]

const AGENTS: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
  'curl/8.4.0',
  'okhttp/4.12.0',
  'Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)',
  'PostmanRuntime/7.36.0',
]

type Maker = (r: Random) => string

const json = (value: unknown): string => JSON.stringify(value)

export const CLEAN: Readonly<Record<string, Maker>> = {
  order: (r) =>
    json({
      id: r.uuid(),
      type: 'order.created',
      time: iso(r),
      orderNumber: r.digits(r.int(6, 12)),
      customerId: `cus_${r.alnum(14)}`,
      total: Number(price(r)),
      items: [{ sku: `SKU-${r.digits(6)}-XL`, quantity: r.int(1, 9), ean: ean13(r), price: price(r) }],
      tracking: r.pick([`1Z${r.chars('0123456789ABCDEFGHJKLMNPRSTUVWXYZ', 16)}`, `RR${r.digits(9)}XX`, r.digits(10)]),
    }),
  event: (r) =>
    json({
      specversion: '1.0',
      id: ulid(r),
      source: '/sensors/42',
      type: 'com.example.reading',
      time: iso(r),
      timestamp: Number(epoch(r).slice(0, 13)),
      data: { value: Number(price(r)), unit: 'C', position: geo(r), sequence: r.int(1, 1e9) },
    }),
  git: (r) =>
    json({
      sha: r.hex(40),
      parents: [r.hex(40)],
      tree: r.hex(40),
      message: r.pick(LOREM),
      ref: 'refs/heads/main',
      additions: r.int(0, 900),
    }),
  http: (r) =>
    `GET /api/v${r.int(1, 3)}/orders/${r.digits(8)}?page=${r.int(1, 90)}&sort=-created HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: ${r.pick(AGENTS)}\r\nIf-None-Match: "${r.hex(32)}"\r\nX-Request-Id: ${r.uuid()}\r\nContent-Length: ${r.int(0, 99999)}\r\n`,
  log: (r) =>
    `${iso(r)} ${r.pick(['INFO', 'WARN', 'ERROR'])} [http-nio-8080-exec-${r.int(1, 20)}] c.e.shop.OrderService - order ${r.digits(9)} took ${r.int(1, 9999)}ms trace=${r.hex(32)} span=${r.hex(16)}`,
  stack: (r) =>
    `TypeError: Cannot read properties of undefined (reading 'id')\n    at Object.handle (/app/dist/server.js:${r.int(1, 900)}:${r.int(1, 80)})\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`,
  metrics: (r) =>
    `http_requests_total{method="GET",code="200",instance="web-${r.int(1, 9)}"} ${r.int(1, 1e9)} ${epoch(r).slice(0, 13)}\ncpu_seconds ${r.int(1, 1e6)}.${r.digits(9)}`,
  kubernetes: (r) =>
    json({
      kind: 'Pod',
      metadata: {
        name: `shop-api-${r.hex(10)}-${r.chars('bcdfghjklmnpqrstvwxz2456789', 5)}`,
        uid: r.uuid(),
        resourceVersion: r.digits(9),
      },
      image: `registry.example.com/shop/api:${version(r)}@sha256:${r.hex(64)}`,
      secretName: 'shop-api-credentials',
      serviceAccountName: 'shop-api',
    }),
  image: (r) =>
    json({ name: 'logo@2x.png', type: 'image/png', data: `data:image/png;base64,${base64(r, r.int(50, 300))}` }),
  analytics: (r) =>
    json({
      event: 'page_view',
      sessionId: r.uuid(),
      anonymousId: r.uuid(),
      ts: epoch(r),
      url: `https://shop.example.com/p/${r.digits(7)}?utm_source=mail&utm_campaign=${r.digits(8)}`,
      screen: '1920x1080',
      userAgent: r.pick(AGENTS),
      viewport: [r.int(300, 2000), r.int(300, 2000)],
    }),
  tokens: (r) =>
    json({
      model: 'large-2',
      prompt_tokens: r.int(1, 9000),
      total_tokens: r.int(1, 9000),
      token_type: 'bearer',
      expires_in: 3600,
      next_page_token: r.alnum(24),
      csrf_token_name: 'x-csrf',
      password_changed_at: iso(r),
      api_key_id: r.digits(8),
      public_key_fingerprint: r.hex(40),
      key: `orders/2026/11/${r.uuid()}.json`,
      etag: `"${r.hex(32)}"`,
      secret_version: String(r.int(1, 99)),
    }),
  form: (r) =>
    `id=${r.digits(10)}&name=Widget&color=%23${r.hex(6)}&when=${encodeURIComponent(iso(r))}&ref=${r.alnum(12)}`,
  csv: (r) =>
    Array.from(
      { length: 5 },
      () => `${r.digits(8)},${iso(r).slice(0, 10)},${price(r)},${r.pick(['EUR', 'USD'])},${ean13(r)},${r.alnum(10)}`,
    ).join('\n'),
  prose: (r) => `${r.pick(LOREM)} ${r.pick(LOREM)} ${r.pick(LOREM)}`,
  ticket: (r) =>
    `[INC${r.digits(7)}] ${r.pick(LOREM)} (PROJ-${r.int(1, 9999)}, invoice INV-2026-${r.digits(6)}, case 00${r.digits(6)})`,
  numbers: (r) =>
    json({
      a: r.int(1, 1e9),
      b: Number(`${r.int(1, 9)}${r.digits(r.int(8, 14))}`),
      c: r.digits(r.int(7, 13)),
      amount: `${r.int(1, 999)} ${r.digits(3)} ${r.digits(3)},${r.digits(2)}`,
      range: `${r.int(100, 200)}-${r.int(201, 299)}`,
      ratio: `0.${r.digits(16)}`,
      snowflake: `1${r.digits(18)}`,
      hash: r.hex(r.pick([32, 40, 64])),
      version: `${r.int(1, 20)}.${r.int(0, 20)}.${r.int(0, 255)}.${r.int(0, 255)}`,
    }),
  dates: (r) =>
    `${r.int(1, 28)}.${r.int(1, 12)}.20${r.int(10, 29)} 20${r.int(10, 29)}/${r.int(10, 12)}/${r.int(10, 28)} 20${r.int(10, 29)}1121T${r.digits(6)}Z ${r.int(10, 12)}/${r.int(10, 28)}/20${r.int(10, 29)} week 20${r.int(10, 29)}-W47-6 Q3-20${r.int(10, 29)}`,
  sql: (r) =>
    `SELECT id, total FROM orders WHERE customer_id = ${r.digits(7)} AND created_at > '${iso(r).slice(0, 10)}' LIMIT 100 OFFSET ${r.int(0, 9999)}`,
  css: (r) =>
    `.card{color:#${r.hex(6)};margin:0 ${r.int(1, 40)}px;transition:all .${r.int(1, 9)}s cubic-bezier(0.4,0,0.2,1)}.phone-icon::before{content:"\\f095"}`,
  packages: (r) =>
    `"lodash": "^4.17.21", "@types/node": "~${version(r)}", "resolved": "https://registry.example.com/x/-/x-${version(r)}.tgz", "integrity": "sha512-${base64(r, 21)}gg=="`,
  isbn: (r) =>
    `ISBN 978-${r.int(0, 9)}-${r.digits(3)}-${r.digits(5)}-${r.digits(1)}, ISSN ${r.digits(4)}-${r.digits(4)}, DOI 10.${r.digits(4)}/j.${r.digits(6)}.${r.digits(4)}`,
  warehouse: (r) =>
    `pallet 00${r.digits(2)} ${r.digits(4)} ${r.digits(4)}, part ${r.digits(3)}-${r.digits(4)}, bin ${r.digits(2)}-${r.digits(2)}-${r.digits(2)}, ZIP ${r.digits(5)}-${r.digits(4)} ${r.digits(5)}, drawn ${r.digits(2)} ${r.digits(2)} ${r.digits(2)} ${r.digits(2)} ${r.digits(2)} ${r.digits(2)}`,
  code: (r) =>
    `const password = req.body.password\nif (!password || password.length < ${r.int(6, 20)}) throw new Error('password: required')\npassword = getpass.getpass("Password: ")\nconst token = await issue(user.id); this.apiKey = config.apiKey\n`,
  environment: (r) =>
    `PWD=/srv/app/src${r.int(1, 9)}\nPORT=${r.digits(4)}\nPASSWORD_FILE=/run/secrets/db\nTOKEN_TTL=${r.digits(4)}\nSECRET_NAME=prod/db\nMAX_TOKENS=${r.digits(4)}\n`,
  manual: (r) =>
    r.pick([
      'The password is required.',
      'password is hashed with sha256',
      'Your password is about to expire in 14 days',
      'the token was refreshed 3 times',
      'Tests passed: 1024, pass: 100%',
      'The cell count was 1200000 per ml',
      'the secret is kept in the vault',
    ]),
  agents: (r) =>
    `Mozilla/5.0 (iPhone; CPU iPhone OS ${r.int(3, 17)}_1) AppleWebKit/${r.digits(4)}.${r.digits(2)}.1 Mobile/8B${r.digits(3)} Safari/65${r.digits(2)}.${r.digits(2)}.1; Mozilla/5.0 (X11; rv:1.9.${r.int(0, 7)}.20) Gecko`,
  network: () => 'mask 255.255.254.0, OID 1.3.6.1.4.1 2.5.29.15, listen 0.0.0.0, loopback ::1',
  mixed: (r) =>
    `${r.uuid()} ${ulid(r)} ${r.hex(24)} ${r.alnum(21)} ${epoch(r)} v${version(r)} #${r.digits(5)} x${r.hex(8)} ${price(r)}%`,
}
