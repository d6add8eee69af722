import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TwoStacks } from '../../test/support/two-stacks.ts'
import { BROADCAST_V4, IpAddress } from '../internet/address.ts'
import { SeededRandom } from '../link/random.ts'
import { buildDhcpv4, type Dhcpv4Message, dhcpv4Option, readDhcpv4 } from '../wire/dhcpv4.ts'
import {
  DHCP_ACK,
  DHCP_DECLINE,
  DHCP_DISCOVER,
  DHCP_INFORM,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_RELEASE,
  DHCP_REQUEST,
  type Dhcpv4Option,
} from '../wire/dhcpv4-options.ts'
import { DhcpServer, type DhcpServerOptions } from './dhcp-server.ts'

// A server against clients made by hand, which may say anything.

const v4 = (text: string): number => IpAddress.parse(text).w3
const SERVER = v4('10.0.0.1')
const FIRST = v4('10.0.0.100')

interface Asked extends Partial<Dhcpv4Message> {
  client?: number
  requested?: string
  server?: number
  more?: Dhcpv4Option[]
}

function besideClients(options: Partial<DhcpServerOptions> = {}) {
  const world = new TwoStacks(['10.0.0.1/24'], ['10.0.0.2/24'])
  const { stack, network } = world.near
  const server = new DhcpServer(stack, network, world.scheduler, {
    range: ['10.0.0.100', '10.0.0.102'],
    leaseSeconds: 600,
    ...options,
  })
  const socket = world.far.stack.udp.open({ family: 4 })
  socket.bind(null, 68)
  socket.broadcast = true
  const send = (bytes: Uint8Array): void => socket.send(bytes, BROADCAST_V4, 67, world.now)
  /** Sends a message; what comes back, as its type and the address in it. */
  const ask = (type: number, asked: Asked = {}): string[] => {
    const { client = 1, requested, server: chosen, more = [], ...fields } = asked
    const options: Dhcpv4Option[] = [{ name: 'message-type', type }, ...more]
    if (requested !== undefined) options.push({ name: 'requested-address', address: v4(requested) })
    if (chosen !== undefined) options.push({ name: 'server-identifier', address: chosen })
    const clientHardwareAddress = Uint8Array.of(2, 0, 0, 0, 1, client)
    send(buildDhcpv4({ operation: 1, transactionId: 7, clientHardwareAddress, options, ...fields }))
    world.run(10)
    const answers: string[] = []
    for (let datagram = socket.read(); datagram !== null; datagram = socket.read()) {
      const message = readDhcpv4(datagram.bytes)
      answers.push(`${dhcpv4Option(message, 'message-type')?.type} ${IpAddress.v4(message.yourAddress)}`)
    }
    return answers
  }
  const bind = (client: number): string[] => {
    const [offer] = ask(DHCP_DISCOVER, { client })
    return ask(DHCP_REQUEST, { client, requested: offer.split(' ')[1], server: SERVER })
  }
  return { world, server, socket, send, ask, bind, counters: server.counters }
}

test('no message makes the server throw, or send to where it has no way', () => {
  const { ask, send, world, counters } = besideClients()
  for (const clientAddress of ['8.8.8.8', '224.0.0.1', '127.0.0.1', '255.255.255.255', '0.0.0.1', '10.0.0.255']) {
    for (const type of [DHCP_DISCOVER, DHCP_REQUEST, DHCP_INFORM, DHCP_RELEASE, DHCP_DECLINE, 99]) {
      ask(type, { clientAddress: v4(clientAddress) })
    }
  }
  send(new Uint8Array(300))
  send(new Uint8Array(3))
  world.run(10)
  assert.equal(counters.malformed, 2)
  assert.equal(counters.received, 38)
  assert.ok(counters.ignored > 0)
})

