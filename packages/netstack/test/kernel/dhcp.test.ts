// A bare stack on a TAP device: dnsmasq in a network namespace gives it address, route and name server, and the kernel is reached by name.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNet } from '../../src/api/node/network.ts'
import { RealTimeHost } from '../../src/api/node/real-time-host.ts'
import type { NetworkInterface } from '../../src/internet/interface.ts'
import { openTun, type TunLink } from '../../src/link/tun/tun-link.ts'
import { DhcpClient } from '../../src/stack/dhcp-client.ts'
import type { DhcpLease } from '../../src/stack/dhcp-lease.ts'
import { DnsError, DnsResolver } from '../../src/stack/dns-resolver.ts'
import type { Scheduler } from '../../src/stack/scheduler.ts'
import { kernelMissing, Namespace } from './namespace.ts'

const SERVER = '10.83.0.1'

/** dnsmasq, the kernel's end of a TAP device, and at ours a stack that has nothing but a MAC address. */
class BareHost {
  readonly host: RealTimeHost = new RealTimeHost()
  readonly namespace: Namespace = new Namespace()
  readonly network: NetworkInterface
  readonly scheduler: Scheduler
  readonly #tun: TunLink
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'netstack-dhcp-'))

  constructor() {
    const { host } = this
    this.#tun = openTun({ mode: 'tap', up: false }, host.stack.pool)
    this.namespace.adopt(this.#tun.device.name, [`${SERVER}/24`])
    this.#tun.onBatch = () => host.kick()
    this.network = host.stack.addInterface('tap', this.#tun, { mac: '02:00:00:00:83:02' })
    this.scheduler = {
      now: () => host.now(),
      schedule: (delayMs, callback) =>
        host.timer(delayMs, () => {
          callback()
          host.kick()
        }),
    }
  }

  /** Resolves when it serves. */
  async serve(...lines: string[]): Promise<void> {
    const file = join(this.#directory, 'dnsmasq.conf')
    const common = [
      'keep-in-foreground',
      'no-resolv',
      'no-hosts',
      'no-daemon',
      'dhcp-authoritative',
      'no-ping',
      `interface=${this.#tun.device.name}`,
      'except-interface=lo',
      'bind-interfaces',
      `dhcp-leasefile=${join(this.#directory, 'leases')}`,
      'dhcp-range=10.83.0.100,10.83.0.109,255.255.255.0,2h',
      'domain=example.test',
    ]
    writeFileSync(file, `${[...common, ...lines].join('\n')}\n`)
    const child = this.namespace.spawn('dnsmasq', `--conf-file=${file}`, '--log-facility=-')
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (piece: Buffer) => {
        said += piece.toString()
        if (said.includes('DHCP, sockets bound')) resolve()
      })
      child.once('exit', (code) => reject(new Error(`dnsmasq ended with ${code}: ${said}`)))
    })
  }

  async boot(name = 'bare'): Promise<{ client: DhcpClient; lease: DhcpLease; resolver: DnsResolver }> {
    const client = new DhcpClient(this.host.stack, this.network, this.scheduler, name)
    const bound = new Promise<DhcpLease>((resolve) => {
      client.onBound = resolve
    })
    client.start()
    this.host.kick()
    const lease = await bound
    const resolver = new DnsResolver(this.host.stack, this.scheduler)
    resolver.servers = lease.dnsServers
    return { client, lease, resolver }
  }

  async close(): Promise<void> {
    this.host.stack.tcp.abortAll(performance.now(), true)
    await this.#tun.close()
    this.namespace.close()
    rmSync(this.#directory, { recursive: true })
  }
}

async function onBareHost(play: (bare: BareHost) => Promise<void>): Promise<void> {
  const bare = new BareHost()
  try {
    await play(bare)
  } finally {
    await bare.close()
  }
}

test('DHCP: address, router, name server, domain and times of the lease are those that dnsmasq gives', async (context) => {
  if (kernelMissing(context, 'dnsmasq')) return
  await onBareHost(async (bare) => {
    await bare.serve('dhcp-host=02:00:00:00:83:02,10.83.0.77')
    const { client, lease } = await bare.boot()
    assert.equal(lease.address.toString(), '10.83.0.77')
    assert.equal(lease.prefixLength, 24)
    assert.deepEqual(lease.routers.map(String), [SERVER])
    assert.deepEqual(lease.dnsServers.map(String), [SERVER])
    assert.equal(lease.domainName, 'example.test')
    assert.deepEqual([lease.leaseMs, lease.renewMs], [7_200_000, 3_600_000])
    assert.equal(client.state, 'bound')
    // The kernel reaches it.
    const server = createNet(bare.host).createServer((socket) => socket.end('hello'))
    server.listen(9)
    await once(server, 'listening')
    const heard = await bare.namespace.run('bash', '-c', 'cat < /dev/tcp/10.83.0.77/9')
    assert.equal(heard.toString(), 'hello')
    server.close()
  })
})

test('DNS: names of both families and aliases, one that is not there, and our own that DHCP has told', async (context) => {
  if (kernelMissing(context, 'dnsmasq')) return
  await onBareHost(async (bare) => {
    await bare.serve(
      'host-record=web.example.test,192.0.2.80,2001:db8::80',
      'cname=www.example.test,web.example.test',
      'local=/example.test/',
    )
    const { lease, resolver } = await bare.boot('bare')
    const resolve = async (name: string, family: 0 | 4 | 6 = 0): Promise<string[]> =>
      (await resolver.resolve(name, family)).map(String)
    assert.deepEqual(await resolve('web.example.test'), ['192.0.2.80', '2001:db8::80'])
    assert.deepEqual(await resolve('www.example.test', 4), ['192.0.2.80'])
    assert.deepEqual(await resolve('bare.example.test', 4), [lease.address.toString()])
    const code = (error: unknown): unknown => (error instanceof DnsError ? error.code : error)
    assert.equal(await resolver.resolve('nobody.example.test', 4).catch(code), 'ENOTFOUND')
    assert.equal(await resolver.resolve('bare.example.test', 6).catch(code), 'ENODATA')
  })
})

test('a released address is given to the next who asks, and no more used', async (context) => {
  if (kernelMissing(context, 'dnsmasq')) return
  await onBareHost(async (bare) => {
    await bare.serve('dhcp-range=10.83.0.200,10.83.0.200,255.255.255.0,2h', 'dhcp-host=02:00:00:00:83:02,10.83.0.200')
    const first = await bare.boot()
    const held = (): boolean => bare.network.addresses.some(({ address }) => address.equals(first.lease.address))
    assert.equal(held(), true)
    first.client.stop()
    assert.equal(held(), false)
    const second = await bare.boot()
    assert.equal(second.lease.address.toString(), '10.83.0.200')
  })
})
