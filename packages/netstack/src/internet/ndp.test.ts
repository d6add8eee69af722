import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Addressing, besidePeer, bytesOf, HOST6, PEER_MAC, PEER6 } from '../../test/support/peer-harness.ts'
import type { NdpOption } from '../wire/ndp.ts'
import { IpAddress } from './address.ts'

// Neighbour discovery, message by message: the rules of RFC 4861 6.1 and 7.1, and the answers of 7.2.

const ALL_NODES = IpAddress.parse('ff02::1')
const ANY = IpAddress.parse('::')
const LINK_LOCAL = IpAddress.parse('fe80::99')
const GROUP_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)
const SOURCE: NdpOption = { name: 'source-link-layer-address', address: PEER_MAC }
const TARGET: NdpOption = { name: 'target-link-layer-address', address: PEER_MAC }

type Peer = ReturnType<typeof besidePeer>

function solicitation(peer: Peer, options: NdpOption[], how: Addressing & { target?: IpAddress; code?: number } = {}) {
  const targetAddress = bytesOf(how.target ?? HOST6)
  peer.sendIcmp6({ name: 'neighbor-solicitation', type: 135, code: how.code ?? 0, targetAddress, options }, how)
}

function advertisement(
  peer: Peer,
  flags: { router?: number; solicited?: number; override?: number },
  options: NdpOption[],
  how: Addressing & { target?: IpAddress } = {},
) {
  const targetAddress = bytesOf(how.target ?? PEER6)
  const { router = 0, solicited = 0, override = 0 } = flags
  const message = {
    name: 'neighbor-advertisement',
    type: 136,
    router,
    solicited,
    override,
    targetAddress,
    options,
  } as const
  peer.sendIcmp6(message, how)
}

test('a solicitation against the rules is counted, and moves nothing (RFC 4861 7.1.1)', () => {
  const peer = besidePeer()
  const group = { destination: HOST6.solicitedNode(), mac: GROUP_MAC }
  solicitation(peer, [SOURCE], { hopLimit: 254 })
  solicitation(peer, [SOURCE], { code: 1 })
  solicitation(peer, [SOURCE], { target: ALL_NODES })
  solicitation(peer, [SOURCE], { ...group, source: ANY })
  solicitation(peer, [], { source: ANY })
  solicitation(peer, [], { source: ANY, destination: ALL_NODES, mac: GROUP_MAC })
  solicitation(peer, [{ name: 'source-link-layer-address', address: GROUP_MAC }])
  assert.equal(peer.ndp.inMalformed, 7)
  assert.equal(peer.ndp.inSolicitations, 0)
  assert.deepEqual(peer.said6(), [])
})

test('an option of length zero, and a message that is cut short, are counted', () => {
  const peer = besidePeer()
  const message = { name: 'neighbor-solicitation', type: 135, targetAddress: bytesOf(HOST6) } as const
  const zero: NdpOption = { name: 'unknown', kind: 200, length: 1, data: new Uint8Array(6) }
  const addresses = new Uint8Array([...bytesOf(PEER6), ...bytesOf(HOST6)])
  peer.sendIcmp6({ ...message, options: [zero] })
  assert.equal(peer.ndp.inSolicitations, 1, 'an unknown option is skipped')
  const bytes = peer.icmp6({ ...message, options: [zero] }, addresses)
  bytes[25] = 0
  peer.sendBytes6(bytes, addresses)
  peer.sendBytes6(bytes.slice(0, 20), addresses)
  assert.equal(peer.ndp.inMalformed, 2)
})

test('a probe for an address in use is answered to all nodes, unsolicited (RFC 4861 7.2.4)', () => {
  const peer = besidePeer()
  solicitation(peer, [], { source: ANY, destination: HOST6.solicitedNode(), mac: GROUP_MAC })
  const [packet] = peer.answers
  assert.equal(IpAddress.read(6, packet, 24).toString(), 'ff02::1')
  const [answer] = peer.said6()
  assert.ok(answer.name === 'neighbor-advertisement')
  assert.deepEqual([answer.solicited, answer.override, answer.router], [0, 1, 0])
})

test('whoever asks without telling its MAC is asked for it, and then answered (RFC 4861 7.2.3)', () => {
  const peer = besidePeer()
  const stranger = IpAddress.parse('2001:db8::77')
  solicitation(peer, [], { source: stranger })
  const [question] = peer.said6()
  assert.equal(question.name, 'neighbor-solicitation')
  advertisement(peer, { solicited: 1, override: 1 }, [TARGET], { source: stranger, target: stranger })
  const [answer] = peer.said6()
  assert.ok(answer.name === 'neighbor-advertisement')
  assert.deepEqual([answer.solicited, answer.targetAddress], [1, bytesOf(HOST6)])
})

test('nobody else has an address of ours: what comes from it makes no neighbour', () => {
  const peer = besidePeer()
  solicitation(peer, [SOURCE], { source: HOST6 })
  assert.deepEqual(peer.said6(), [])
  assert.equal(peer.eth.neighbours6.get(HOST6), null)
})