test('declining what one was not given takes no memory, and no address from others (RFC 2131 4.3.3)', () => {
  const { ask, bind, counters } = besideClients()
  bind(1)
  for (let index = 0; index < 250; index++)
    ask(DHCP_DECLINE, { client: 9, requested: `10.0.0.${index}`, server: SERVER })
  assert.equal(counters.ignored, 250)
  assert.deepEqual(bind(1), [`${DHCP_ACK} 10.0.0.100`])
  ask(DHCP_DECLINE, { client: 1, requested: '10.0.0.100', server: SERVER })
  assert.equal(counters.declined, 1)
  assert.deepEqual(bind(1), [`${DHCP_ACK} 10.0.0.101`])
})

test('a discovery in the name of another does not shorten its lease', () => {
  const { world, ask, bind } = besideClients()
  bind(1)
  ask(DHCP_DISCOVER, { client: 1 })
  world.run(120_000)
  assert.deepEqual(ask(DHCP_REQUEST, { client: 2, requested: '10.0.0.100', server: SERVER }), [`${DHCP_NAK} 0.0.0.0`])
})

test('the own address of the server is not lent, though it lies in the range', () => {
  const world = new TwoStacks(['10.0.0.1/24'], [])
  const { stack, network } = world.near
  const server = new DhcpServer(stack, network, world.scheduler, { range: ['10.0.0.1', '10.0.0.2'] })
  const socket = world.far.stack.udp.open({ family: 4 })
  socket.broadcast = true
  const options: Dhcpv4Option[] = [
    { name: 'message-type', type: DHCP_REQUEST },
    { name: 'requested-address', address: SERVER },
    { name: 'server-identifier', address: SERVER },
  ]
  const clientHardwareAddress = Uint8Array.of(2, 0, 0, 0, 1, 1)
  socket.send(buildDhcpv4({ operation: 1, transactionId: 7, clientHardwareAddress, options }), BROADCAST_V4, 67)
  world.run(10)
  assert.deepEqual([server.counters.refusals, server.counters.acknowledgements], [1, 0])
})

test('of a client that it does not know the server is silent, of an address of elsewhere it is not (RFC 2131 4.3.2)', () => {
  const { ask, bind } = besideClients()
  assert.deepEqual(ask(DHCP_REQUEST, { client: 3, requested: '10.0.0.101' }), [])
  assert.deepEqual(ask(DHCP_REQUEST, { client: 3, requested: '192.0.2.1' }), [`${DHCP_NAK} 0.0.0.0`])
  bind(1)
  assert.deepEqual(ask(DHCP_REQUEST, { client: 1, requested: '10.0.0.100' }), [`${DHCP_ACK} 10.0.0.100`])
  assert.deepEqual(ask(DHCP_REQUEST, { client: 2, requested: '10.0.0.100', server: SERVER }), [`${DHCP_NAK} 0.0.0.0`])
})

test('what was offered is free again when the client chooses another server', () => {
  const { ask } = besideClients()
  for (let client = 1; client <= 3; client++) ask(DHCP_DISCOVER, { client })
  assert.deepEqual(ask(DHCP_DISCOVER, { client: 4 }), [])
  ask(DHCP_REQUEST, { client: 2, requested: '10.0.0.101', server: v4('10.0.0.66') })
  assert.deepEqual(ask(DHCP_DISCOVER, { client: 4 }), [`${DHCP_OFFER} 10.0.0.101`])
})

test('all discoveries of a flood together take the range, for a minute', () => {
  const { world, ask, counters } = besideClients()
  for (let client = 1; client <= 200; client++) ask(DHCP_DISCOVER, { client })
  assert.deepEqual([counters.offers, counters.exhausted], [3, 197])
  world.run(61_000)
  assert.equal(ask(DHCP_DISCOVER, { client: 201 }).length, 1)
})

