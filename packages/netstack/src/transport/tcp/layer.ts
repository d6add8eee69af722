import type { TcpLayer, TcpLayerOptions } from './types.ts'

/** Makes the TCP of one host. */
export function createTcpLayer(_options: TcpLayerOptions): TcpLayer {
  throw new Error('not yet written')
}
