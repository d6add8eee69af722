import type { Frame } from '../link/frame.ts'
import type { IpAddress } from './address.ts'
import type { NetworkInterface } from './interface.ts'
import type { NeighbourEntry } from './neighbour.ts'

/** The way to a destination, as it is now: kept by whoever sends often, and asked for again when it is no longer valid. */
export interface Path {
  readonly destination: IpAddress
  readonly source: IpAddress
  readonly interface: NetworkInterface
  /** Whose MAC address the frames need; null for groups, and on links without neighbours. */
  readonly neighbour: NeighbourEntry<Frame> | null
  /** MAC address of a group or broadcast; -1 for unicast. */
  readonly groupMac: number
  /** Largest packet, as far as is known. */
  readonly mtu: number
  /** `RoutingTable.generation` when it was looked up. */
  readonly generation: number
}

/** Why a packet was not sent. */
export type SendOutcome = 'sent' | 'too-big' | 'no-route' | 'no-memory'
