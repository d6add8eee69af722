import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Net } from '../../test/support/internet-harness.ts'
import { besidePeer, bytesOf, HOST4, HOST6, PEER_MAC, PEER4, PEER6 } from '../../test/support/peer-harness.ts'
import type { Link } from '../link/link.ts'
import { Switch } from '../link/switch.ts'
import { createWire } from '../link/wire.ts'
import { buildIcmpv4 } from '../wire/icmpv4.ts'
import { buildIpv4 } from '../wire/ipv4.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { buildUdp } from '../wire/udp.ts'
import { IpAddress } from './address.ts'
import type { InternetOptions } from './internet.ts'

// Redirects as a host takes them (RFC 1122 3.2.2.2, RFC 4861 8.1 and 8.3).

const BEYOND4 = IpAddress.parse('192.0.2.7')
const BETTER4 = IpAddress.parse('10.0.0.98')
const BEYOND6 = IpAddress.parse('2001:db8:ff::7')
const ROUTER6 = IpAddress.parse('fe80::99')
const BETTER6 = IpAddress.parse('fe80::98')

function behindRouter(options: InternetOptions = {}) {
  const peer = besidePeer(options)
  const { internet, udp } = peer.host
  internet.addAddress(peer.eth, IpAddress.parse('fe80::1'), 64)
  internet.addRouteTo('0.0.0.0/0', '10.0.0.99')
  internet.addRouteTo('::/0', 'fe80::99')
  const socket = udp.open({ family: 4 })
  socket.bind(null, 5000)
  const gateway = (destination: IpAddress): string | undefined =>
    internet.findPath(destination)?.neighbour?.address.toString()
  const redirect4 = (
    target: IpAddress,
    how: { source?: IpAddress; port?: number; destination?: IpAddress } = {},
  ): void => {
    const payload = buildUdp({ sourcePort: how.port ?? 5000, destinationPort: 7, payload: new Uint8Array(8) })
    const destination = (how.destination ?? BEYOND4).w3
    const data = buildIpv4({ protocol: 17, source: HOST4.w3, destination, payload })
    const message = buildIcmpv4({ name: 'redirect', type: 5, code: 1, gateway: target.w3, data })
    peer.send4({ protocol: 1, source: (how.source ?? PEER4).w3, payload: message })
  }
  const redirect6 = (target: IpAddress, destination: IpAddress, source = ROUTER6, options: NdpOption[] = []): void => {
    const [targetAddress, destinationAddress] = [bytesOf(target), bytesOf(destination)]
    peer.sendIcmp6({ name: 'redirect', type: 137, targetAddress, destinationAddress, options }, { source })
  }
  return { ...peer, internet, gateway, redirect4, redirect6 }
}

test('a better router for one destination is taken from the router in use, for a while', () => {
  const { net, gateway, redirect4, redirect6 } = behindRouter()
  redirect4(BETTER4)
  redirect6(BETTER6, BEYOND6)
  assert.deepEqual([gateway(BEYOND4), gateway(BEYOND6)], ['10.0.0.98', 'fe80::98'])
  assert.equal(gateway(IpAddress.parse('192.0.2.8')), '10.0.0.99', 'for that one only')
  net.run(601_000)
  assert.deepEqual([gateway(BEYOND4), gateway(BEYOND6)], ['10.0.0.99', 'fe80::99'])
})

test('a destination that is on the link itself is reached without a router (RFC 4861 8.3)', () => {
  const { gateway, redirect6, eth } = behindRouter()
  const option: NdpOption = { name: 'target-link-layer-address', address: PEER_MAC }
  redirect6(BEYOND6, BEYOND6, ROUTER6, [option])
  assert.equal(gateway(BEYOND6), '2001:db8:ff::7')
  assert.deepEqual([eth.neighbours6.get(BEYOND6)?.state, eth.neighbours6.get(BEYOND6)?.isRouter], ['stale', false])
})

test('redirects of anybody else, about what was not sent, and to where nobody can be are not followed', () => {
  const { gateway, redirect4, redirect6, host } = behindRouter()
  redirect4(BETTER4, { source: IpAddress.parse('10.0.0.66') })
  redirect4(BETTER4, { port: 6000 })
  for (const target of ['192.0.2.1', '10.0.0.255', '10.0.0.1', '224.0.0.1', '0.0.0.0', '127.0.0.1']) {
    redirect4(IpAddress.parse(target))
  }
  redirect4(BETTER4, { destination: IpAddress.parse('10.0.0.50') })
  redirect6(BETTER6, BEYOND6, BETTER6)
  redirect6(PEER6, BEYOND6)
  redirect6(IpAddress.parse('fe80::1'), BEYOND6)
  redirect6(BETTER6, HOST6)
  assert.deepEqual([gateway(BEYOND4), gateway(BEYOND6)], ['10.0.0.99', 'fe80::99'])
  assert.equal(host.internet.redirects.size, 0)
})

