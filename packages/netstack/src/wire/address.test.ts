import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac, readIpv6 } from './address.ts'

test('addresses survive being written and read', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (four, six) => {
        assert.equal(parseIpv4(formatIpv4(four)), four)
        assert.deepEqual(parseIpv6(formatIpv6(six)), six)
        assert.deepEqual(parseMac(formatMac(six)), six.slice(0, 6))
      },
    ),
  )
})

test('IPv6 is written as RFC 5952 recommends', () => {
  const cases: [string, string][] = [
    ['2001:DB8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ]
  for (const [written, expected] of cases) assert.equal(formatIpv6(parseIpv6(written)), expected)
})

test('what is no address is refused', () => {
  for (const text of ['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '', 'a.b.c.d'])
    assert.throws(() => parseIpv4(text), { code: 'NETSTACK_ERR_WIRE_ADDRESS' })
  for (const text of [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '::12345',
  ]) {
    assert.equal(readIpv6(text), undefined, text)
  }
  for (const text of ['02:00', '02:00:00:00:00:0g', '020000000001'])
    assert.throws(() => parseMac(text), { code: 'NETSTACK_ERR_WIRE_ADDRESS' })
})
