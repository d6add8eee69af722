import type { IpAddress } from '../internet/address.ts'
import { Prefix, splitPrefix } from '../internet/prefix.ts'
import type { SimEndOptions, SimLinkOptions, SimRoute, SimulationOptions } from './options.ts'

/** One end of a link with everything that was left to the simulator filled in. */
export interface ExpandedEnd {
  readonly host: string
  /** `eth0`, in the order of the host's links. Empty at a switch. */
  readonly name: string
  readonly mac: string
  readonly addresses: readonly string[]
  readonly dhcp: boolean
  readonly advertise: SimEndOptions['advertise']
  /** Number of the network that the end is in: ends joined by switches share it. */
  readonly network: number
}

export interface ExpandedLink extends Omit<SimLinkOptions, 'ends' | 'name'> {
  readonly name: string
  readonly ends: readonly [ExpandedEnd, ExpandedEnd]
}

/** A topology in which nothing is left open: what a failing run prints. */
export interface Topology {
  readonly links: readonly ExpandedLink[]
  readonly routes: Readonly<Record<string, readonly SimRoute[]>>
}

/** @throws {RangeError} when the options name what is not there, or the same thing twice */
export function expandTopology(options: SimulationOptions): Topology {
  const links = options.links.map((link) => ('ends' in link ? link : { ends: link })) as SimLinkOptions[]
  const networks = findNetworks(options, links)
  const counters = new Map<string, number>()
  const names = new Set<string>()
  const drafts = links.map((link, index) => {
    const ends = link.ends.map((end) => (typeof end === 'string' ? { host: end } : end)) as SimEndOptions[]
    const name = link.name ?? uniqueName(`${ends[0].host}-${ends[1].host}`, names)
    if (link.name !== undefined && names.has(name)) throw new RangeError(`two links are named "${name}"`)
    names.add(name)
    return { link, name, ends: ends.map((end) => draftEnd(end, options, counters, networks[index])) }
  })
  numberNetworks(
    drafts.flatMap((draft) => draft.ends),
    options.families ?? [4, 6],
  )
  const expanded = drafts.map(({ link, name, ends }) => ({ ...link, name, ends: [ends[0], ends[1]] }) as ExpandedLink)
  return { links: expanded, routes: findRoutes(options, expanded) }
}

type DraftEnd = { -readonly [Key in keyof ExpandedEnd]: ExpandedEnd[Key] }

function draftEnd(
  end: SimEndOptions,
  options: SimulationOptions,
  counters: Map<string, number>,
  network: number,
): DraftEnd {
  const hostIndex = Object.keys(options.hosts).indexOf(end.host)
  const count = counters.get(end.host) ?? 0
  counters.set(end.host, count + 1)
  const hex = (value: number): string => value.toString(16).padStart(2, '0')
  const mac = end.mac ?? `02:00:00:${hex(hostIndex >> 8)}:${hex(hostIndex & 255)}:${hex(count)}`
  const isSwitch = options.hosts[end.host].kind === 'switch'
  const { host, dhcp = false, addresses = [], advertise = false } = end
  return { host, name: isSwitch ? '' : `eth${count}`, mac, addresses, dhcp, advertise, network }
}

function uniqueName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted
  let suffix = 2
  while (taken.has(`${wanted}-${suffix}`)) suffix++
  return `${wanted}-${suffix}`
}

/** The network of each link: links that meet in a switch are one. */
function findNetworks(options: SimulationOptions, links: readonly SimLinkOptions[]): number[] {
  const parent = links.map((_, index) => index)
  const root = (index: number): number => (parent[index] === index ? index : root(parent[index]))
  const firstAt = new Map<string, number>()
  for (const [index, link] of links.entries()) {
    for (const end of link.ends) {
      const host = typeof end === 'string' ? end : end.host
      if (options.hosts[host] === undefined) {
        throw new RangeError(
          `a link ends at "${host}", which is not among the hosts ${Object.keys(options.hosts).join(', ')}`,
        )
      }
      if (options.hosts[host].kind !== 'switch') continue
      const first = firstAt.get(host)
      if (first === undefined) firstAt.set(host, index)
      else parent[root(index)] = root(first)
    }
  }
  const numbers = new Map<number, number>()
  return links.map((_, index) => {
    const top = root(index)
    if (!numbers.has(top)) numbers.set(top, numbers.size + 1)
    return numbers.get(top)!
  })
}