test('a router follows none, nor a host that is told not to (RFC 4861 8.2)', () => {
  for (const options of [{ forwarding: true }, { acceptRedirects: false }]) {
    const { gateway, redirect4, redirect6 } = behindRouter(options)
    redirect4(BETTER4)
    redirect6(BETTER6, BEYOND6)
    assert.deepEqual([gateway(BEYOND4), gateway(BEYOND6)], ['10.0.0.99', 'fe80::99'])
  }
})

test('when the better router is silent the one before is used again (RFC 4861 7.3.3)', () => {
  const { net, internet, gateway, redirect6 } = behindRouter()
  redirect6(BETTER6, BEYOND6)
  internet.icmp.echo.open().send(BEYOND6, 1, new Uint8Array(8), 0, net.now)
  net.run(5000)
  assert.equal(gateway(BEYOND6), 'fe80::99')
})

test('a flood of redirects stays within the option', () => {
  const { redirect6, internet } = behindRouter({ maxRedirects: 10 })
  for (let index = 0; index < 100; index++) redirect6(BETTER6, IpAddress.v6(0x2001_0db8, 0xff_0000, 0, index + 9))
  assert.equal(internet.redirects.size, 10)
  assert.deepEqual(internet.redirects.counters, { followed: 100, refused: 0, evicted: 90 })
  assert.ok(internet.routes.size < 20)
})

/** Hosts a and b, and two routers, all on one switch; behind the second router is another network. */
function onOneLink(options: InternetOptions = {}) {
  const net = new Net()
  const hub = new Switch(net.pool)
  const port = (): Link => {
    const [near, far] = createWire(net.timers)
    hub.plug(far)
    return near
  }
  const a = net.host()
  const near = net.host({ forwarding: true, ...options })
  const far = net.host({ forwarding: true })
  net.plug(a, port(), '10.0.0.10/24', '2001:db8::10/64', 'fe80::10/64')
  net.plug(near, port(), '10.0.0.1/24', '2001:db8::1/64', 'fe80::1/64')
  net.plug(far, port(), '10.0.0.2/24', '2001:db8::2/64', 'fe80::2/64')
  const [inner] = createWire(net.timers)
  net.plug(far, inner, '192.0.2.1/24', '2001:db8:ff::1/64')
  a.internet.addRouteTo('0.0.0.0/0', '10.0.0.1')
  a.internet.addRouteTo('::/0', 'fe80::1')
  near.internet.addRouteTo('192.0.2.0/24', '10.0.0.2')
  near.internet.addRouteTo('2001:db8:ff::/64', 'fe80::2')
  const gateway = (destination: string): string | undefined =>
    a.internet.findPath(IpAddress.parse(destination))?.neighbour?.address.toString()
  const ping = (destination: string): void => {
    a.internet.icmp.echo.open().send(IpAddress.parse(destination), 1, new Uint8Array(8), 0, net.now)
    net.run(net.now + 100)
  }
  return { net, a, near, gateway, ping }
}

test('a router that sends a packet back to the link that it came from tells of the better way (RFC 1812 5.2.7.2, RFC 4861 8.2)', () => {
  const { a, near, gateway, ping } = onOneLink()
  ping('192.0.2.1')
  ping('2001:db8:ff::1')
  assert.deepEqual([gateway('192.0.2.1'), gateway('2001:db8:ff::1')], ['10.0.0.2', 'fe80::2'])
  assert.deepEqual([near.internet.icmp.v4.counters.outErrors, near.internet.ndp.counters.outRedirects], [1, 1])
  assert.equal(a.internet.icmp.v4.counters.inEchoReplies, 1, 'the packet itself was passed on')
  assert.equal(a.internet.icmp.v6.counters.inEchoReplies, 1)
})

test('a router that is told not to tells nobody', () => {
  const { near, gateway, ping } = onOneLink({ sendRedirects: false })
  ping('192.0.2.1')
  ping('2001:db8:ff::1')
  assert.deepEqual([gateway('192.0.2.1'), gateway('2001:db8:ff::1')], ['10.0.0.1', 'fe80::1'])
  assert.equal(near.internet.icmp.v4.counters.outErrors, 0)
})
