import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Net } from '../../test/support/internet-harness.ts'
import { besidePeer, bytesOf, PEER_MAC } from '../../test/support/peer-harness.ts'
import { createWire } from '../link/wire.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { IpAddress } from './address.ts'
import type { InternetOptions } from './internet.ts'

// What a host makes of router advertisements (RFC 4861 6.3.4, RFC 4862 5.5, RFC 8106), and how it tests its addresses (5.4).

const ALL_NODES = IpAddress.parse('ff02::1')
const ROUTER = IpAddress.parse('fe80::99')
const SECOND = IpAddress.parse('fe80::98')
const BEYOND = IpAddress.parse('2001:db8:ff::1')
const GROUP_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)
const SOURCE: NdpOption = { name: 'source-link-layer-address', address: PEER_MAC }

const prefix = (
  text: string,
  validLifetime: number,
  preferredLifetime = validLifetime,
  flags: { onLink?: number; autonomous?: number; length?: number } = {},
): NdpOption => ({
  name: 'prefix-information',
  prefixLength: flags.length ?? 64,
  onLink: flags.onLink ?? 1,
  autonomous: flags.autonomous ?? 1,
  validLifetime,
  preferredLifetime,
  prefix: bytesOf(IpAddress.parse(text)),
})
const servers = (lifetime: number, ...texts: string[]): NdpOption => ({
  name: 'recursive-dns-server',
  lifetime,
  servers: texts.map((text) => ({ address: bytesOf(IpAddress.parse(text)) })),
})

interface Advertised {
  from?: IpAddress
  routerLifetime?: number
  currentHopLimit?: number
  reachableTime?: number
  retransTimer?: number
}

function booted(options: InternetOptions = {}, bootMs = 2000) {
  const peer = besidePeer({ ipv6Autoconfiguration: true, ...options })
  peer.net.run(bootMs)
  peer.answers.length = 0
  const advertise = (list: NdpOption[], { from = ROUTER, ...fields }: Advertised = {}): void => {
    const message = { name: 'router-advertisement', type: 134, routerLifetime: 0, ...fields, options: list } as const
    peer.sendIcmp6(message, { source: from, destination: ALL_NODES, mac: GROUP_MAC })
  }
  const autoconfigured = (): string[] =>
    peer.eth.addresses.filter((own) => own.origin === 'autoconfigured').map((own) => `${own.address} ${own.state}`)
  return { ...peer, advertise, autoconfigured, internet: peer.host.internet }
}

test('a prefix is on the link for as long as it was said to be, and longer when it is said again (RFC 4861 6.3.4)', () => {
  const { net, advertise, internet } = booted()
  const neighbour = IpAddress.parse('2001:db8:7::5')
  advertise([prefix('2001:db8:7::', 100, 100, { autonomous: 0 })])
  assert.notEqual(internet.findPath(neighbour), null)
  net.run(82_000)
  advertise([prefix('2001:db8:7::', 100, 100, { autonomous: 0 })])
  net.run(181_000)
  assert.notEqual(internet.findPath(neighbour), null)
  net.run(183_000)
  assert.equal(internet.findPath(neighbour), null)
  advertise([prefix('2001:db8:7::', 100, 100, { autonomous: 0 })])
  advertise([prefix('2001:db8:7::', 0, 0, { autonomous: 0 })])
  assert.equal(internet.findPath(neighbour), null)
})

test('a preferred lifetime beyond the valid one makes no address; what is on the link is another matter', () => {
  const { advertise, autoconfigured, internet } = booted()
  advertise([prefix('2001:db8:7::', 100, 200)])
  assert.deepEqual(autoconfigured(), [])
  assert.notEqual(internet.findPath(IpAddress.parse('2001:db8:7::5')), null)
})

test('prefixes of another length than 64, link-local ones, and ones that are void make no address (RFC 4862 5.5.3)', () => {
  const { advertise, autoconfigured } = booted()
  advertise([prefix('2001:db8:7::', 100, 100, { length: 56 }), prefix('fe80::', 100), prefix('ff02::', 100)])
  advertise([prefix('2001:db8:8::', 0), prefix('2001:db8:9::', 100, 100, { autonomous: 0 })])
  assert.deepEqual(autoconfigured(), [])
})

