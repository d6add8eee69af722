import { AsyncResource } from 'node:async_hooks'
import type { Stack } from '../../stack/stack.ts'
import type { ByteStream, ByteStreamObserver } from '../byte-stream.ts'
import type { PipeTable } from '../pipe.ts'

/** A timer that keeps no process alive. */
export interface HostTimer {
  /** Begins again with the same delay. */
  refresh(): void
  cancel(): void
}

export interface LookupOptions {
  family?: number | string | undefined
  hints?: number | undefined
  all?: boolean | undefined
}

export type LookupAddress = { address: string; family: number }

/** As `dns.lookup`: one address and its family, or a list with `all`. */
export type LookupCallback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void
export type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void

/** A name in the file system that a pipe is bound to. Calls return 0 or a negative error number. */
export interface PipeName {
  /** What comes in by this name from outside of the program is told with a handle of the kernel. */
  listen(backlog: number, onConnection: (status: number, client: unknown) => void): number
  /** @param mode 1 readable, 2 writable by all */
  chmod(mode: number): number
  close(): void
}

/** How pipes meet the file system; without it names live in the host's table only. */
export interface PipeFiles {
  bind(path: string): PipeName | number
  /** Connects to a name that no program of the host listens at. */
  connect(path: string, callback: (status: number, stream: ObservableStream | null) => void): void
}

export type ObservableStream = ByteStream & { observer: ByteStreamObserver }

/** What the sockets of one program stand on: a stack, its time, and what a process gives them besides. */
export interface NetHost {
  readonly stack: Stack
  readonly pipes: PipeTable
  readonly pipeFiles: PipeFiles | null
  readonly lookup: Lookup
  /** False once the host has crashed: nothing is called back any more. */
  readonly isUp: boolean
  /** Milliseconds of the stack's clock. */
  now(): number
  /** The stack may have something to do: whoever drives it looks again. */
  kick(): void
  timer(delayMs: number, callback: () => void): HostTimer
  /** One more, or one fewer, thing that keeps the program alive. */
  retain(): void
  release(): void
}

/**
 * The part of a handle that belongs to the event loop: whether it keeps the program alive, and calls that come later, each in a
 * turn of its own and in the handle's asynchronous context, as libuv makes them.
 */
export class LoopHandle {
  readonly host: NetHost
  readonly #resource: AsyncResource
  #isClosed = false
  #hasRef = true
  #isActive = false

  constructor(host: NetHost, type: string) {
    this.host = host
    this.#resource = new AsyncResource(type)
  }

  getAsyncId(): number {
    return this.#resource.asyncId()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** An active handle with a reference keeps the program alive. */
  set active(active: boolean) {
    if (active === this.#isActive || (active && this.#isClosed)) return
    this.#isActive = active
    if (!this.#hasRef) return
    if (active) this.host.retain()
    else this.host.release()
  }

  ref(): void {
    if (this.#hasRef || this.#isClosed) return
    this.#hasRef = true
    if (this.#isActive) this.host.retain()
  }

  unref(): void {
    if (!this.#hasRef || this.#isClosed) return
    this.#hasRef = false
    if (this.#isActive) this.host.release()
  }

  hasRef(): boolean {
    return this.#hasRef && !this.#isClosed
  }

  /** Calls back in a turn of its own; Node runs `process.nextTick` between two of them. */
  post(callback: () => void): void {
    setImmediate(() => this.run(callback))
  }

  /** Calls back in the asynchronous context of the handle, unless the host has crashed meanwhile. */
  protected run(callback: () => void): void {
    if (this.host.isUp) this.#resource.runInAsyncScope(callback)
  }

  /** Marks it closed; false when it was already. */
  protected endLoop(): boolean {
    if (this.#isClosed) return false
    this.active = false
    this.#isClosed = true
    return true
  }
}
