import type nodeDgram from 'node:dgram'
import type { EventEmitter } from 'node:events'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type nodeNet from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

export type Net = typeof nodeNet
export type Dgram = typeof nodeDgram

/** One run of a behaviour, against Node's `net` or ours: what happens is noted by actor, ports by the order in which they turn up. */
export class Trial {
  readonly net: Net
  readonly dgram: Dgram
  readonly #notes: Map<string, string[]> = new Map()
  readonly #ports: Map<number, string> = new Map()
  readonly #ends: (() => unknown)[] = []
  #folder = ''

  constructor(net: Net, dgram: Dgram) {
    this.net = net
    this.dgram = dgram
  }

  /** Notes that something has happened to somebody. */
  log(actor: string, ...values: unknown[]): void {
    const line = values.map((value) => this.#text(value)).join(' ')
    const notes = this.#notes.get(actor)
    if (notes === undefined) this.#notes.set(actor, [line])
    else notes.push(line)
  }

  #text(value: unknown): string {
    let text: string
    if (value instanceof Error) {
      const fields = Object.entries(value).filter(([, each]) => typeof each !== 'object')
      const inner =
        value instanceof AggregateError ? ` [${value.errors.map((each) => this.#text(each)).join('; ')}]` : ''
      text = `${value.name}: ${value.message} ${inspect(Object.fromEntries(fields), { breakLength: Infinity })}${inner}`
    } else if (value instanceof Uint8Array) text = `<${Buffer.from(value).toString()}>`
    else text = typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 3 })
    for (const [port, name] of this.#ports) text = text.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), name)
    return this.#folder === '' ? text : text.replaceAll(this.#folder, 'FOLDER')
  }

  /** From now on this port is noted by a name. */
  port(port: number, name = `PORT${this.#ports.size + 1}`): number {
    this.#ports.set(port, name)
    return port
  }

  /** Notes every one of these events with its arguments, but no sockets. */
  watch<T extends EventEmitter>(actor: string, emitter: T, events: string): T {
    for (const event of events.split(' ')) {
      emitter.on(event, (...args: unknown[]) => this.log(actor, event, ...args.filter((each) => !isSocket(each))))
    }
    return emitter
  }

  /** Notes what a call throws, or that it does not. */
  throws(name: string, action: () => unknown): void {
    try {
      action()
      this.log(name, 'nothing thrown')
    } catch (error) {
      this.log(name, 'throws', error, (error as Error).stack?.split('\n', 1)[0] ?? '')
    }
  }

  /** Listens at a port of 127.0.0.1 and resolves with it. */
  async listen(server: nodeNet.Server, host = '127.0.0.1'): Promise<number> {
    this.#ends.push(() => server.close())
    server.listen(0, host)
    await once(server, 'listening')
    return this.port((server.address() as nodeNet.AddressInfo).port)
  }

  /** A port at which nobody listens. */
  async freePort(): Promise<number> {
    const server = this.net.createServer()
    const port = await this.listen(server)
    server.close()
    await once(server, 'close')
    return port
  }

  /** A path for a pipe. */
  path(name = 'pipe'): string {
    if (this.#folder === '') {
      this.#folder = mkdtempSync(join(tmpdir(), 'net-'))
      this.#ends.push(() => rmSync(this.#folder, { recursive: true, force: true }))
    }
    return join(this.#folder, name)
  }

  /** Is to be destroyed when the trial ends, whatever happens. */
  keep<T extends { destroy(): unknown } | { close(): unknown }>(thing: T): T {
    this.#ends.push(() => {
      try {
        if ('destroy' in thing) thing.destroy()
        else thing.close()
      } catch {
        // It had ended already.
      }
    })
    return thing
  }

  async end(): Promise<Record<string, string[]>> {
    for (const end of this.#ends.reverse()) end()
    await new Promise((resolve) => setImmediate(resolve))
    return Object.fromEntries([...this.#notes].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

function isSocket(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'pipe' in value
}

/** Something to do with a `net`. Notes of one actor are compared in their order; those of two are not, for the kernel has none. */
export type Behaviour = (trial: Trial) => Promise<unknown> | unknown
export type Behaviours = Readonly<Record<string, Behaviour>>

/** Everything a connected socket tells. */
export const SOCKET_EVENTS = 'connect ready end finish error close timeout'

/** A server and a client that is connected to it: [client, server's socket, server]. */
export async function connected(
  trial: Trial,
  serverOptions: nodeNet.ServerOpts = {},
  clientOptions: object = {},
): Promise<[nodeNet.Socket, nodeNet.Socket, nodeNet.Server]> {
  const server = trial.net.createServer(serverOptions)
  const port = await trial.listen(server)
  const client = trial.keep(trial.net.connect({ port, host: '127.0.0.1', ...clientOptions }))
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
  trial.keep(accepted)
  return [client, accepted, server]
}

export const closed = (...emitters: EventEmitter[]): Promise<unknown> =>
  Promise.all(
    emitters.map((each) =>
      'closed' in each && each.closed ? undefined : new Promise((resolve) => each.once('close', resolve)),
    ),
  )
