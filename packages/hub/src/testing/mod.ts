/**
 * Tools for testing gateways and programs that use the hub: a fuzz harness, and a network with its clock in memory.
 * @module
 */
export { FuzzFailure, type FuzzOptions, type FuzzReport, fuzzGateway } from './fuzz-gateway.ts'
export { MemorySocket } from './memory-socket.ts'
export { MemoryWorld, seededRandom } from './memory-world.ts'