/** 10.x.y.z/24 and 2001:db8:0:n::z/64 for networks whose ends name no addresses. */
function numberNetworks(ends: readonly DraftEnd[], families: readonly (4 | 6)[]): void {
  const hosts = ends.filter((end) => end.name !== '')
  const named = new Set(hosts.filter((end) => end.addresses.length > 0).map((end) => end.network))
  const next = new Map<number, number>()
  for (const end of hosts) {
    if (named.has(end.network) || end.dhcp) continue
    const number = (next.get(end.network) ?? 0) + 1
    next.set(end.network, number)
    const addresses: string[] = []
    if (families.includes(4)) addresses.push(`10.${end.network >> 8}.${end.network & 255}.${number}/24`)
    if (families.includes(6)) addresses.push(`2001:db8:0:${end.network.toString(16)}::${number.toString(16)}/64`)
    end.addresses = addresses
  }
}

interface Neighbour {
  readonly host: string
  readonly network: number
}

/** Shortest ways over routers to every network; longer ways through other neighbours come behind with a higher metric. */
function findRoutes(options: SimulationOptions, links: readonly ExpandedLink[]): Record<string, SimRoute[]> {
  const ends = links.flatMap((link) => link.ends).filter((end) => end.name !== '')
  const isRouter = (host: string): boolean => options.hosts[host].kind === 'router'
  const neighbours = (host: string): Neighbour[] =>
    ends
      .filter((end) => end.host === host)
      .flatMap((own) => ends.filter((end) => end.network === own.network && end.host !== host && isRouter(end.host)))
      .map((end) => ({ host: end.host, network: end.network }))
  const result: Record<string, SimRoute[]> = {}
  for (const [name, host] of Object.entries(options.hosts)) {
    if (host.kind === 'switch') continue
    if (host.routes !== undefined) {
      result[name] = [...host.routes]
      continue
    }
    const routes: SimRoute[] = []
    const own = new Set(ends.filter((end) => end.host === name).map((end) => end.network))
    for (const next of neighbours(name)) {
      const distances = distancesFrom(next.host, name, neighbours, ends)
      for (const [network, distance] of distances)
        if (!own.has(network)) addRoutes(routes, ends, name, next, network, distance * 10)
      if (!isRouter(name)) addDefault(routes, ends, name, next)
    }
    result[name] = routes
  }
  return result
}

/** Routers to pass from `router` to each network, without going back through `origin`. */
function distancesFrom(
  router: string,
  origin: string,
  neighbours: (host: string) => Neighbour[],
  ends: readonly ExpandedEnd[],
): Map<number, number> {
  const seen = new Set([origin, router])
  const distances = new Map<number, number>()
  let edge = [router]
  for (let distance = 1; edge.length > 0; distance++) {
    for (const host of edge) {
      for (const end of ends) {
        if (end.host === host && !distances.has(end.network)) distances.set(end.network, distance)
      }
    }
    const following = edge.flatMap((host) => neighbours(host).map((each) => each.host))
    edge = [...new Set(following)].filter((host) => !seen.has(host))
    for (const host of edge) seen.add(host)
  }
  return distances
}

/** The router's addresses that the host can reach: a host that is to ask for its address gets its routes there too. */
function gatewaysOf(ends: readonly ExpandedEnd[], from: string, next: Neighbour): IpAddress[] {
  const addressesAt = (host: string): string[] =>
    ends.filter((end) => end.host === host && end.network === next.network).flatMap((end) => end.addresses)
  const own = addressesAt(from).map((text) => Prefix.parse(text))
  return addressesAt(next.host)
    .map((text) => splitPrefix(text).address)
    .filter((gateway) => own.some((prefix) => prefix.contains(gateway)))
}

function addRoutes(
  routes: SimRoute[],
  ends: readonly ExpandedEnd[],
  from: string,
  next: Neighbour,
  network: number,
  metric: number,
): void {
  const prefixes = new Set(
    ends
      .filter((end) => end.network === network)
      .flatMap((end) => end.addresses.map((text) => Prefix.parse(text).toString())),
  )
  for (const to of prefixes) {
    const family = Prefix.parse(to).family
    for (const gateway of gatewaysOf(ends, from, next)) {
      if (gateway.family === family) routes.push({ to, via: gateway.toString(), metric })
    }
  }
}

function addDefault(routes: SimRoute[], ends: readonly ExpandedEnd[], from: string, next: Neighbour): void {
  for (const gateway of gatewaysOf(ends, from, next)) {
    const to = gateway.family === 4 ? '0.0.0.0/0' : '::/0'
    const metric = 100 + routes.filter((route) => route.to === to).length
    routes.push({ to, via: gateway.toString(), metric })
  }
}
