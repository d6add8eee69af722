/** `node:dgram` on the stack of this process, for `require` in the place of `dgram`. */
import { createDgram, type DatagramModule } from './api/node/datagram.ts'
import { defaultHost } from './api/node/default-host.ts'

const dgram: DatagramModule = createDgram(defaultHost())

export default dgram
export { dgram as 'module.exports' }
export const Socket: DatagramModule['Socket'] = dgram.Socket
export const createSocket: DatagramModule['createSocket'] = dgram.createSocket
