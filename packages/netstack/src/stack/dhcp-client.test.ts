import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TwoStacks } from '../../test/support/two-stacks.ts'
import { BROADCAST_V4, IpAddress } from '../internet/address.ts'
import { SeededRandom } from '../link/random.ts'
import { buildDhcpv4, DHCP_BROADCAST, type Dhcpv4Message, dhcpv4Option, readDhcpv4 } from '../wire/dhcpv4.ts'
import {
  DHCP_ACK,
  DHCP_DECLINE,
  DHCP_DISCOVER,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_REQUEST,
  type Dhcpv4Option,
} from '../wire/dhcpv4-options.ts'
import { DhcpClient } from './dhcp-client.ts'

// A client against a server made by hand, which may say anything.

const SERVER = IpAddress.parse('10.0.0.1').w3
const OFFERED = IpAddress.parse('10.0.0.50').w3
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

interface Said extends Partial<Dhcpv4Message> {
  seconds?: number
  server?: number
  more?: Dhcpv4Option[]
}

function besideServer(internet = {}) {
  const world = new TwoStacks([], ['10.0.0.1/24'], internet)
  const client = new DhcpClient(world.near.stack, world.near.network, world.scheduler)
  const heard: Dhcpv4Message[] = []
  const socket = world.far.stack.udp.open({ family: 4 })
  socket.bind(null, 67)
  socket.broadcast = true
  let answer: (message: Dhcpv4Message, type: number) => void = () => {}
  socket.onReadable = () => {
    for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
      const message = readDhcpv4(datagram.bytes)
      heard.push(message)
      answer(message, typeOf(message))
    }
  }
  const say = (to: Dhcpv4Message, type: number, said: Said = {}): void => {
    const { server = SERVER, more = [], ...fields } = said
    const options: Dhcpv4Option[] = [
      { name: 'message-type', type },
      { name: 'server-identifier', address: server },
      { name: 'lease-time', seconds: 1000 },
      { name: 'subnet-mask', address: 0xffff_ff00 },
      ...more,
    ]
    const { transactionId, clientHardwareAddress } = to
    const base = { operation: 2, transactionId, clientHardwareAddress, yourAddress: OFFERED }
    socket.send(buildDhcpv4({ ...base, options, ...fields }), BROADCAST_V4, 68, world.now)
  }
  /** Lends whatever is asked for; `change` alters what is said of a kind. */
  const lend = (change: Partial<Record<number, Said>> = {}): void => {
    answer = (message, type) => {
      if (type === DHCP_DISCOVER) say(message, DHCP_OFFER, change[DHCP_OFFER])
      else if (type === DHCP_REQUEST) say(message, DHCP_ACK, change[DHCP_ACK])
    }
  }
  const types = (): number[] => heard.splice(0).map(typeOf)
  const address = (): string | undefined => world.near.network.addresses[0]?.address.toString()
  const setAnswer = (next: typeof answer): void => {
    answer = next
  }
  return { world, client, heard, say, lend, types, address, setAnswer }
}

function typeOf(message: Dhcpv4Message): number {
  return dhcpv4Option(message, 'message-type')?.type ?? 0
}

test('answers of another transaction, to another host, of another kind, and noise are counted and change nothing', () => {
  const { world, client, say, setAnswer } = besideServer()
  setAnswer((message) => {
    say({ ...message, transactionId: message.transactionId ^ 1 }, DHCP_OFFER)
    say({ ...message, clientHardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 9) }, DHCP_OFFER)
    say(message, DHCP_ACK)
    say(message, DHCP_NAK)
    say(message, DHCP_OFFER, { operation: 1 })
    const other: Dhcpv4Option = { name: 'client-identifier', type: 1, identifier: Uint8Array.of(2, 0, 0, 0, 0, 9) }
    say(message, DHCP_OFFER, { more: [other] })
  })
  client.start()
  world.run(100)
  const noise = world.far.stack.udp.open({ family: 4 })
  noise.broadcast = true
  noise.send(new Uint8Array(300), BROADCAST_V4, 68, world.now)
  noise.send(new Uint8Array(10), BROADCAST_V4, 68, world.now)
  world.run(100)
  assert.equal(client.state, 'selecting')
  assert.deepEqual([client.counters.unexpected, client.counters.malformed], [6, 2], 'the identifier, too: RFC 6842 3')
})

