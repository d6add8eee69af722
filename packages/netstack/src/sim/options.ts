import type { InternetOptions } from '../internet/internet.ts'
import type { RouterAdvertisementOptions } from '../internet/router-advertiser.ts'
import type { ImpairmentOptions } from '../link/impairment.ts'
import type { SwitchOptions } from '../link/switch.ts'
import type { DnsResolverOptions } from '../stack/dns-resolver.ts'
import type { TcpLayerOptions } from '../transport/tcp/mod.ts'
import type { UdpOptions } from '../transport/udp/types.ts'
import type { SimHost } from './sim-host.ts'
import type { World } from './world.ts'

/** A route that is not found by the simulator itself. */
export interface SimRoute {
  /** `10.2.0.0/16`, `::/0`. */
  to: string
  via: string
  metric?: number
}

/** A host, router or switch. */
export interface SimHostOptions {
  /** A router forwards; a switch is no host at all, but joins the links that end at it into one network. Default `host`. */
  kind?: 'host' | 'router' | 'switch'
  /** Replaces the routes that the simulator finds. */
  routes?: readonly SimRoute[]
  /** Name servers; those that DHCP or a router tells come behind them. */
  dns?: readonly string[]
  /** Takes IPv6 addresses and routes from router advertisements. Default false. */
  autoconfigure?: boolean
  internet?: InternetOptions
  tcp?: Omit<TcpLayerOptions, 'output' | 'fillRandom'>
  udp?: UdpOptions
  resolver?: DnsResolverOptions
  /** Of a switch. */
  switch?: SwitchOptions
  /** Faults between the host and itself: packets to its own addresses, each at most `mtu` bytes (default 1500). */
  loopback?: ImpairmentOptions & { mtu?: number }
  /** Runs when the host boots, and again after each restart. */
  program?: (host: SimHost) => void | Promise<void>
}

/** Where a link meets a host. */
export interface SimEndOptions {
  host: string
  /** `10.0.0.1/24`, `2001:db8::1/64`; when no end of a network names any, the simulator numbers them. */
  addresses?: readonly string[]
  /** Takes its IPv4 address by DHCP. */
  dhcp?: boolean
  mac?: string
  /** Router advertisements on this link; the prefixes are those of the end's IPv6 addresses unless named. */
  advertise?: boolean | RouterAdvertisementOptions
}

/** A cable, or whatever is between two ends. */
export interface SimLinkOptions {
  ends: readonly [string | SimEndOptions, string | SimEndOptions]
  /** Default: the two names joined by a hyphen. */
  name?: string
  mtu?: number
  /** Propagation delay, each way. */
  delayMs?: number
  /** Default `ethernet`. `ip` carries bare packets, point to point. */
  medium?: 'ethernet' | 'ip'
  /** Frames under way in one direction at most; more are dropped. Default 65,536. */
  maxFrames?: number
  /** Frames carry a check sequence, so that damage ends at layer 2. */
  fcs?: boolean
  /** Faults in both directions. */
  impair?: ImpairmentOptions
  /** Faults from the first end to the second only, on top of `impair`; and the other way. */
  forward?: ImpairmentOptions
  backward?: ImpairmentOptions
}

/** Something that goes wrong, or right again, at a time. */
export type SimFault = { atMs: number } & (
  | { link: string; down: true }
  | { link: string; up: true }
  | { link: string; impair: ImpairmentOptions; direction?: 'forward' | 'backward' }
  | { link: string; flapEveryMs: number; downMs: number; times: number }
  | { host: string; crash: true; restartAfterMs?: number }
  | { host: string; restart: true }
  | { partition: readonly (readonly string[])[] }
  | { heal: true }
  | { run: (world: World) => void }
)

export interface SimulationOptions {
  /** Fixes every byte. When left out one is taken from NETSTACK_SEED, else chosen, and printed when the run fails. */
  seed?: number
  hosts: Readonly<Record<string, SimHostOptions>>
  links: readonly (SimLinkOptions | readonly [string, string])[]
  faults?: readonly SimFault[]
  /** Address families that the simulator numbers networks for. Default both. */
  families?: readonly (4 | 6)[]
  /** Virtual time after which the run has failed. Default one day. */
  timeLimitMs?: number
  /** The clock at the beginning, in milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  epochMs?: number
  /** A pcapng file, or what is given its bytes: from the first frame on, which `world.capture` in the body comes too late for. */
  capture?: string | ((bytes: Uint8Array) => void)
  /** Changes global timers, `Date` and `Math.random` to virtual ones while the simulation runs. Default true. */
  virtualGlobals?: boolean
}

/** 2026-01-01T00:00:00Z. */
export const DEFAULT_EPOCH_MS = 1_767_225_600_000
