/** The default environment: Node's own sockets, clock and randomness. Nothing else in the hub touches them. */
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { totalmem } from 'node:os'
import type { Clock, Environment, Memory, Network, Random, StreamServer, StreamSocket } from '../core/environment.ts'
import { compareBcrypt } from './bcrypt.ts'
import { nodeIpc } from './ipc.ts'
import { createReusingServer } from './reused-reads.ts'
import { createWebSocketServer } from './web-socket.ts'

const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setImmediate: (callback) => void setImmediate(callback),
}

const nodeNetwork: Network = {
  createServer: ({ reuseReads, ...options }) =>
    reuseReads === true ? createReusingServer(options) : (net.createServer(options) as unknown as StreamServer),
  connect: (options) => net.connect(options as net.NetConnectOpts) as unknown as StreamSocket,
}

const nodeRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => randomBytes(count),
}

// A container's limit counts where there is one. 2^60 and the like mean that there is none.
const nodeMemory: Memory = {
  usedBytes: () => process.memoryUsage.rss(),
  limitBytes: () => {
    const constrained = process.constrainedMemory()
    return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  },
}

/** Node's `net`, `Date`, timers and `crypto`. */
export const nodeEnvironment: Environment & { readonly memory: Memory } = {
  net: nodeNetwork,
  clock: nodeClock,
  random: nodeRandom,
  memory: nodeMemory,
  ipc: nodeIpc,
  webSockets: createWebSocketServer,
  compareBcrypt,
}