test('offers without a server, a time or an address that a host can have are no offers', () => {
  const { world, client, say, setAnswer } = besideServer()
  setAnswer((message) => {
    for (const yourAddress of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '0.0.0.9']) {
      say(message, DHCP_OFFER, { yourAddress: IpAddress.parse(yourAddress).w3 })
    }
    say(message, DHCP_OFFER, { options: [{ name: 'message-type', type: DHCP_OFFER }] })
    say(message, DHCP_OFFER, {
      options: [
        { name: 'message-type', type: DHCP_OFFER },
        { name: 'server-identifier', address: SERVER },
        { name: 'lease-time', seconds: 0 },
      ],
    })
  })
  client.start()
  world.run(100)
  assert.equal(client.state, 'selecting')
  assert.equal(client.counters.unusable, 7)
})

test('only the server that was chosen grants or refuses (RFC 2131 4.4.1)', () => {
  const { world, client, say, setAnswer, address } = besideServer()
  const other = IpAddress.parse('10.0.0.66').w3
  let requests = 0
  setAnswer((message, type) => {
    if (type === DHCP_DISCOVER) say(message, DHCP_OFFER)
    else if (type === DHCP_REQUEST && requests++ === 0) {
      say(message, DHCP_NAK, { server: other })
      say(message, DHCP_ACK, { server: other })
      say(message, DHCP_ACK, { yourAddress: OFFERED + 1 })
    } else say(message, DHCP_ACK)
  })
  client.start()
  world.run(100)
  assert.deepEqual([client.state, client.counters.unexpected], ['requesting', 3])
  world.run(10_000)
  assert.deepEqual([client.state, address()], ['bound', '10.0.0.50'])
})

test('secs tells how long it takes, and is the same in the request (RFC 2131 4.4.1); answers are wished by broadcast', () => {
  const { world, client, heard, say, setAnswer } = besideServer()
  let discoveries = 0
  setAnswer((message, type) => {
    if (type === DHCP_DISCOVER && ++discoveries === 3) say(message, DHCP_OFFER)
  })
  client.start()
  world.run(30_000)
  const secs = heard.map((message) => [typeOf(message), message.seconds])
  assert.deepEqual(secs[0], [DHCP_DISCOVER, 0])
  assert.ok(secs[2][1] >= 9 && secs[2][1] <= 15)
  assert.deepEqual(secs[3], [DHCP_REQUEST, secs[2][1]])
  assert.ok(heard.every((message) => message.flags === DHCP_BROADCAST && message.clientAddress === 0))
})

test('an address that somebody has is declined, and nothing asked for ten seconds (RFC 2131 3.1 5)', () => {
  const { world, client, lend, types, address } = besideServer()
  world.far.stack.addAddress(world.far.network, '10.0.0.50/24')
  lend()
  client.start()
  world.run(9000)
  assert.deepEqual(types(), [DHCP_DISCOVER, DHCP_REQUEST, DHCP_DECLINE])
  assert.deepEqual([client.state, client.counters.conflicts, address()], ['waiting', 1, undefined])
  world.far.stack.removeAddress(world.far.network, '10.0.0.50')
  world.run(3000)
  assert.equal(address(), '10.0.0.50')
})

test('what another host once had at the address is no conflict when that host is gone', () => {
  const { world, client, lend, address } = besideServer()
  const gone = IpAddress.parse('10.0.0.50')
  world.near.network.neighbours4.learn(gone, 0x0200_0000_0009, 0)
  lend()
  client.start()
  world.run(2000)
  assert.equal(address(), '10.0.0.50')
})

test('two hosts that are about to take the same address see it (RFC 5227 2.1.1)', () => {
  const { world, client, lend } = besideServer()
  lend()
  client.start()
  world.run(100)
  assert.equal(client.state, 'checking')
  world.far.stack.internet.arp.probe(world.far.network, IpAddress.parse('10.0.0.50'), world.now)
  world.run(1000)
  assert.deepEqual([client.state, client.counters.conflicts], ['waiting', 1])
})

test('a server that refuses what it has just offered is asked ever more seldom', () => {
  const { world, client, say, setAnswer, types } = besideServer()
  setAnswer((message, type) => say(message, type === DHCP_DISCOVER ? DHCP_OFFER : DHCP_NAK))
  client.start()
  world.run(60_000)
  const discoveries = types().filter((type) => type === DHCP_DISCOVER).length
  assert.ok(discoveries >= 4 && discoveries <= 8, `${discoveries}`)
  assert.ok(client.counters.refused >= 4)
})

