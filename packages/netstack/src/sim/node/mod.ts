/** The simulator for Node: hosts, links, faults and a virtual clock; `host.net` and `host.dgram` for programs. */
export type { DatagramModule } from '../../api/node/datagram.ts'
export type { NetModule } from '../../api/node/network.ts'
export { DhcpServer, type DhcpServerOptions } from '../dhcp-server.ts'
export { DnsServer } from '../dns-server.ts'
export type {
  SimEndOptions,
  SimFault,
  SimHostOptions,
  SimLinkOptions,
  SimRoute,
  SimulationOptions,
} from '../options.ts'
export { Recording, type RecordingOptions } from '../recording.ts'
export { SimulationError } from '../run.ts'
export type { SimHost } from '../sim-host.ts'
export type { World } from '../world.ts'
export { simulate } from './simulate.ts'
