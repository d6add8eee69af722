import type { IpAddress } from '../internet/address.ts'
import { splitPrefix } from '../internet/prefix.ts'
import { FramePool } from '../link/frame.ts'
import { SeededRandom } from '../link/random.ts'
import { Switch } from '../link/switch.ts'
import { TimerQueue } from '../link/timer-queue.ts'
import { type Scheduler, TaskGroup } from '../stack/scheduler.ts'
import { type CaptureOptions, type CaptureWriter, startCapture } from './capture.ts'
import { applyFault } from './faults.ts'
import { DEFAULT_EPOCH_MS, type SimulationOptions } from './options.ts'
import { SimHost } from './sim-host.ts'
import { SimLink } from './sim-link.ts'
import { expandTopology, type Topology } from './topology.ts'

/** Hosts, links and the clock of one simulation. Nothing in it is real but the programs that run on it. */
export class World {
  readonly seed: number
  /** What `Date.now()` says at the beginning. */
  readonly epochMs: number
  readonly random: SeededRandom
  readonly pool: FramePool = new FramePool()
  readonly timers: TimerQueue = new TimerQueue()
  readonly topology: Topology
  readonly hosts: Map<string, SimHost> = new Map()
  readonly links: Map<string, SimLink> = new Map()
  readonly switches: Map<string, Switch> = new Map()
  /** What made the run depend on more than the seed. */
  readonly nondeterminism: Set<string> = new Set()
  /** Tasks of the test itself: they survive crashes. */
  readonly scheduler: Scheduler
  readonly options: SimulationOptions
  /** Errors of programs that ran by themselves. */
  readonly failures: Error[] = []
  /** How a path given to `capture` becomes a writer; set where there are files. */
  openFile: ((path: string) => CaptureWriter) | null = null
  /** Asked when nothing can run any more before the clock moves; true when that has set something going. */
  onQuiet: (() => boolean) | null = null
  readonly #tasks: TaskGroup
  readonly #captures: Set<() => void> = new Set()
  #now = 0

