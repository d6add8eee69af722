import { type AsyncHook, createHook } from 'node:async_hooks'

/** Requests that `process.getActiveResourcesInfo()` lists and that end by themselves. Sockets and timers do not. */
const REQUESTS = /Req|^(TCPConnectWrap|PipeConnectWrap|WriteWrap|ShutdownWrap|SendWrap)$/

/** Jobs of crypto that no list shows: one resource is one job. */
const JOBS =
  /^(HASHREQUEST|PBKDF2REQUEST|SCRYPTREQUEST|RANDOMBYTESREQUEST|RANDOMPRIMEREQUEST|CHECKPRIMEREQUEST|SIGNREQUEST|CIPHERREQUEST|KEYPAIRGENREQUEST|KEYGENREQUEST|KEYEXPORTREQUEST|DERIVEBITSREQUEST|VERIFYREQUEST|ARGON2REQUEST)$/

/** What follows the machine's clock and network, and no seed. */
const REAL = /^(TCPWRAP|TCPSERVERWRAP|UDPWRAP|PIPEWRAP|PIPESERVERWRAP|PROCESSWRAP|TLSWRAP|WORKER|HTTP2SESSION|QUIC_.*)$/

/** The same requests, as hooks name them: some end before anybody looks at the list. */
const REQUEST_HOOKS =
  /^(FSREQCALLBACK|FSREQPROMISE|FILEHANDLECLOSEREQ|GETADDRINFOREQWRAP|GETNAMEINFOREQWRAP|QUERYWRAP)$/

interface ZlibHandle {
  write(...args: unknown[]): unknown
}

interface CryptoJob {
  /** There is one unless the job is synchronous. */
  ondone?: unknown
  run(): unknown
}

/** Knows of work in Node's thread pool: files by its list of requests, crypto and zlib by hooks. */
export class ThreadPoolWatch {
  readonly #jobs: Map<number, string> = new Map()
  readonly #hook: AsyncHook
  /** Told of each real socket, process, and piece of work outside. */
  onReal: ((kind: string) => void) | null = null
  /** Real sockets, timers and the like that were there before the simulation. */
  readonly #before: Map<string, number> = new Map()

  constructor() {
    const callbacks = {
      init: (id: number, type: string, _trigger: number, resource: object): void => {
        if (JOBS.test(type)) this.#watchJob(id, type, resource as CryptoJob)
        else if (REAL.test(type) || REQUEST_HOOKS.test(type)) this.onReal?.(type)
        else if (type === 'ZLIB') this.#watchZlib(id, resource as ZlibHandle)
      },
      before: (id: number): void => {
        this.#jobs.delete(id)
      },
      destroy: (id: number): void => {
        this.#jobs.delete(id)
      },
      // Promises are many and none of them is thread-pool work; older versions ignore the option and are slower.
      trackPromises: false,
    }
    this.#hook = createHook(callbacks)
  }

  start(): void {
    this.#hook.enable()
    for (const kind of process.getActiveResourcesInfo()) this.#before.set(kind, (this.#before.get(kind) ?? 0) + 1)
  }

  stop(): void {
    this.#hook.disable()
    this.#jobs.clear()
  }

  /** A zlib handle lives as long as its stream: its asynchronous writes are what is pending. */
  #watchZlib(id: number, handle: ZlibHandle): void {
    const begin = (): void => this.#begin(id, 'ZLIB')
    const write = handle.write
    handle.write = function (this: ZlibHandle, ...args: unknown[]): unknown {
      begin()
      return write.apply(this, args)
    }
  }

  #watchJob(id: number, type: string, job: CryptoJob): void {
    const begin = (): void => this.#begin(id, type)
    const run = job.run
    job.run = function (this: CryptoJob): unknown {
      if (this.ondone !== undefined) begin()
      return run.apply(this)
    }
  }

  #begin(id: number, kind: string): void {
    this.#jobs.set(id, kind)
    this.onReal?.(kind)
  }

  /** Real sockets, timers, processes that the program has opened: they follow no virtual clock. */
  outside(): string[] {
    const counts = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) {
      if (kind !== 'Immediate' && !REQUESTS.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    return [...counts].filter(([kind, count]) => count > (this.#before.get(kind) ?? 0)).map(([kind]) => kind)
  }

  /** Kinds of work that is under way. */
  pending(): string[] {
    const kinds = new Set(this.#jobs.values())
    for (const kind of process.getActiveResourcesInfo()) if (REQUESTS.test(kind)) kinds.add(kind)
    return [...kinds]
  }
}
