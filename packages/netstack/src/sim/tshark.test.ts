// Wireshark's dissector reads what a whole network has sent: nothing is malformed, and every checksum is right.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tsharkMissing } from '../../test/tshark/agree.ts'
import { IpAddress } from '../internet/address.ts'
import { DhcpServer } from './dhcp-server.ts'
import { DnsServer } from './dns-server.ts'
import { simulate } from './node/simulate.ts'
import type { SimulationOptions } from './options.ts'
import type { SimHost } from './sim-host.ts'
import type { World } from './world.ts'

const CHECKSUMS = ['ip', 'tcp', 'udp']

function tshark(file: string, ...more: string[]): string[] {
  const preferences = CHECKSUMS.flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const text = execFileSync('tshark', ['-r', file, ...preferences, ...more], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text.split('\n').filter((line) => line !== '')
}

function services(host: SimHost): void {
  const dns = new DnsServer(host.stack, host.scheduler)
  dns.add('web.example', '10.0.2.2')
  dns.add('web.example', '2001:db8:0:2::2')
  dns.alias('www.example', 'web.example')
  const range = ['10.0.1.100', '10.0.1.101'] as const
  new DhcpServer(host.stack, host.interfaces[0], host.scheduler, { range, dnsServers: ['10.0.1.1'], leaseSeconds: 600 })
}

/** Boots by DHCP and router advertisement, resolves, pings, traces, sends datagrams in fragments, and a file by TCP. */
async function useNetwork(world: World): Promise<void> {
  await world.ready()
  const laptop = world.host('laptop')
  const web = world.host('web')
  for (const family of [4, 6] as const) {
    await laptop.ping('www.example', { family })
    await laptop.ping('web.example', { family, bytes: 3000 })
    await laptop.traceroute('web.example', { family })
    const remote = IpAddress.parse(web.address(family)!)
    const datagrams = laptop.stack.udp.open({ family })
    datagrams.send(new Uint8Array(5000), remote, 9)
    datagrams.dontFragment = true
    datagrams.send(new Uint8Array(100), remote, 9)
    const port = 80 + family
    const listener = web.stack.tcp.listen(
      {
        port,
        onConnection: () => {
          const connection = listener.accept()!
          const onReadable = (): void => connection.consume(connection.readableBytes, world.now)
          connection.observer = { onReadable, onEnd: () => connection.shutdown(world.now) }
        },
      },
      world.now,
    )
    const local = laptop.stack.internet.findPath(remote)!.source
    const connection = laptop.stack.tcp.connect({ local, remote, remotePort: port }, world.now)
    connection.send(new Uint8Array(50_000), world.now)
    connection.shutdown(world.now)
  }
  await world.sleep(5000)
}

test('tshark agrees that every packet of a whole network is well formed', async (t) => {
  // A machine without it skips with the reason; in CI that is a failure.
  if (tsharkMissing(t)) return
  const folder = mkdtempSync(join(tmpdir(), 'netstack-'))
  try {
    const capture = join(folder, 'network.pcapng')
    const options: SimulationOptions = {
      seed: 11,
      capture,
      hosts: { router: { kind: 'router', program: services }, laptop: { autoconfigure: true }, web: {} },
      links: [
        {
          ends: [
            { host: 'router', advertise: true },
            { host: 'laptop', dhcp: true },
          ],
        },
        { ends: ['router', 'web'], mtu: 1300, impair: { loss: 0.03, delayMs: 5 } },
      ],
    }
    await simulate(options, useNetwork)
    const bad = CHECKSUMS.concat('icmp', 'icmpv6').map((protocol) => `${protocol}.checksum.status==0`)
    assert.deepEqual(tshark(capture, '-Y', ['_ws.malformed', ...bad].join(' || ')), [])
    const count = (filter: string): number => tshark(capture, '-Y', filter).length
    assert.equal(count('dhcp.option.dhcp == 1'), 1, 'DISCOVER: the capture begins with the first frame')
    for (const filter of [
      'icmpv6.type == 134',
      'icmp.type == 11',
      'icmpv6.type == 2',
      'dns.flags.response == 1',
      'ip.flags.mf == 1',
      'ipv6.fraghdr.more == 1',
    ]) {
      assert.ok(count(filter) > 0, filter)
    }
    assert.equal(count('frame.len > 1314 && frame.interface_description == "router-web"'), 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
