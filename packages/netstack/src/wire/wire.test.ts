// What holds for every protocol: any bytes parse to a packet or to a named error, a parsed packet is built to the same bytes,
// and the allocation-free readers and writers agree with the field tables.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildArp, parseArp, readArpOperation } from './arp.ts'
import { WireError } from './error.ts'
import { buildEthernet, ETHERNET, parseEthernet, readEthernet, readMac, writeEthernet } from './ethernet.ts'
import type { AnyFormat } from './format.ts'
import { buildIcmpv4, icmpv4Format, parseIcmpv4 } from './icmpv4.ts'
import { buildIcmpv6, parseIcmpv6 } from './icmpv6.ts'
import {
  buildIpv4,
  createIpv4Numbers,
  IPV4,
  parseIpv4,
  readIpv4Header,
  verifyIpv4Checksum,
  writeIpv4Header,
} from './ipv4.ts'
import { buildIpv6, createIpv6Numbers, IPV6, parseIpv6, readIpv6Header, writeIpv6Header } from './ipv6.ts'
import { findIpv6Transport } from './ipv6-extensions.ts'
import { buildTcp, parseTcp, readTcpHeader, TCP, writeTcpHeader } from './tcp.ts'
import { readTcpOptions, type TcpOption } from './tcp-options.ts'
import { buildUdp, parseUdp, readUdpHeader, UDP, writeUdpHeader } from './udp.ts'

const runs = process.env.WIREHUB_TEST_LONG === undefined ? 2000 : 200_000

/** The result, or undefined when the bytes were refused by name; anything else that is thrown fails the test. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    assert.ok(error instanceof WireError, `threw ${String(error)}`)
    assert.match(error.code, /^NETSTACK_ERR_WIRE_/)
    return undefined
  }
}

/** Bytes that get past the first checks often enough: the first byte is one that the protocol takes. */
function likely(first: readonly number[], maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...first), fc.uint8Array({ maxLength }))
    .map(([head, tail]) => Uint8Array.from([head, ...tail]))
}

test('Ethernet: parse, build, and the readers that allocate nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, hasFcs) => {
      const frame = attempt(() => parseEthernet(bytes, hasFcs))
      const numbers = { destination: 0, source: 0, type: 0 }
      const length = readEthernet(bytes, 0, bytes.length, numbers)
      if (frame === undefined) return
      assert.deepEqual(buildEthernet(frame), bytes)
      assert.equal(length, 14)
      assert.equal(numbers.destination, readMac(frame.destination, 0))
      assert.equal(numbers.type, frame.type)
      const written = new Uint8Array(14)
      assert.equal(writeEthernet(written, 0, numbers.destination, numbers.source, numbers.type), 14)
      assert.deepEqual(written, ETHERNET.build(frame))
    }),
    { numRuns: runs },
  )
})

test('ARP: parse and build', () => {
  const start = fc.constantFrom([0, 1, 8, 0, 6, 4], [0, 1, 8, 0, 6, 5], [0, 2])
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 30 }), (head, tail) => {
      const bytes = Uint8Array.from([...head, ...tail])
      const packet = attempt(() => parseArp(bytes))
      assert.equal(readArpOperation(bytes, 0, bytes.length), packet?.operation ?? -1)
      if (packet !== undefined) assert.deepEqual(buildArp(packet), bytes.subarray(0, 28))
    }),
    { numRuns: runs },
  )
})

