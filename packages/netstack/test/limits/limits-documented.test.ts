/** Every limit of the stack stands in docs/limits.md, with the default that it has, and with counters that there are. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createWire, Stack } from '@wirehub/netstack'
import { defaultIn, limitOptions } from './options.ts'

const page = readFileSync(new URL('../../../../docs/limits.md', import.meta.url), 'utf8')
const section = page.slice(page.indexOf('## Of netstack'), page.indexOf('\nWhat gateways add'))

/** The cells of the rows whose first one names an option. */
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
      .slice(1, -1),
  )

/** How the page writes the options of a type, and the file that has their defaults. */
const TYPES: Record<string, { written: (name: string) => string; file: string }> = {
  InternetOptions: within('internet', 'internet/internet.ts'),
  RoutingTableOptions: within('internet', 'internet/routing.ts'),
  NeighbourOptions: within('internet.neighbours', 'internet/neighbour.ts'),
  ReassemblyOptions: within('internet.reassembly', 'internet/reassembly.ts'),
  PathMtuOptions: within('internet.pathMtu', 'internet/path-mtu.ts'),
  UdpOptions: within('udp', 'transport/udp/udp-layer.ts'),
  UdpSocketOptions: of('`udp.open`', 'transport/udp/udp-socket.ts'),
  TcpLayerOptions: within('tcp', 'transport/tcp/layer.ts'),
  TcpConnectionOptions: within('tcp.defaults', 'transport/tcp/options.ts'),
  TcpListenOptions: of('`tcp.listen`', 'transport/tcp/listener.ts'),
  DnsResolverOptions: of('`DnsResolver`', 'stack/dns-resolver.ts'),
  PingOptions: of('`ping`', 'stack/ping.ts'),
  TracerouteOptions: of('`traceroute`', 'stack/ping.ts'),
  DnsServerOptions: of('`DnsServer`', 'sim/dns-server.ts'),
  DhcpServerOptions: of('`DhcpServer`', 'sim/dhcp-server.ts'),
  SimulationOptions: of('`simulate`', 'sim/run.ts'),
  SimLinkOptions: of('a link of `simulate`', 'link/wire.ts'),
  RecordingOptions: of('`Recording`', 'sim/recording.ts'),
  TraceRecorderOptions: of('`TraceRecorder`', 'dissect/trace.ts'),
  WireOptions: of('`createWire`', 'link/wire.ts'),
  ImpairmentOptions: of('`impair`', 'link/impairment.ts'),
  SwitchOptions: of('`Switch`', 'link/switch.ts'),
  FramePoolOptions: of('`FramePool`', 'link/frame.ts'),
  TunOptions: of('`openTun`', 'link/tun/device.ts'),
}

/** What looks like a limit and is none of ours. */
const NO_LIMITS = new Set([
  'DissectOptions fcsBytes', // a length on the wire
  'ListenOptions backlog', // Node's, handed on to `tcp.listen`
])

function within(place: string, file: string): (typeof TYPES)[string] {
  return { written: (name) => `\`${place}.${name}\``, file }
}

function of(owner: string, file: string): (typeof TYPES)[string] {
  return { written: (name) => `\`${name}\` of ${owner}`, file }
}

const UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** `4 MiB` as a number; what is none, undefined. */
function numberOf(cell: string): number | undefined {
  const [, digits, unit] = /^([\d,]+)(?: (KiB|MiB|GiB)| \(none\)|)$/.exec(cell) ?? []
  return digits === undefined ? undefined : Number(digits.replaceAll(',', '')) * UNITS[unit ?? '']!
}

const limits = limitOptions().filter(({ type, name }) => !NO_LIMITS.has(`${type} ${name}`))

test('every option that bounds something is documented, with the default of the sources', () => {
  assert.ok(limits.length > 60)
  for (const { type, name } of limits) {
    const place = TYPES[type]
    assert.ok(place !== undefined, `${type} has a limit, ${name}: say here how docs/limits.md writes it`)
    const row = rows.find(([option]) => option === place.written(name))
    assert.ok(row !== undefined, `docs/limits.md lacks ${place.written(name)}`)
    assert.equal(numberOf(row[1]!), defaultIn(place.file, name), `docs/limits.md: ${row[0]} has another default`)
  }
})

test('what the page documents is there', () => {
  const written = new Set(limits.map(({ type, name }) => TYPES[type]?.written(name)))
  for (const [option] of rows) assert.ok(written.has(option), `docs/limits.md has ${option}, which no type has`)
})

test('the counters that the page names are rows of stack.counters()', () => {
  const stack = new Stack({ random: () => 0, fillRandom: () => {}, clock: () => 0 })
  const [link] = createWire(stack.timers)
  stack.addInterface('eth0', link)
  const counted = stack.counters().map(({ layer, name }) => `${layer.replace(/ eth0$/, '')}: ${name}`)
  for (const [option, , , seen = ''] of rows) {
    for (const [, layer, names = ''] of seen.matchAll(/([\w ]+): ((?:`\w+`(?:, )?)+)/g)) {
      for (const [, name] of names.matchAll(/`(\w+)`/g)) {
        const row = `${layer!.trim()}: ${name}`
        assert.ok(counted.includes(row), `docs/limits.md: no counter "${row}" for ${option}`)
      }
    }
  }
})
