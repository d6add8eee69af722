/**
 * `node:net` on a stack of this process: loopback (127.0.0.1, ::1, `localhost`), no device. For `require` in the place of `net`.
 */
import { defaultHost } from './api/node/default-host.ts'
import { createNet, type NetModule } from './api/node/network.ts'

const net: NetModule = createNet(defaultHost())

export default net
export { net as 'module.exports' }
export const Socket: NetModule['Socket'] = net.Socket
export const Stream: NetModule['Stream'] = net.Stream
export const Server: NetModule['Server'] = net.Server
export const BoundSocket: NetModule['BoundSocket'] = net.BoundSocket
export const BlockList: NetModule['BlockList'] = net.BlockList
export const SocketAddress: NetModule['SocketAddress'] = net.SocketAddress
export const connect: NetModule['connect'] = net.connect
export const createConnection: NetModule['createConnection'] = net.createConnection
export const createServer: NetModule['createServer'] = net.createServer
export const isIP: NetModule['isIP'] = net.isIP
export const isIPv4: NetModule['isIPv4'] = net.isIPv4
export const isIPv6: NetModule['isIPv6'] = net.isIPv6
export const getDefaultAutoSelectFamily: NetModule['getDefaultAutoSelectFamily'] = net.getDefaultAutoSelectFamily
export const setDefaultAutoSelectFamily: NetModule['setDefaultAutoSelectFamily'] = net.setDefaultAutoSelectFamily
export const getDefaultAutoSelectFamilyAttemptTimeout: NetModule['getDefaultAutoSelectFamilyAttemptTimeout'] =
  net.getDefaultAutoSelectFamilyAttemptTimeout
export const setDefaultAutoSelectFamilyAttemptTimeout: NetModule['setDefaultAutoSelectFamilyAttemptTimeout'] =
  net.setDefaultAutoSelectFamilyAttemptTimeout
export const _normalizeArgs: NetModule['_normalizeArgs'] = net._normalizeArgs
export const _createServerHandle: NetModule['_createServerHandle'] = net._createServerHandle
export const _setSimultaneousAccepts: NetModule['_setSimultaneousAccepts'] = net._setSimultaneousAccepts