test('only the holder gives an address back; whoever has one by other means is told the rest (RFC 2131 4.3.4, 4.3.5)', () => {
  const { ask, bind, counters } = besideClients()
  bind(1)
  ask(DHCP_RELEASE, { client: 2, clientAddress: FIRST })
  assert.equal(counters.ignored, 1)
  ask(DHCP_RELEASE, { client: 1, clientAddress: FIRST })
  assert.deepEqual(ask(DHCP_DISCOVER, { client: 2 }), [`${DHCP_OFFER} 10.0.0.100`])
  assert.deepEqual(ask(DHCP_INFORM, { client: 3, clientAddress: v4('10.0.0.2') }), [`${DHCP_ACK} 0.0.0.0`])
})

test('requests by way of a relay are not for this server', () => {
  const { ask, counters } = besideClients()
  assert.deepEqual(ask(DHCP_DISCOVER, { relayAddress: v4('192.0.2.1') }), [])
  assert.equal(counters.ignored, 1)
})

test('messages damaged in any way are answered or counted', () => {
  const { world, send, counters, bind } = besideClients()
  const random = new SeededRandom(9)
  for (let round = 0; round < 2000; round++) {
    const options: Dhcpv4Option[] = [
      { name: 'message-type', type: random.integer(9) },
      { name: 'requested-address', address: FIRST + random.integer(6) },
      { name: 'host-name', text: Uint8Array.of(0xff, 0, 0x41) },
    ]
    const clientHardwareAddress = Uint8Array.of(2, 0, 0, 0, 1, random.integer(4))
    const bytes = buildDhcpv4({ operation: 1, transactionId: 7, clientHardwareAddress, options })
    for (let change = random.integer(4); change > 0; change--) bytes[random.integer(270)] = random.integer(256)
    send(bytes)
    world.run(1)
  }
  const { received, malformed, ignored, offers, acknowledgements, refusals, exhausted, declined } = counters
  assert.equal(received, 2000)
  assert.ok([malformed, ignored, offers, acknowledgements, refusals, exhausted, declined].every((count) => count > 0))
  world.run(700_000)
  assert.equal(bind(77).length, 1)
})

test('the identifier of a client comes back to it (RFC 6842 3)', () => {
  const { world, send, socket } = besideClients()
  const identifier: Dhcpv4Option = { name: 'client-identifier', type: 0, identifier: Uint8Array.of(1, 2, 3) }
  const options: Dhcpv4Option[] = [{ name: 'message-type', type: DHCP_DISCOVER }, identifier]
  const clientHardwareAddress = Uint8Array.of(2, 0, 0, 0, 1, 1)
  send(buildDhcpv4({ operation: 1, transactionId: 7, clientHardwareAddress, options }))
  world.run(10)
  const offer = readDhcpv4(socket.read()!.bytes)
  assert.deepEqual(dhcpv4Option(offer, 'client-identifier')?.identifier, Uint8Array.of(1, 2, 3))
})

test('no more leases than the option says, though the range has more; one that has ended makes room', () => {
  const { world, ask, bind, counters } = besideClients({ range: ['10.0.0.100', '10.0.0.199'], maxLeases: 2 })
  bind(1)
  bind(2)
  assert.deepEqual(ask(DHCP_DISCOVER, { client: 3 }), [])
  assert.deepEqual(ask(DHCP_REQUEST, { client: 3, requested: '10.0.0.150', server: SERVER }), [`${DHCP_NAK} 0.0.0.0`])
  assert.deepEqual([counters.exhausted, counters.refusals], [1, 1])
  assert.deepEqual(bind(2), [`${DHCP_ACK} 10.0.0.101`])
  world.run(601_000)
  assert.deepEqual(bind(3), [`${DHCP_ACK} 10.0.0.100`])
})

test('an identifier that several options are needed for is not remembered', () => {
  const { ask, counters } = besideClients()
  const identifier: Dhcpv4Option = { name: 'client-identifier', type: 0, identifier: new Uint8Array(200) }
  assert.deepEqual(ask(DHCP_DISCOVER, { more: [identifier, identifier] }), [])
  assert.equal(counters.ignored, 1)
  assert.deepEqual(ask(DHCP_DISCOVER, { more: [identifier] }), [`${DHCP_OFFER} 10.0.0.100`])
})