test('IPv4: parse, build, and the readers that allocate nothing', () => {
  const bytesOf = fc.tuple(likely([0x45, 0x46, 0x47, 0x4f, 0x44, 0x60], 90), fc.boolean()).map(([bytes, fits]) => {
    if (fits && bytes.length > 3) bytes.set([0, bytes.length], 2)
    return bytes
  })
  fc.assert(
    fc.property(bytesOf, (bytes) => {
      const numbers = createIpv4Numbers()
      const length = readIpv4Header(bytes, 0, bytes.length, numbers)
      const packet = attempt(() => parseIpv4(bytes))
      if (length < 0) return assert.equal(packet, undefined)
      if (packet === undefined) return // its options are broken, which the header reader does not look at
      const { options, payload, ...header } = packet
      assert.deepEqual({ ...numbers }, header)
      assert.deepEqual(buildIpv4(packet), bytes.subarray(0, packet.totalLength))
      if (length > 20) return
      const written = new Uint8Array(20)
      writeIpv4Header(
        written,
        0,
        header.totalLength,
        (header.dscp << 2) | header.ecn,
        header.identification,
        (header.flags << 13) | header.fragmentOffset,
        header.timeToLive,
        header.protocol,
        header.source,
        header.destination,
      )
      assert.ok(verifyIpv4Checksum(written, 0, 20))
      const { headerChecksum, ...unsummed } = packet
      assert.deepEqual(written, buildIpv4(unsummed).subarray(0, 20))
    }),
    { numRuns: runs },
  )
})

test('IPv6 with its extension headers: parse, build, and the readers that allocate nothing', () => {
  const chain = fc.array(
    fc.tuple(
      fc.constantFrom(0, 43, 44, 51, 60, 6, 17, 59),
      fc.constantFrom(0, 1, 2, 200),
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
    ),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(
      chain,
      fc.uint8Array({ minLength: 38, maxLength: 38 }),
      fc.uint8Array({ maxLength: 30 }),
      (headers, rest, payload) => {
        const bytes = Uint8Array.from([
          0x60,
          ...rest,
          0,
          ...headers.flatMap(([next, length, data]) => [next, length, ...data]),
          ...payload,
        ])
        bytes.set([(bytes.length - 40) >> 8, bytes.length - 40, headers[0]?.[0] ?? 6], 4)
        const numbers = createIpv6Numbers()
        assert.equal(readIpv6Header(bytes, 0, bytes.length, numbers), 40)
        const place = { protocol: 0, start: 0, nextHeaderAt: 0, fragmentStart: 0 }
        const found = findIpv6Transport(bytes, 40, bytes.length, numbers.nextHeader, 6, place)
        const packet = attempt(() => parseIpv6(bytes))
        if (packet === undefined) return
        assert.equal(found, 0)
        assert.equal(place.protocol, packet.protocol)
        assert.equal(bytes[place.nextHeaderAt], packet.protocol)
        assert.equal(place.start, bytes.length - packet.payload.length)
        const { source, destination, extensions, protocol, payload: _, ...header } = packet
        assert.deepEqual({ ...numbers }, header)
        assert.deepEqual(buildIpv6(packet), bytes)
        const written = bytes.slice(0, 40)
        writeIpv6Header(
          written,
          0,
          header.payloadLength,
          (header.dscp << 2) | header.ecn,
          header.flowLabel,
          header.nextHeader,
          header.hopLimit,
        )
        assert.deepEqual(written, IPV6.build(packet))
      },
    ),
    { numRuns: runs },
  )
})

test('UDP: parse, build, and the readers that allocate nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 40 }), fc.boolean(), (bytes, fits) => {
      if (fits && bytes.length > 5) bytes.set([0, bytes.length], 4)
      const numbers = { sourcePort: 0, destinationPort: 0, length: 0, checksum: 0 }
      const length = readUdpHeader(bytes, 0, bytes.length, numbers)
      const datagram = attempt(() => parseUdp(bytes))
      assert.equal(length >= 0, datagram !== undefined)
      if (datagram === undefined) return
      const { payload, ...header } = datagram
      assert.deepEqual({ ...numbers }, header)
      assert.deepEqual(buildUdp(datagram), bytes.subarray(0, datagram.length))
      const written = new Uint8Array(8)
      writeUdpHeader(written, 0, header.sourcePort, header.destinationPort, header.length)
      assert.deepEqual(written, UDP.build({ ...header, checksum: 0 }))
    }),
    { numRuns: runs },
  )
})

function createTcpNumbers() {
  return {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgment: 0,
    headerBytes: 0,
    flags: 0,
    window: 0,
    checksum: 0,
    urgentPointer: 0,
  }
}