test('a forged advertisement of our address, and one for nobody, change nothing', () => {
  const peer = besidePeer()
  advertisement(peer, { override: 1 }, [TARGET], { target: HOST6 })
  advertisement(peer, { override: 1, solicited: 1 }, [TARGET], { target: IpAddress.parse('2001:db8::5') })
  advertisement(peer, { override: 1, solicited: 1 }, [TARGET], { destination: ALL_NODES, mac: GROUP_MAC })
  assert.equal(peer.ndp.inMalformed, 1)
  assert.equal(peer.eth.findAddress(HOST6)?.state, 'preferred')
  assert.equal(peer.eth.neighbours6.size, 1)
})

test('an advertisement that is not believed says nothing of being a router either (RFC 4861 7.2.5)', () => {
  const peer = besidePeer()
  const other = IpAddress.parse('2001:db8::77')
  const entry = peer.eth.neighbours6.entry(other, 0)
  advertisement(peer, { router: 1, solicited: 1 }, [], { target: other })
  assert.deepEqual([entry.state, entry.isRouter], ['incomplete', false])
  advertisement(peer, { router: 1, solicited: 1 }, [TARGET], { target: other })
  assert.deepEqual([entry.state, entry.isRouter], ['reachable', true])
  const elsewhere: NdpOption = { name: 'target-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 0, 0x55) }
  advertisement(peer, { router: 0, solicited: 1 }, [elsewhere], { target: other })
  assert.deepEqual([entry.state, entry.isRouter], ['stale', true])
})

test('a router that says that it is none any more is used no longer (RFC 4861 7.2.5)', () => {
  const peer = besidePeer({ ipv6Autoconfiguration: true })
  peer.net.run(2000)
  const how = { source: LINK_LOCAL, destination: ALL_NODES, mac: GROUP_MAC }
  peer.sendIcmp6({ name: 'router-advertisement', type: 134, routerLifetime: 1800, options: [SOURCE] }, how)
  const beyond = IpAddress.parse('2001:db8:ff::1')
  assert.notEqual(peer.host.internet.findPath(beyond), null)
  assert.equal(peer.eth.neighbours6.get(LINK_LOCAL)?.isRouter, true)
  advertisement(peer, { router: 0, override: 1 }, [TARGET], { ...how, target: LINK_LOCAL })
  assert.equal(peer.host.internet.findPath(beyond), null)
})

test('router messages against the rules are counted (RFC 4861 6.1)', () => {
  const peer = besidePeer({ ipv6Autoconfiguration: true })
  const advertise = (how: Addressing, code = 0): void =>
    peer.sendIcmp6({ name: 'router-advertisement', type: 134, code, routerLifetime: 1800, options: [] }, how)
  advertise({ source: PEER6 })
  advertise({ source: LINK_LOCAL, hopLimit: 64 })
  advertise({ source: LINK_LOCAL }, 1)
  peer.sendIcmp6({ name: 'router-solicitation', type: 133, options: [SOURCE] }, { source: ANY })
  const redirect = (destination: IpAddress, source: IpAddress): void => {
    const [targetAddress, destinationAddress] = [bytesOf(LINK_LOCAL), bytesOf(destination)]
    peer.sendIcmp6({ name: 'redirect', type: 137, targetAddress, destinationAddress, options: [] }, { source })
  }
  redirect(PEER6, PEER6)
  redirect(ALL_NODES, LINK_LOCAL)
  assert.equal(peer.ndp.inMalformed, 6)
  redirect(PEER6, LINK_LOCAL)
  assert.equal(peer.ndp.inRedirects, 1)
  assert.equal(peer.host.internet.routes.size, 4)
})

test('a router answers within half a second, and a crowd once in three seconds (RFC 4861 6.2.6)', () => {
  const peer = besidePeer({ forwarding: true })
  const { net, host, eth } = peer
  host.internet.ndp.advertiseRouter(eth, { prefixes: [] }, 0)
  net.run(10_000)
  assert.equal(peer.said6().length, 1)
  const ask = (): void =>
    peer.sendIcmp6({ name: 'router-solicitation', type: 133, options: [SOURCE] }, { source: LINK_LOCAL })
  ask()
  assert.equal(peer.said6().length, 0, 'not at once')
  net.run(10_500)
  assert.equal(peer.said6().length, 1)
  for (let at = 10_500; at < 20_000; at += 100) {
    net.run(at)
    ask()
  }
  assert.ok([3, 4].includes(peer.said6().length))
  assert.equal(eth.neighbours6.get(LINK_LOCAL)?.isRouter, false)
})

test('an advertisement in the name of the host itself makes it no router of its own', () => {
  const peer = besidePeer({ ipv6Autoconfiguration: true })
  peer.net.run(2000)
  const source = peer.eth.linkLocal()!
  peer.sendIcmp6({ name: 'router-advertisement', type: 134, routerLifetime: 1800, options: [SOURCE] }, { source })
  assert.equal(peer.host.internet.findPath(IpAddress.parse('2001:db8:ff::1')), null)
  assert.equal(peer.eth.neighbours6.get(source), null)
})

test('who asks is whoever has something to send, where that is an address of the link (RFC 4861 7.2.2)', () => {
  const peer = besidePeer()
  const other = IpAddress.parse('2001:db8:5::1')
  peer.host.internet.addAddress(peer.eth, other, 64)
  const socket = peer.host.udp.open({ family: 6 })
  socket.bind(other, 0)
  socket.send(Uint8Array.of(1), IpAddress.parse('2001:db8::77'), 9)
  peer.net.run(0)
  assert.equal(IpAddress.read(6, peer.answers[0], 8).toString(), '2001:db8:5::1')
})
