import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { TunError } from './errors.ts'
import { systemCalls } from './system-calls.ts'

const AF_UNIX = 1
const SOCK_STREAM = 1

/**
 * Tells when a device has something to read, by the event loop and not by a thread. Node watches sockets and pipes only, so it is
 * given one, in whose place the device is then put (dup2). The loop reads one packet itself, into `buffer`, and calls back;
 * whoever is called reads the rest.
 */
export class Readiness {
  readonly #socket: Socket

  /** @throws {TunError} ERR_TUN_SYSTEM_CALL */
  constructor(
    fd: number,
    buffer: Uint8Array,
    onPacket: (length: number) => void,
    onError: (error: NodeJS.ErrnoException) => void,
  ) {
    const calls = systemCalls()
    const pair = new Int32Array(2)
    if (calls.socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
      throw new TunError('ERR_TUN_SYSTEM_CALL', 'socketpair failed.', 'Too many open files?', calls.errno())
    }
    const onread = {
      buffer,
      callback: (length: number): boolean => {
        onPacket(length)
        return true
      },
    }
    const options = { fd: pair[0], readable: true, writable: false, onread }
    this.#socket = new Socket(options as never)
    this.#socket.on('error', onError)
    const moved = calls.dup2(fd, pair[0])
    closeSync(pair[1])
    if (moved < 0) {
      this.#socket.destroy()
      throw new TunError('ERR_TUN_SYSTEM_CALL', 'dup2 failed.', 'Too many open files?', calls.errno())
    }
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return
    this.#socket.destroy()
    await once(this.#socket, 'close')
  }
}
