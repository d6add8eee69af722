import type { Stack } from './stack.ts'

/** One counter: which layer counted what, how often; `bufferedBytes` of tcp is what it holds now. */
export interface CounterRow {
  readonly layer: string
  readonly name: string
  readonly value: number
}

/** All counters of a stack, in the order of the layers. */
export function listCounters(stack: Stack, tcpNoRoute: number): CounterRow[] {
  const { internet, udp, tcp } = stack
  const rows: CounterRow[] = []
  const add = (layer: string, counters: object): void => {
    for (const [name, value] of Object.entries(counters))
      if (typeof value === 'number') rows.push({ layer, name, value })
  }
  for (const network of internet.interfaces) {
    add(`interface ${network.name}`, network.counters)
    if (!network.usesNeighbours) continue
    add(`neighbours IPv4 ${network.name}`, network.neighbours4.counters)
    add(`neighbours IPv6 ${network.name}`, network.neighbours6.counters)
  }
  add('loopback', { framesDropped: internet.loopbackLink.framesDropped })
  add('arp', internet.arp.counters)
  add('ipv4', internet.ipv4.counters)
  add('reassembly IPv4', internet.ipv4.reassembler.counters)
  add('icmp', internet.icmp.v4.counters)
  add('ipv6', internet.ipv6.counters)
  add('reassembly IPv6', internet.ipv6.reassembler.counters)
  add('icmpv6', internet.icmp.v6.counters)
  add('ndp', internet.ndp.counters)
  add('redirects', internet.redirects.counters)
  add('path MTU', internet.pathMtu.counters)
  add('udp', udp.counters)
  add('tcp', tcp.counters)
  add('tcp', { noRoute: tcpNoRoute, bufferedBytes: tcp.bufferedBytes })
  return rows
}