test('nobody ends an address within two hours by one advertisement (RFC 4862 5.5.3 e)', () => {
  const { net, advertise, autoconfigured } = booted()
  const one = ['2001:db8:7::ff:fe00:1 preferred']
  advertise([prefix('2001:db8:7::', 100_000)])
  net.run(4000)
  advertise([prefix('2001:db8:7::', 1, 1)])
  net.run(6000)
  assert.deepEqual(autoconfigured(), ['2001:db8:7::ff:fe00:1 deprecated'])
  advertise([prefix('2001:db8:7::', 5000, 5000)])
  assert.deepEqual(autoconfigured(), one, 'the preferred lifetime may be anything')
  net.run(4000 + 7_199_000)
  assert.equal(autoconfigured().length, 1)
  net.run(4000 + 7_201_000)
  assert.deepEqual(autoconfigured(), [])
})

test('a flood of advertisements stays within the options, and leaves room for addresses and routes of others', () => {
  const { net, advertise, autoconfigured, internet, eth } = booted({ maxRoutes: 60, maxOnLinkPrefixes: 30 })
  for (let index = 0; index < 500; index++) {
    const from = IpAddress.v6(0xfe80_0000, 0, 1, index)
    const name = `2001:db8:${(index + 16).toString(16)}::53`
    advertise([SOURCE, prefix(`2001:db8:${(index + 16).toString(16)}::`, 10_000), servers(1000, name)], {
      from,
      routerLifetime: 1800,
    })
  }
  net.run(4000)
  assert.equal(autoconfigured().length, 16)
  assert.equal(internet.ndp.discovery.dnsServers.length, 8)
  assert.ok(internet.routes.size < 60)
  internet.addAddress(eth, IpAddress.parse('192.0.2.1'), 24)
  assert.ok(eth.neighbours6.size <= 1024)
  const { addressesRefused, dnsServersRefused, prefixesRefused, routersRefused } = internet.ndp.counters
  assert.deepEqual([addressesRefused, dnsServersRefused, prefixesRefused, routersRefused], [484, 492, 470, 484])
})

test('a routing table that is full is no reason to fall over', () => {
  const { advertise, internet } = booted({ maxRoutes: 4 })
  const size = internet.routes.size
  advertise([prefix('2001:db8:7::', 100)], { routerLifetime: 1800 })
  advertise([prefix('2001:db8:8::', 100)], { routerLifetime: 1800, from: SECOND })
  assert.ok(internet.routes.size >= size && internet.routes.size <= 4)
})

test('name servers end with their lifetime, and by a lifetime of 0 (RFC 8106 5.1)', () => {
  const { net, advertise, internet } = booted()
  const { discovery } = internet.ndp
  let told = 0
  discovery.onDnsServers = () => told++
  advertise([servers(100, '2001:db8::53', '2001:db8::54', 'ff02::1', '::1')])
  assert.deepEqual(discovery.dnsServers.map(String), ['2001:db8::53', '2001:db8::54'])
  advertise([servers(0, '2001:db8::53')])
  assert.deepEqual(discovery.dnsServers.map(String), ['2001:db8::54'])
  net.run(103_000)
  assert.deepEqual(discovery.dnsServers, [])
  assert.equal(told, 4)
})

test('hop limit, MTU and times of the link are taken where they can be right (RFC 4861 6.3.4)', () => {
  const { advertise, eth, internet, net, said6, answers } = booted()
  const mtu = (): number | undefined => internet.findPath(BEYOND)?.mtu
  advertise([SOURCE, { name: 'mtu', mtu: 1000 }], { routerLifetime: 1800, currentHopLimit: 1 })
  assert.equal(mtu(), 1500)
  advertise([{ name: 'mtu', mtu: 9000 }], { routerLifetime: 1800 })
  assert.equal(mtu(), 1500)
  advertise([{ name: 'mtu', mtu: 1400 }], { routerLifetime: 1800, currentHopLimit: 128, retransTimer: 200 })
  assert.equal(mtu(), 1400)
  assert.equal(eth.mtu, 1500, "the link's own, for IPv4")
  answers.length = 0
  const socket = internet.icmp.echo.open()
  socket.send(BEYOND, 1, new Uint8Array(8), 0, net.now)
  assert.equal(answers.length, 0)
  net.run(net.now)
  assert.equal(answers[0][7], 128)
  answers.length = 0
  socket.send(IpAddress.parse('2001:db8::55'), 1, new Uint8Array(8), 0, net.now)
  net.run(net.now + 500)
  assert.equal(said6().length, 3, 'asked three times at 200 ms')
  advertise([], { retransTimer: 1 })
  advertise([], { retransTimer: 0xffff_ffff, reachableTime: 0xffff_ffff })
  answers.length = 0
  socket.send(IpAddress.parse('2001:db8::56'), 1, new Uint8Array(8), 0, net.now)
  net.run(net.now + 500)
  assert.equal(said6().length, 3, 'and no other time is believed')
})