test('TCP: parse, build, and the readers that allocate nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(3), (bytes, words) => {
      if (bytes.length > 12 && words > 0) bytes[12] = ((4 + words) << 4) | (bytes[12] & 15)
      const numbers = createTcpNumbers()
      const length = readTcpHeader(bytes, 0, bytes.length, numbers)
      const segment = attempt(() => parseTcp(bytes))
      if (length < 0) return assert.equal(segment, undefined)
      if (segment === undefined) return assert.ok(readTcpOptions(bytes, 20, length, createOptionNumbers()) < 0)
      assert.deepEqual(
        [
          numbers.sourcePort,
          numbers.destinationPort,
          numbers.sequence >>> 0,
          numbers.acknowledgment >>> 0,
          numbers.headerBytes,
          numbers.flags,
        ],
        [
          segment.sourcePort,
          segment.destinationPort,
          segment.sequenceNumber,
          segment.acknowledgmentNumber,
          segment.dataOffset * 4,
          segment.flags,
        ],
      )
      assert.deepEqual(
        [numbers.window, numbers.checksum, numbers.urgentPointer],
        [segment.window, segment.checksum, segment.urgentPointer],
      )
      assert.deepEqual(buildTcp(segment), bytes)
      const written = new Uint8Array(20)
      const { sourcePort, destinationPort, sequence, acknowledgment, headerBytes, flags, window, urgentPointer } =
        numbers
      writeTcpHeader(
        written,
        0,
        sourcePort,
        destinationPort,
        sequence,
        acknowledgment,
        headerBytes,
        flags,
        window,
        urgentPointer,
      )
      assert.deepEqual(written.subarray(0, 20), fixedTcp({ ...segment, reserved: 0, checksum: 0 }))
    }),
    { numRuns: runs },
  )
})

function fixedTcp(segment: object): Uint8Array {
  return TCP.build({ ...segment, options: [] }).subarray(0, 20)
}

