import { bindClass } from './bind-class.ts'
import { DatagramSocket, type DatagramSocketOptions } from './datagram-socket.ts'
import type { NetHost } from './host.ts'

/** Everything that `node:dgram` exports, bound to a host. */
export interface DatagramModule {
  readonly Socket: typeof DatagramSocket
  createSocket(
    type: 'udp4' | 'udp6' | DatagramSocketOptions,
    listener?: (message: Buffer, info: object) => void,
  ): DatagramSocket
}

/** Makes a `dgram` whose sockets live on `host`. */
export function createDgram(host: NetHost): DatagramModule {
  const Socket = bindClass(DatagramSocket, '_netHost', host, 'Socket')
  return {
    Socket,
    // A function of the old kind, which programs also call with `new`.
    createSocket: function createSocket(type, listener) {
      return new Socket(type, listener)
    },
  }
}