test('when a default router falls silent the other is used (RFC 4861 6.3.6, 7.3.3)', () => {
  const { net, advertise, internet, eth } = booted()
  advertise([SOURCE], { routerLifetime: 1800 })
  advertise([SOURCE], { routerLifetime: 1800, from: SECOND })
  const gateway = (): string | undefined => internet.findPath(BEYOND)?.neighbour?.address.toString()
  assert.equal(gateway(), 'fe80::99')
  const socket = internet.icmp.echo.open()
  socket.send(BEYOND, 1, new Uint8Array(8), 0, net.now)
  net.run(net.now + 9000)
  assert.equal(gateway(), 'fe80::98', 'the first did not answer the probes')
  eth.neighbours6.learn(ROUTER, 0x0200_0000_0099, net.now)
  eth.neighbours6.flush()
  assert.equal(gateway(), 'fe80::99', 'nothing is known of either')
})

test('two hosts that try the same address at once both let it be (RFC 4862 5.4.3)', () => {
  const net = new Net()
  const [left, right] = createWire(net.timers)
  const options = { ipv6Autoconfiguration: true, maxAutoconfigurationDelayMs: 0 }
  const [a, b] = [net.host(options), net.host(options)]
  const first = net.plug(a, left)
  net.macs--
  const second = net.plug(b, right)
  net.run(5000)
  assert.deepEqual(
    [first, second].map((network) => network.addresses[0].state),
    ['duplicated', 'duplicated'],
  )
  assert.equal(a.internet.ndp.counters.duplicateAddresses, 1)
})

test('a probe that the link sends back is no other host (RFC 7527)', () => {
  const peer = besidePeer({
    ipv6Autoconfiguration: true,
    maxAutoconfigurationDelayMs: 0,
    duplicateAddressDetectionTransmits: 2,
  })
  peer.net.run(100)
  const probe = peer.answers.find((packet) => packet[6] === 58 && packet[40] === 135)!
  peer.sendPacket6(probe, GROUP_MAC)
  assert.equal(peer.ndp.loopedProbes, 1)
  assert.equal(peer.ndp.duplicateAddresses, 0)
  const own = peer.eth.addresses.find((each) => each.origin === 'link-local')!
  peer.net.run(3000)
  assert.equal(own.state, 'preferred')
})

test('a question of somebody who has an address already is no conflict, and is not answered yet (RFC 4862 5.4.3)', () => {
  const peer = besidePeer({ ipv6Autoconfiguration: true })
  peer.net.run(100)
  const own = peer.eth.addresses.find((each) => each.origin === 'link-local')!
  peer.answers.length = 0
  const message = {
    name: 'neighbor-solicitation',
    type: 135,
    targetAddress: bytesOf(own.address),
    options: [SOURCE],
  } as const
  peer.sendIcmp6(
    { ...message, options: [SOURCE] },
    { source: ROUTER, destination: own.address.solicitedNode(), mac: GROUP_MAC },
  )
  assert.equal(own.state, 'tentative')
  assert.deepEqual(peer.said6(), [])
  const claim = { name: 'neighbor-advertisement', type: 136, router: 0, solicited: 0, override: 1 } as const
  peer.sendIcmp6(
    { ...claim, targetAddress: bytesOf(own.address), options: [] },
    { source: own.address, destination: ALL_NODES, mac: GROUP_MAC },
  )
  assert.equal(own.state, 'duplicated')
})

test('hosts that are switched on together do not all speak at once (RFC 4861 6.3.7, RFC 4862 5.4.2)', () => {
  const firsts = [1, 2, 3].map((seed) => {
    const peer = besidePeer({ ipv6Autoconfiguration: true }, seed)
    let at = 0
    while (peer.answers.length === 0) peer.net.run(++at)
    return at
  })
  assert.equal(new Set(firsts).size, 3)
  assert.ok(firsts.every((at) => at > 0 && at <= 1000))
})

test('routers are asked for three times, until one answers that may be used (RFC 4861 6.3.7)', () => {
  const solicitations = (lifetimes: Record<number, number>): number => {
    const { net, advertise, said6 } = booted({ maxAutoconfigurationDelayMs: 0 }, 0)
    let count = 0
    for (let at = 0; at < 20_000; at += 500) {
      if (lifetimes[at] !== undefined) advertise([], { routerLifetime: lifetimes[at] })
      net.run(at + 500)
      count += said6().filter((message) => message.name === 'router-solicitation').length
    }
    return count
  }
  assert.equal(solicitations({}), 3)
  assert.equal(solicitations({ 2000: 1800 }), 1)
  assert.equal(solicitations({ 2000: 0 }), 3, 'not a default router')
  assert.equal(solicitations({ 500: 1800, 2000: 1800 }), 1, 'once even so')
})