function createOptionNumbers() {
  return {
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    hasTimestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    userTimeoutMs: 0,
    fastOpenBytes: -1,
    fastOpenStart: 0,
    sackCount: 0,
    sackLeft: new Int32Array(4),
    sackRight: new Int32Array(4),
  }
}

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const optionOf: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ name: 'no-operation' }),
  fc.record({ name: fc.constant('maximum-segment-size' as const), size: fc.integer({ min: 1, max: 65535 }) }),
  fc.record({ name: fc.constant('window-scale' as const), shift: fc.nat(14) }),
  fc.constant<TcpOption>({ name: 'sack-permitted' }),
  fc.record({
    name: fc.constant('sack' as const),
    blocks: fc.array(fc.record({ left: u32, right: u32 }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ name: fc.constant('timestamps' as const), value: u32, echoReply: u32 }),
  fc.record({ name: fc.constant('user-timeout' as const), minutes: fc.nat(1), timeout: fc.nat(32767) }),
  fc.record({ name: fc.constant('fast-open' as const), cookie: fc.uint8Array({ minLength: 4, maxLength: 8 }) }),
  fc.record({
    name: fc.constant('unknown' as const),
    kind: fc.constantFrom(253, 254, 30),
    length: fc.constant(4),
    data: fc.uint8Array({ minLength: 2, maxLength: 2 }),
  }),
)

test('TCP options: the reader that allocates nothing tells what the table tells', () => {
  fc.assert(
    fc.property(fc.uniqueArray(optionOf, { maxLength: 3, selector: (option) => option.name }), (options) => {
      const bytes = buildTcp({ sourcePort: 1, destinationPort: 2, options })
      const parsed = parseTcp(bytes).options
      assert.deepEqual(
        parsed.map((option) => option.name).filter((name) => name !== 'end'),
        options.map((option) => option.name),
      )
      const numbers = createOptionNumbers()
      assert.ok(readTcpOptions(bytes, 20, bytes.length, numbers) >= 0)
      const of = <Name extends TcpOption['name']>(name: Name): Extract<TcpOption, { name: Name }> | undefined =>
        parsed.find((option): option is Extract<TcpOption, { name: Name }> => option.name === name)
      assert.equal(numbers.mss, of('maximum-segment-size')?.size ?? 0)
      assert.equal(numbers.windowScale, of('window-scale')?.shift ?? -1)
      assert.equal(numbers.sackPermitted, of('sack-permitted') !== undefined)
      assert.equal(numbers.hasTimestamps, of('timestamps') !== undefined)
      assert.equal(numbers.timestampValue >>> 0, of('timestamps')?.value ?? 0)
      assert.equal(numbers.timestampEcho >>> 0, of('timestamps')?.echoReply ?? 0)
      const userTimeout = of('user-timeout')
      assert.equal(
        numbers.userTimeoutMs,
        userTimeout === undefined ? 0 : userTimeout.timeout * (userTimeout.minutes === 1 ? 60_000 : 1000),
      )
      assert.equal(numbers.fastOpenBytes, of('fast-open')?.cookie.length ?? -1)
      const blocks = of('sack')?.blocks ?? []
      assert.equal(numbers.sackCount, blocks.length)
      blocks.forEach((block, i) => {
        assert.deepEqual([numbers.sackLeft[i] >>> 0, numbers.sackRight[i] >>> 0], [block.left, block.right])
      })
    }),
    { numRuns: runs },
  )
})

test('ICMPv4 and ICMPv6: any bytes parse to a message or a named error, and build to the same bytes', () => {
  const any4 = likely([0, 3, 4, 5, 8, 11, 12, 13, 14, 40], 60)
  const any6 = likely([1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137, 200], 100)
  fc.assert(
    fc.property(any4, any6, (four, six) => {
      const message4 = attempt(() => parseIcmpv4(four))
      const whole4 = message4?.name === 'timestamp' ? four.subarray(0, 20) : four
      if (message4 !== undefined) assert.deepEqual(buildIcmpv4(message4), whole4)
      const message6 = attempt(() => parseIcmpv6(six))
      if (message6 !== undefined) assert.deepEqual(buildIcmpv6(message6), six)
    }),
    { numRuns: runs },
  )
})

test('every table is whole: a record that was parsed has exactly the fields of the table, and the view shows the same', () => {
  const formats: AnyFormat[] = [ETHERNET, IPV4, IPV6, UDP, TCP, icmpv4Format(3)]
  for (const format of formats) {
    const bytes = Uint8Array.from({ length: format.byteLength }, (_, i) => (i * 37) & 255)
    const record = format.parse(bytes)
    const view = format.view(bytes)
    for (const field of format.fields)
      assert.deepEqual(view[field.name], record[field.name], `${format.name}.${field.name}`)
    assert.equal(Object.keys(record).length, format.fields.length + (format.tail === undefined ? 0 : 1))
    const short = format.view(bytes, 0, format.byteLength - 1)
    assert.equal(short[format.fields[format.fields.length - 1].name], undefined)
  }
})

test('records are strict: what fits no field, or contradicts the packet, is refused by name and place', () => {
  assert.throws(() => buildTcp({ sourcePort: 65536, destinationPort: 1 }), {
    code: 'NETSTACK_ERR_WIRE_VALUE',
    message: 'tcp, byte 0: Source Port takes 0 to 65535, not 65536',
  })
  assert.throws(() => buildTcp({ sourcePort: 1, destinationPort: 1, dataOffset: 6 }), {
    code: 'NETSTACK_ERR_WIRE_LENGTH',
  })
  assert.throws(() => buildIpv4({ protocol: 6, source: 1, destination: 2, totalLength: 21 }), {
    code: 'NETSTACK_ERR_WIRE_LENGTH',
  })
  const options: TcpOption[] = new Array(5).fill({ name: 'timestamps', value: 1, echoReply: 2 })
  assert.throws(() => buildTcp({ sourcePort: 1, destinationPort: 1, options }), { code: 'NETSTACK_ERR_WIRE_LENGTH' })
  assert.throws(() => parseTcp(Uint8Array.from([...new Array(12).fill(0), 0x60, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0])), {
    code: 'NETSTACK_ERR_WIRE_OPTION',
  })
})