test('T1 and T2 out of their order are replaced: no storm, and no address beyond its lease (RFC 2131 4.4.5)', () => {
  for (const [renew, rebind] of [
    [0, 0],
    [900, 100],
    [500, 5000],
    [2000, 3000],
  ]) {
    const { world, client, lend, types, setAnswer, address } = besideServer()
    const more: Dhcpv4Option[] = [
      { name: 'renewal-time', seconds: renew },
      { name: 'rebinding-time', seconds: rebind },
    ]
    lend({ [DHCP_OFFER]: { more }, [DHCP_ACK]: { more } })
    client.start()
    world.run(490_000)
    assert.deepEqual(types(), [DHCP_DISCOVER, DHCP_REQUEST])
    setAnswer(() => {})
    world.run(509_000)
    assert.equal(address(), '10.0.0.50')
    world.run(2000)
    assert.equal(address(), undefined)
    assert.ok(types().length < 15)
  }
})

test('the lease is counted from the request, not from the answer (RFC 2131 4.4.1)', () => {
  const { world, client, say, setAnswer, address } = besideServer()
  setAnswer((message, type) => {
    if (type === DHCP_DISCOVER) say(message, DHCP_OFFER)
    else if (client.lease === null) world.scheduler.schedule(3000, () => say(message, DHCP_ACK))
  })
  client.start()
  world.run(999_000)
  assert.equal(address(), '10.0.0.50')
  world.run(1500)
  assert.equal(address(), undefined)
})

test('a lease without end is neither renewed nor lost (RFC 2131 3.3)', () => {
  const { world, client, lend, types, address } = besideServer()
  lend({ [DHCP_ACK]: { more: [] } })
  const forever: Dhcpv4Option[] = [
    { name: 'message-type', type: DHCP_ACK },
    { name: 'server-identifier', address: SERVER },
    { name: 'lease-time', seconds: 0xffff_ffff },
  ]
  lend({ [DHCP_ACK]: { options: forever } })
  client.start()
  world.run(10_000_000_000)
  assert.deepEqual(types(), [DHCP_DISCOVER, DHCP_REQUEST])
  assert.equal(address(), '10.0.0.50')
})

test('a renewal brings new routers and name servers; an acknowledgement of another address is none', () => {
  const { world, client, lend, say, setAnswer, address } = besideServer()
  const routers = (last: number): Dhcpv4Option[] => [{ name: 'routers', addresses: [{ address: SERVER + last }] }]
  const gateway = (): string | undefined =>
    world.near.stack.internet.findPath(IpAddress.parse('192.0.2.1'))?.neighbour?.address.toString()
  lend({ [DHCP_ACK]: { more: routers(0) } })
  const told: string[] = []
  client.onBound = (lease) => void told.push(`${lease.routers}`)
  client.start()
  world.run(5000)
  assert.equal(gateway(), '10.0.0.1')
  lend({ [DHCP_ACK]: { more: routers(1) } })
  world.run(500_000)
  assert.equal(gateway(), '10.0.0.2')
  assert.deepEqual(told, ['10.0.0.1', '10.0.0.2'])
  setAnswer((message) => say(message, DHCP_ACK, { yourAddress: OFFERED + 9 }))
  world.run(500_000)
  assert.deepEqual([address(), client.state], ['10.0.0.50', 'renewing'])
})

test('a refusal while renewing takes the address away at once (RFC 2131 4.4.5)', () => {
  const { world, client, lend, say, setAnswer, address } = besideServer()
  lend()
  client.start()
  world.run(5000)
  let lost = 0
  client.onLost = () => lost++
  setAnswer((message, type) => type === DHCP_REQUEST && say(message, DHCP_NAK))
  world.run(500_000)
  assert.deepEqual([address(), lost, client.state], [undefined, 1, 'selecting'])
})

test('a host without room for the address says so by a counter, and does not fall over', () => {
  for (const internet of [{ maxAddressesPerInterface: 2 }, { maxRoutes: 3 }]) {
    const { world, client, lend } = besideServer(internet)
    for (const text of 'maxRoutes' in internet ? [] : ['192.0.2.1/32', '192.0.2.2/32']) {
      world.near.stack.addAddress(world.near.network, text)
    }
    const routers = Array.from({ length: 8 }, (_, index) => ({ address: SERVER + index }))
    lend({ [DHCP_ACK]: { more: [{ name: 'routers', addresses: routers }] } })
    client.start()
    world.run(5000)
    assert.deepEqual([client.state, client.lease, client.counters.unusable], ['waiting', null, 1])
    assert.equal(world.near.network.addresses.filter((own) => own.origin === 'dhcp').length, 0)
  }
})

