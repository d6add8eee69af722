/** What is scrubbed in the benchmark: the same bytes for everybody. */

interface Ticket {
  [field: string]: unknown
}

function ticket(bytes: number): Ticket {
  const items: unknown[] = []
  const one: Ticket = {
    type: 'ticket.created',
    id: 4711,
    at: '2026-11-21T01:00:00Z',
    title: 'Printer on fire in room 12',
    tags: ['hardware', 'urgent'],
    count: 17,
    open: true,
    items,
  }
  while (JSON.stringify(one).length < bytes) {
    items.push({ sku: `AB-${items.length}`, name: 'toner cartridge black', quantity: 3, price: 19.99 })
  }
  return one
}

/** Nothing in it that anybody would redact. */
export function clean(bytes: number): Buffer {
  const text = JSON.stringify(ticket(bytes))
  return Buffer.from(text.length <= bytes ? text.padEnd(bytes) : text)
}

/** Values that must be gone afterwards, none of them real. */
export const planted: Readonly<Record<string, string>> = {
  'e-mail': 'joe.miller@example-firma.de',
  'e-mail, escaped': 'ann.smith@example-firma.de',
  'payment card': '4111 1111 1111 1111',
  'payment card as a number': '5555555555554444',
  IBAN: 'DE89370400440532013000',
  'AWS key': 'AKIAQYLPMN5HHHFPZAM2',
  JWT: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  phone: '+49 30 90182057',
  'US social security number': '219-09-9999',
}

/** The ticket with everything planted. */
export function dirty(bytes: number): Buffer {
  const one = {
    ...ticket(bytes - 420),
    from: planted['e-mail'],
    note: `call ${planted.phone}, card ${planted['payment card']}`,
    card: Number(planted['payment card as a number']),
    account: planted.IBAN,
    key: planted['AWS key'],
    session: planted.JWT,
    ssn: planted['US social security number'],
    copy: planted['e-mail, escaped'],
  }
  return Buffer.from(
    JSON.stringify(one).replace(planted['e-mail, escaped']!, planted['e-mail, escaped']!.replace('@', '\\u0040')),
  )
}

/** Which planted values are no longer readable in a scrubbed payload. */
export function gone(payload: Uint8Array): readonly string[] {
  const text = Buffer.from(payload).toString().replaceAll('\\u0040', '@')
  return Object.keys(planted).filter((name) => !text.includes(planted[name]!))
}

/** Whether the payload is still JSON. */
export function isJson(payload: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(payload).toString())
    return true
  } catch {
    return false
  }
}
