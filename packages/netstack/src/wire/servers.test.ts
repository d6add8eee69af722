import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseIpv4, parseIpv6, parseMac } from './address.ts'
import { buildDhcpv4, DHCP_BROADCAST, dhcpv4Option, parseDhcpv4 } from './dhcpv4.ts'
import { DHCP_OFFER } from './dhcpv4-options.ts'
import { buildDns, DNS_CLASS_IN, type DnsMessage, type DnsRecord, parseDns } from './dns.ts'
import { canonicalDnsName, readDnsName } from './dns-name.ts'
import { WireError } from './error.ts'

const runs = process.env.WIREHUB_TEST_LONG === undefined ? 1000 : 100_000
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

test('a DHCP offer is built to at least 300 bytes and parsed to the same options', () => {
  const bytes = buildDhcpv4({
    operation: 2,
    transactionId: 0xdeadbeef,
    flags: DHCP_BROADCAST,
    yourAddress: parseIpv4('10.0.0.9'),
    clientHardwareAddress: parseMac('02:00:00:00:00:09'),
    options: [
      { name: 'message-type', type: DHCP_OFFER },
      { name: 'server-identifier', address: parseIpv4('10.0.0.1') },
      { name: 'lease-time', seconds: 3600 },
      { name: 'routers', addresses: [{ address: parseIpv4('10.0.0.1') }] },
      {
        name: 'domain-name-servers',
        addresses: [{ address: parseIpv4('10.0.0.2') }, { address: parseIpv4('10.0.0.3') }],
      },
      { name: 'domain-name', text: text('example.test') },
    ],
  })
  assert.ok(bytes.length >= 300)
  const offer = parseDhcpv4(bytes)
  assert.equal(dhcpv4Option(offer, 'message-type')?.type, DHCP_OFFER)
  assert.equal(dhcpv4Option(offer, 'lease-time')?.seconds, 3600)
  assert.deepEqual(
    dhcpv4Option(offer, 'domain-name-servers')?.addresses.map((entry) => entry.address),
    [0x0a000002, 0x0a000003],
  )
  assert.deepEqual(buildDhcpv4(offer), bytes)
})

const record = (name: string, type: number, data: DnsRecord['data']): DnsRecord => ({
  name,
  type,
  class: DNS_CLASS_IN,
  timeToLive: 60,
  data,
})

test('a DNS answer with every kind of record survives the wire; equal endings of names are compressed', () => {
  const message = {
    id: 7,
    response: 1,
    opcode: 0,
    authoritative: 1,
    truncated: 0,
    recursionDesired: 1,
    recursionAvailable: 0,
    reserved: 0,
    authenticData: 0,
    checkingDisabled: 0,
    responseCode: 0,
    questions: [{ name: 'www.example.test', type: 255, class: DNS_CLASS_IN }],
    answers: [
      record('www.example.test', 5, { target: 'web.example.test' }),
      record('web.example.test', 1, { address: 0xc0000201 }),
      record('web.example.test', 28, { address6: parseIpv6('2001:db8::1') }),
      record('example.test', 15, { preference: 10, target: 'mail.example.test' }),
      record('example.test', 16, { texts: [text('a=1'), text('')] }),
      record('_http._tcp.example.test', 33, { priority: 1, weight: 2, port: 80, target: 'web.example.test' }),
      record('odd\\.label.with\\032space', 99, { data: Uint8Array.from([1, 2, 3]) }),
    ],
    authorities: [
      record('example.test', 6, {
        primary: 'ns.example.test',
        mailbox: 'root.example.test',
        serial: 1,
        refresh: 2,
        retry: 3,
        expire: 4,
        minimum: 5,
      }),
    ],
    additionals: [],
  } satisfies DnsMessage
  const bytes = buildDns(message)
  assert.deepEqual(parseDns(bytes), message)
  assert.ok(bytes.length < 330, `${bytes.length} bytes: names are not compressed`)
})

test('names that differ in an escape only are not compressed into one another', () => {
  const names = ['a\\\\.b', 'a\\.b', 'x.a\\\\.b', 'x.a\\.b']
  const questions = names.map((name) => ({ name, type: 1, class: DNS_CLASS_IN }))
  assert.deepEqual(
    parseDns(buildDns({ id: 1, questions })).questions.map(({ name }) => name),
    names,
  )
})

test('a name is read with as many pointers as it can have labels, not more', () => {
  const chain = (pointers: number): Uint8Array => {
    const bytes = new Uint8Array(12 + 1 + pointers * 2 + 4)
    for (let index = 0; index < pointers; index++) {
      const target = index === 0 ? 12 : 13 + (index - 1) * 2
      bytes.set([0xc0 | (target >> 8), target & 255], 13 + index * 2)
    }
    return bytes
  }
  const read = (pointers: number): string => readDnsName(chain(pointers), 0, 13 + pointers * 2, 11 + pointers * 2).name
  assert.equal(read(127), '')
  assert.throws(() => read(128), { code: 'NETSTACK_ERR_WIRE_NAME' })
})

test('labels of 63 bytes and names of 255 are the longest, read or written (RFC 1035 2.3.4)', () => {
  const name = [...Array.from({ length: 3 }, () => 'x'.repeat(63)), 'x'.repeat(61)].join('.')
  const built = buildDns({ id: 1, questions: [{ name, type: 1, class: 1 }] })
  assert.equal(parseDns(built).questions[0].name, name)
  assert.throws(() => buildDns({ id: 1, questions: [{ name: `${name}x`, type: 1, class: 1 }] }))
  assert.throws(() => buildDns({ id: 1, questions: [{ name: 'x'.repeat(64), type: 1, class: 1 }] }))
  const longer = Uint8Array.from([...built.slice(0, 12), 1, 0x78, ...built.slice(12)])
  assert.throws(() => parseDns(longer), { code: 'NETSTACK_ERR_WIRE_NAME' })
  assert.equal(canonicalDnsName('WWW.Example.'), 'www.example')
  assert.equal(canonicalDnsName('a\\065b.\\.c'), 'aab.\\.c')
})

test('any bytes are a DNS message or a named error; pointers that loop end', () => {
  const loop = Uint8Array.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1])
  assert.throws(() => parseDns(loop), { code: 'NETSTACK_ERR_WIRE_NAME' })
  const seedMessage = buildDns({
    id: 1,
    questions: [{ name: 'a.example', type: 1, class: 1 }],
    answers: [record('a.example', 15, { preference: 1, target: 'b.example' })],
  })
  const mutated = fc.array(fc.tuple(fc.nat(seedMessage.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
    const bytes = seedMessage.slice()
    for (const [at, value] of changes) bytes[at] = value
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (bytes) => {
      let message: DnsMessage | undefined
      try {
        message = parseDns(bytes)
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
      if (message !== undefined) assert.deepEqual(parseDns(buildDns(message)), message)
    }),
    { numRuns: runs },
  )
})

test('any bytes are a DHCP message or a named error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (options) => {
      const bytes = new Uint8Array(240 + options.length)
      bytes.set([0x63, 0x82, 0x53, 0x63], 236)
      bytes.set(options, 240)
      try {
        parseDhcpv4(bytes)
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
    }),
    { numRuns: runs },
  )
})