  /** @throws {RangeError} when the options contradict themselves */
  constructor(options: SimulationOptions, seed: number) {
    this.options = options
    this.seed = seed
    this.random = new SeededRandom(seed)
    this.epochMs = options.epochMs ?? DEFAULT_EPOCH_MS
    this.#tasks = new TaskGroup(this.timers, () => this.now)
    this.scheduler = this.#tasks
    this.topology = expandTopology(options)
    for (const expanded of this.topology.links) {
      const random = this.random.fork(`link ${expanded.name}`)
      const link = new SimLink(expanded, random, this.pool, this.timers, () => this.#now)
      this.links.set(link.name, link)
    }
    for (const [name, host] of Object.entries(options.hosts)) {
      const ports = [...this.links.values()].flatMap((link) =>
        link.ends.filter((end) => end.end.host === name).map((end) => ({ link, end })),
      )
      if (host.kind === 'switch') {
        const made = new Switch(this.pool, host.switch)
        for (const { end } of ports) made.plug(end.link)
        this.switches.set(name, made)
      } else {
        this.hosts.set(name, new SimHost(this, name, host, ports, this.topology.routes[name] ?? []))
      }
    }
    for (const link of this.links.values()) {
      link.onCarrier = (up) => {
        for (const { end } of link.ends) this.hosts.get(end.host)?.setCarrier(link, up)
      }
    }
  }

  /** Boots every host and sets the script of faults going. */
  start(): void {
    if (this.options.capture !== undefined) this.capture(this.options.capture)
    for (const host of this.hosts.values()) host.boot()
    for (const fault of this.options.faults ?? []) {
      this.scheduler.schedule(fault.atMs - this.now, () => applyFault(this, fault))
    }
  }

  /** Milliseconds since the beginning of the simulation. */
  get now(): number {
    return this.#now
  }

  /** @throws {RangeError} when there is no host of that name */
  host(name: string): SimHost {
    const host = this.hosts.get(name)
    if (host === undefined) throw new RangeError(`no host "${name}" among ${[...this.hosts.keys()].join(', ')}`)
    return host
  }

  /** By its name (`a-b` unless it was given another). @throws {RangeError} when there is none */
  link(name: string): SimLink {
    const link = this.links.get(name)
    if (link === undefined) throw new RangeError(`no link "${name}" among ${[...this.links.keys()].join(', ')}`)
    return link
  }

  /** Resolves after so much virtual time. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.schedule(delayMs, resolve))
  }

  /** Resolves when every host that asks for addresses has them. */
  async ready(): Promise<void> {
    await Promise.all([...this.hosts.values()].filter((host) => host.isUp).map((host) => host.ready))
  }

  /** Waits until the test holds, looking each time the clock moves on. */
  async until(test: () => boolean, stepMs = 1): Promise<void> {
    while (!test()) await this.sleep(stepMs)
  }

  /**
   * From now on hosts of one group hear each other only, whatever is between them, and nobody is told. Hosts that no group
   * names are one more group; routers and switches that none names go on serving all.
   *
   * @throws {RangeError} when a group names a host that is not there
   */
  partition(groups: readonly (readonly string[])[]): void {
    for (const name of groups.flat()) if (!this.switches.has(name)) this.host(name)
    const groupOf = (name: string): number | null => {
      const place = groups.findIndex((group) => group.includes(name))
      return place < 0 && this.options.hosts[name].kind === 'router' ? null : place
    }
    const ownerOf = (address: IpAddress): SimHost | undefined =>
      [...this.hosts.values()].find((host) => host.isUp && host.stack.internet.local.has(address))
    for (const link of this.links.values()) {
      for (const { end, gate } of link.ends) {
        const own = this.hosts.has(end.host) ? groupOf(end.host) : null
        if (own === null) gate.blocks = null
        else {
          gate.blocks = (source) => {
            const sender = ownerOf(source)
            const theirs = sender === undefined ? null : groupOf(sender.name)
            return theirs !== null && theirs !== own
          }
        }
      }
    }
  }

  /** Ends every partition, those of single links too. */
  heal(): void {
    for (const link of this.links.values()) {
      link.partition(false)
      for (const { gate } of link.ends) gate.blocks = null
    }
  }

  /** Addresses that the topology gives to a host. */
  addressesOf(name: string): IpAddress[] {
    const own: IpAddress[] = []
    for (const { ends } of this.topology.links) {
      for (const end of ends) if (end.host === name) own.push(...end.addresses.map((text) => splitPrefix(text).address))
    }
    return own
  }

  /**
   * Writes every frame to a pcapng file, or to a function that is given its bytes piece by piece. Returns what ends it;
   * the end of the simulation does so too.
   *
   * @throws {TypeError} for a path where there are no files
   */
  capture(target: string | ((bytes: Uint8Array) => void), options: CaptureOptions = {}): () => void {
    let writer: CaptureWriter
    if (typeof target === 'string') {
      if (this.openFile === null) throw new TypeError('there are no files here: give a function')
      writer = this.openFile(target)
    } else {
      writer = { write: target, close: () => {} }
    }
    const stop = startCapture(this, writer, options)
    const end = (): void => {
      if (this.#captures.delete(end)) stop()
    }
    this.#captures.add(end)
    return end
  }

  /** Keeps the error of a program that nobody awaits: the simulation fails with it. */
  watch(promise: Promise<unknown>, what: string): void {
    promise.catch((error: unknown) => {
      this.failures.push(new Error(`${what} failed`, { cause: error }))
    })
  }

  /** When something happens next, Infinity for never. */
  pollAt(): number {
    let next = this.timers.pollAt()
    for (const host of this.hosts.values()) if (host.isUp) next = Math.min(next, host.stack.pollAt())
    return next
  }

  /** Moves the clock to `time`, never back, and does what is due. */
  advance(time: number): void {
    this.#now = Math.max(this.#now, time)
    const { now } = this
    this.timers.poll(now)
    for (const host of this.hosts.values()) if (host.isUp) host.stack.poll(now)
  }

  /** Ends everything: hosts are switched off, captures closed, frames let go. */
  close(): void {
    for (const host of this.hosts.values()) host.crash()
    this.#tasks.close()
    for (const link of this.links.values()) link.down()
    for (const end of [...this.#captures]) end()
  }
}