test('options stand in file and sname, too, and come in pieces (RFC 2131 4.1, RFC 3396)', () => {
  const { world, client, lend } = besideServer()
  const name = 'a-rather-long-domain-name.example'
  const split: Dhcpv4Option[] = [
    { name: 'option-overload', fields: 3 },
    { name: 'domain-name', text: text(name.slice(0, 10)) },
  ]
  const bootFile = new Uint8Array(128)
  bootFile.set([15, name.length - 10, ...text(name.slice(10)), 255])
  const serverName = new Uint8Array(64)
  serverName.set([6, 2, 10, 0, 6, 2, 0, 53, 255])
  lend({ [DHCP_ACK]: { more: split, bootFile, serverName } })
  client.start()
  world.run(2000)
  assert.equal(client.lease?.domainName, name)
  assert.deepEqual(client.lease?.dnsServers.map(String), ['10.0.0.53'])
  serverName.set([6, 200])
  const broken = besideServer()
  broken.lend({ [DHCP_OFFER]: { more: split, bootFile, serverName } })
  broken.client.start()
  broken.world.run(100)
  assert.deepEqual([broken.client.state, broken.client.counters.malformed], ['selecting', 1])
})

test('whatever a server says, damaged in any way, is counted: nothing throws, and no timer is left', () => {
  const { world, client, setAnswer, heard } = besideServer()
  const random = new SeededRandom(5)
  const socket = world.far.stack.udp.open({ family: 4 })
  socket.broadcast = true
  setAnswer((message, type) => {
    const options: Dhcpv4Option[] = [
      {
        name: 'message-type',
        type: type === DHCP_DISCOVER ? DHCP_OFFER : random.integer(6) === 0 ? DHCP_NAK : DHCP_ACK,
      },
      { name: 'server-identifier', address: SERVER },
      { name: 'lease-time', seconds: random.integer(100) },
      { name: 'renewal-time', seconds: random.integer(100) },
      { name: 'rebinding-time', seconds: random.integer(100) },
      { name: 'routers', addresses: [{ address: SERVER }] },
      { name: 'option-overload', fields: random.integer(4) },
    ]
    const { transactionId, clientHardwareAddress } = message
    const yourAddress = OFFERED + random.integer(3)
    const bytes = buildDhcpv4({ operation: 2, transactionId, clientHardwareAddress, yourAddress, options })
    for (let change = random.integer(3); change > 0; change--) {
      // Behind the fixed part, so that most of it is still taken for an answer.
      bytes[240 + random.integer(bytes.length - 240)] = random.integer(256)
    }
    socket.send(bytes, BROADCAST_V4, 68, world.now)
  })
  client.start()
  for (let round = 0; round < 500; round++) {
    heard.length = 0
    world.run(20_000)
    assert.ok(heard.length < 200, `${heard.length} messages in 20 s`)
    assert.ok(world.near.network.addresses.length <= 1)
  }
  client.stop()
  world.run(1)
  assert.equal(world.near.network.addresses.length, 0)
  assert.equal(world.near.stack.internet.routes.size, 1)
  assert.ok(client.counters.malformed > 0 && client.counters.unexpected > 0 && client.counters.unusable > 0)
})

test('a mask with holes is none', () => {
  const { world, client, lend } = besideServer()
  const options: Dhcpv4Option[] = [
    { name: 'message-type', type: DHCP_ACK },
    { name: 'server-identifier', address: SERVER },
    { name: 'lease-time', seconds: 1000 },
    { name: 'subnet-mask', address: 0xff00_ff00 },
  ]
  lend({ [DHCP_ACK]: { options } })
  client.start()
  world.run(2000)
  assert.equal(client.lease?.prefixLength, 24)
})

test('an address that another host claims is defended, once in ten seconds (RFC 5227 2.4 c)', () => {
  const { world, client, lend } = besideServer()
  lend()
  client.start()
  world.run(2000)
  const before = world.near.stack.internet.arp.counters.outRequests
  for (let round = 0; round < 30; round++) {
    world.far.stack.internet.arp.announce(world.far.network, IpAddress.parse('10.0.0.50'), world.now)
    world.run(500)
  }
  assert.equal(world.near.stack.internet.arp.counters.conflicts, 30)
  assert.equal(world.near.stack.internet.arp.counters.outRequests - before, 2)
  assert.equal(client.state, 'bound')
})
