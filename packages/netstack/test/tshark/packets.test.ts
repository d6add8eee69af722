// Wireshark's dissector reads every capture that is written here without a malformed packet, and agrees with ours: every field that
// both know by name has the same value and stands at the same bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseIpv4, parseIpv6, parseMac } from '../../src/wire/address.ts'
import { buildArp } from '../../src/wire/arp.ts'
import { pseudoHeaderSum4, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { buildDhcpv4 } from '../../src/wire/dhcpv4.ts'
import { buildDns } from '../../src/wire/dns.ts'
import { buildEthernet, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../src/wire/ethernet.ts'
import { buildIcmpv4 } from '../../src/wire/icmpv4.ts'
import { buildIcmpv6 } from '../../src/wire/icmpv6.ts'
import { buildIpv4, type Ipv4Init } from '../../src/wire/ipv4.ts'
import { buildIpv6, type Ipv6Init } from '../../src/wire/ipv6.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../src/wire/link-types.ts'
import {
  buildTcp,
  lengthOfTcp,
  TCP_ACK,
  TCP_AE,
  TCP_CWR,
  TCP_ECE,
  TCP_FIN,
  TCP_PSH,
  TCP_SYN,
  TCP_URG,
  type TcpInit,
} from '../../src/wire/tcp.ts'
import type { TcpOption } from '../../src/wire/tcp-options.ts'
import { buildUdp } from '../../src/wire/udp.ts'
import { agree, tsharkMissing } from './agree.ts'

const client = parseMac('02:00:00:00:00:01')
const server = parseMac('02:00:00:00:00:02')
const four = { source: parseIpv4('192.0.2.1'), destination: parseIpv4('198.51.100.2') }
const six = { source: parseIpv6('2001:db8::1'), destination: parseIpv6('2001:db8::2') }
const addresses6 = Uint8Array.from([...six.source, ...six.destination])
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const ethernet = (type: number, payload: Uint8Array, fcs?: boolean): Uint8Array =>
  buildEthernet({ destination: server, source: client, type, payload, fcs })
const ip4 = (packet: Partial<Ipv4Init> & { protocol: number }): Uint8Array =>
  buildIpv4({ ...four, identification: 0x1c46, flags: 2, ...packet })
const ip6 = (packet: Partial<Ipv6Init> & { protocol: number }): Uint8Array =>
  buildIpv6({ ...six, flowLabel: 0x12345, ...packet })

function tcp4(segment: Partial<TcpInit>): Uint8Array {
  const whole = { sourcePort: 49152, destinationPort: 8080, window: 64240, ...segment }
  return ip4({
    protocol: 6,
    payload: buildTcp(whole, pseudoHeaderSum4(four.source, four.destination, 6, lengthOfTcp(whole))),
  })
}

function tcp6(segment: Partial<TcpInit>): Uint8Array {
  const whole = { sourcePort: 49152, destinationPort: 8080, window: 64240, ...segment }
  return ip6({ protocol: 6, payload: buildTcp(whole, pseudoHeaderSum6(addresses6, 0, 6, lengthOfTcp(whole))) })
}

function udp4(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const sum = pseudoHeaderSum4(four.source, four.destination, 17, 8 + payload.length)
  return ip4({ protocol: 17, payload: buildUdp({ sourcePort, destinationPort, payload }, sum) })
}

function udp6(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  return ip6({
    protocol: 17,
    payload: buildUdp(
      { sourcePort, destinationPort, payload },
      pseudoHeaderSum6(addresses6, 0, 17, 8 + payload.length),
    ),
  })
}

const icmp6 = (message: Parameters<typeof buildIcmpv6>[0]): Uint8Array =>
  ip6({ protocol: 58, hopLimit: 255, payload: buildIcmpv6(message, addresses6) })

const SYN_OPTIONS: TcpOption[] = [
  { name: 'maximum-segment-size', size: 1460 },
  { name: 'sack-permitted' },
  { name: 'timestamps', value: 0x89abcdef, echoReply: 0 },
  { name: 'no-operation' },
  { name: 'window-scale', shift: 7 },
]

const icmpQuote = tcp4({ sequenceNumber: 77, flags: TCP_ACK }).subarray(0, 28)

const everyKind: Uint8Array[] = [
  ethernet(
    ETHERTYPE_ARP,
    buildArp({
      operation: 1,
      senderHardwareAddress: client,
      senderProtocolAddress: four.source,
      targetHardwareAddress: new Uint8Array(6),
      targetProtocolAddress: four.destination,
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    tcp4({ sequenceNumber: 1000, flags: TCP_SYN | TCP_ECE | TCP_CWR | TCP_AE, options: SYN_OPTIONS }),
  ),
  ethernet(
    ETHERTYPE_IPV6,
    tcp6({
      sequenceNumber: 1000,
      flags: TCP_SYN,
      options: [
        { name: 'user-timeout', minutes: 1, timeout: 5 },
        { name: 'fast-open', cookie: text('12345678') },
      ],
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    tcp4({
      sequenceNumber: 4294967295,
      acknowledgmentNumber: 2001,
      flags: TCP_ACK | TCP_PSH | TCP_URG | TCP_FIN,
      urgentPointer: 3,
      options: [
        { name: 'no-operation' },
        { name: 'no-operation' },
        {
          name: 'sack',
          blocks: [
            { left: 3000, right: 4000 },
            { left: 5000, right: 6000 },
          ],
        },
      ],
      payload: text('hello'),
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 1,
      ecn: 3,
      dscp: 46,
      payload: buildIcmpv4({ name: 'echo', type: 8, identifier: 7, sequenceNumber: 1, data: text('ping') }),
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 1,
      payload: buildIcmpv4({ name: 'destination-unreachable', type: 3, code: 4, nextHopMtu: 1280, data: icmpQuote }),
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({ protocol: 1, payload: buildIcmpv4({ name: 'time-exceeded', type: 11, data: icmpQuote }) }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 1,
      payload: buildIcmpv4({ name: 'redirect', type: 5, code: 1, gateway: four.source, data: icmpQuote }),
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 1,
      payload: buildIcmpv4({
        name: 'timestamp',
        type: 13,
        identifier: 1,
        sequenceNumber: 2,
        originate: 3,
        receive: 4,
        transmit: 5,
      }),
    }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 17,
      flags: 1,
      fragmentOffset: 0,
      payload: buildUdp({ sourcePort: 5000, destinationPort: 6000, payload: new Uint8Array(24) }),
    }),
  ),
  ethernet(ETHERTYPE_IPV4, ip4({ protocol: 17, flags: 0, fragmentOffset: 4, payload: new Uint8Array(24) })),
  ethernet(
    ETHERTYPE_IPV4,
    ip4({
      protocol: 17,
      options: [{ name: 'router-alert', value: 0 }],
      payload: buildUdp({ sourcePort: 5000, destinationPort: 6000, payload: text('x') }),
    }),
  ),
  ethernet(ETHERTYPE_IPV6, udp6(5000, 6000, text('datagram'))),
  ethernet(
    ETHERTYPE_IPV6,
    ip6({
      protocol: 58,
      extensions: [
        { name: 'hop-by-hop-options', options: [{ name: 'router-alert', value: 0 }] },
        { name: 'fragment', fragmentOffset: 0, moreFragments: 1, identification: 0xabcd },
      ],
      payload: buildIcmpv6(
        { name: 'echo', type: 128, identifier: 1, sequenceNumber: 2, data: new Uint8Array(8) },
        addresses6,
      ),
    }),
  ),
  ethernet(ETHERTYPE_IPV6, icmp6({ name: 'echo', type: 129, identifier: 1, sequenceNumber: 2, data: text('pong') })),
  ethernet(
    ETHERTYPE_IPV6,
    icmp6({
      name: 'neighbor-solicitation',
      type: 135,
      targetAddress: six.destination,
      options: [{ name: 'source-link-layer-address', address: client }],
    }),
  ),
  ethernet(
    ETHERTYPE_IPV6,
    icmp6({
      name: 'neighbor-advertisement',
      type: 136,
      solicited: 1,
      override: 1,
      targetAddress: six.destination,
      options: [{ name: 'target-link-layer-address', address: server }],
    }),
  ),
  ethernet(
    ETHERTYPE_IPV6,
    icmp6({
      name: 'router-advertisement',
      type: 134,
      managed: 1,
      routerLifetime: 1800,
      options: [
        { name: 'mtu', mtu: 1500 },
        {
          name: 'prefix-information',
          prefixLength: 64,
          onLink: 1,
          autonomous: 1,
          validLifetime: 7200,
          preferredLifetime: 3600,
          prefix: parseIpv6('2001:db8::'),
        },
        { name: 'recursive-dns-server', lifetime: 600, servers: [{ address: six.destination }] },
      ],
    }),
  ),
  ethernet(
    ETHERTYPE_IPV6,
    icmp6({ name: 'packet-too-big', type: 2, mtu: 1280, data: tcp6({ flags: TCP_ACK }).subarray(0, 60) }),
  ),
  ethernet(ETHERTYPE_IPV6, icmp6({ name: 'destination-unreachable', type: 1, code: 4, data: udp6(1, 2, text('abc')) })),
  ethernet(
    ETHERTYPE_IPV6,
    icmp6({ name: 'parameter-problem', type: 4, code: 1, pointer: 6, data: udp6(1, 2, text('abc')) }),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    udp4(
      68,
      67,
      buildDhcpv4({
        operation: 1,
        transactionId: 0x3903f326,
        flags: 0x8000,
        clientHardwareAddress: client,
        options: [
          { name: 'message-type', type: 3 },
          { name: 'requested-address', address: four.source },
          { name: 'server-identifier', address: four.destination },
          { name: 'host-name', text: text('laptop') },
          { name: 'parameter-request-list', codes: Uint8Array.of(1, 3, 6) },
        ],
      }),
    ),
  ),
  ethernet(
    ETHERTYPE_IPV4,
    udp4(
      53,
      40000,
      buildDns({
        id: 0x1234,
        response: 1,
        recursionDesired: 1,
        recursionAvailable: 1,
        questions: [{ name: 'www.example.test', type: 1, class: 1 }],
        answers: [
          { name: 'www.example.test', type: 5, class: 1, timeToLive: 60, data: { target: 'web.example.test' } },
          { name: 'web.example.test', type: 1, class: 1, timeToLive: 60, data: { address: four.source } },
          { name: 'web.example.test', type: 28, class: 1, timeToLive: 60, data: { address6: six.source } },
          {
            name: 'example.test',
            type: 15,
            class: 1,
            timeToLive: 60,
            data: { preference: 10, target: 'mail.example.test' },
          },
        ],
        authorities: [
          {
            name: 'example.test',
            type: 6,
            class: 1,
            timeToLive: 60,
            data: {
              primary: 'ns.example.test',
              mailbox: 'root.example.test',
              serial: 1,
              refresh: 2,
              retry: 3,
              expire: 4,
              minimum: 5,
            },
          },
        ],
      }),
    ),
  ),
]

test('tshark agrees on every kind of packet', (context) => {
  if (tsharkMissing(context)) return
  const count = agree(everyKind, LINKTYPE_ETHERNET)
  assert.ok(count > 500, `only ${count} fields were compared`)
  context.diagnostic(`${count} fields compared in ${everyKind.length} packets`)
})

test('tshark agrees on frames with an FCS, padded to the Ethernet minimum, and on bare IP packets', (context) => {
  if (tsharkMissing(context)) return
  agree(
    [ethernet(ETHERTYPE_IPV4, tcp4({ flags: TCP_ACK }), true), ethernet(ETHERTYPE_IPV6, udp6(1, 2, text('a')), true)],
    LINKTYPE_ETHERNET,
    4,
  )
  agree([tcp4({ flags: TCP_SYN, options: SYN_OPTIONS }), tcp6({ flags: TCP_ACK, payload: text('abc') })], LINKTYPE_RAW)
})

test('tshark agrees on random TCP and UDP over IPv4 and IPv6', (context) => {
  if (tsharkMissing(context)) return
  const u16 = fc.integer({ min: 1, max: 65535 })
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const options = fc.constantFrom<TcpOption[]>(
    [],
    SYN_OPTIONS,
    [{ name: 'timestamps', value: 1, echoReply: 2 }],
    [{ name: 'sack', blocks: [{ left: 1, right: 2 }] }],
  )
  const segment = fc.record({
    sourcePort: fc.integer({ min: 61000, max: 61900 }),
    sequenceNumber: u32,
    acknowledgmentNumber: u32,
    flags: fc.nat(511),
    window: fc.nat(65535),
    urgentPointer: fc.nat(65535),
    options,
    payload: fc.uint8Array({ maxLength: 20 }),
  })
  const packet = fc.oneof(
    segment.map((one) => ethernet(ETHERTYPE_IPV4, tcp4({ ...one, destinationPort: 9 }))),
    segment.map((one) => ethernet(ETHERTYPE_IPV6, tcp6({ ...one, destinationPort: 9 }))),
    fc
      .tuple(u16, fc.uint8Array({ maxLength: 20 }))
      .map(([port, data]) => ethernet(ETHERTYPE_IPV4, udp4(9, 61000 + (port % 900), data))),
  )
  // One run of tshark over many packets: starting it costs more than reading them.
  const seed = Number(process.env.WIREHUB_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
  context.diagnostic(`seed ${seed} (WIREHUB_TEST_SEED)`)
  const packets = fc.sample(packet, { numRuns: process.env.WIREHUB_TEST_LONG === undefined ? 300 : 5000, seed })
  agree(packets, LINKTYPE_ETHERNET)
})
