import { createRequire } from 'node:module'
import { TunError } from './errors.ts'

/** The few calls of libc that Node has no words for. Each returns a negative number on failure; `errno` then says why. */
export interface SystemCalls {
  read(fd: number, bytes: Uint8Array, length: number): number
  write(fd: number, bytes: Uint8Array, length: number): number
  /** @param parts pairs of address and length, of which `count` count: `struct iovec` of 64-bit machines */
  writev(fd: number, parts: BigUint64Array, count: number): number
  /** Where memory lies. It stays there as long as it lives. */
  address(bytes: Uint8Array): bigint
  /** An ioctl whose argument is memory. */
  ioctl(fd: number, request: number, argument: Uint8Array): number
  /** An ioctl whose argument is a number. */
  ioctlValue(fd: number, request: number, value: number): number
  socket(domain: number, type: number, protocol: number): number
  socketpair(domain: number, type: number, protocol: number, pair: Int32Array): number
  dup2(from: number, to: number): number
  errno(): number
}

type Call = (...values: unknown[]) => number

interface Koffi {
  address(value: Uint8Array): bigint
  load(library: string | null): { func(definition: string): Call }
  errno(): number
}

let calls: SystemCalls | undefined

/** @throws {TunError} ERR_TUN_PLATFORM, ERR_TUN_KOFFI */
export function systemCalls(): SystemCalls {
  calls ??= load()
  return calls
}

function load(): SystemCalls {
  if (process.platform !== 'linux') {
    throw new TunError(
      'ERR_TUN_PLATFORM',
      `TUN devices are driven on Linux only, and this is ${process.platform}.`,
      'Use a simulated link, or run it in a Linux container.',
    )
  }
  let koffi: Koffi
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi
  } catch (cause) {
    const error = new TunError(
      'ERR_TUN_KOFFI',
      'The package koffi, through which system calls are made, cannot be loaded.',
      'Run `npm install koffi`.',
    )
    error.cause = cause
    throw error
  }
  const libc = koffi.load(null)
  return {
    read: libc.func('long read(int fd, void *bytes, size_t length)'),
    write: libc.func('long write(int fd, const void *bytes, size_t length)'),
    writev: libc.func('long writev(int fd, const void *parts, int count)'),
    address: (bytes) => koffi.address(bytes),
    ioctl: libc.func('int ioctl(int fd, unsigned long request, void *argument)'),
    ioctlValue: libc.func('int ioctl(int fd, unsigned long request, unsigned long value)'),
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    socketpair: libc.func('int socketpair(int domain, int type, int protocol, void *pair)'),
    dup2: libc.func('int dup2(int from, int to)'),
    errno: () => koffi.errno(),
  }
}
