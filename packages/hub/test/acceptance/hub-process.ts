/** A hub in a process of its own, whose memory can be looked at: forked by `HubProcess`, told what to do over Node's own channel. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { type HubConfig, HubService } from '@wirehub/hub'

/** What is left in the process, after the garbage has been collected. */
export interface Figures {
  readonly heapBytes: number
  readonly externalBytes: number
  readonly connections: number
  readonly accountConnections: number
  readonly subscriptions: number
  readonly backpressure: number
  readonly messagesIn: number
  readonly messagesOut: number
  /** Timers, sockets and the like that Node knows of, by kind. */
  readonly resources: Record<string, number>
}

/** The highest values seen since the last question, sampled while the hub ran. */
export interface Peak {
  readonly heapBytes: number
  readonly externalBytes: number
}

const SAMPLE_MS = 25

async function serve(): Promise<void> {
  const config = JSON.parse(process.argv[2]) as HubConfig
  const files = { readText: (name: string): string => name }
  const service = await HubService.start(config, { files, defaultListen: [] })
  const { core } = service.hub
  let peak = { heapBytes: 0, externalBytes: 0 }
  setInterval(() => {
    const { heapUsed, external } = process.memoryUsage()
    peak = { heapBytes: Math.max(peak.heapBytes, heapUsed), externalBytes: Math.max(peak.externalBytes, external) }
  }, SAMPLE_MS).unref()
  process.on('message', async (question) => {
    if (question === 'peak') {
      process.send?.(peak)
      peak = { heapBytes: 0, externalBytes: 0 }
      return
    }
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { heapUsed, external } = process.memoryUsage()
    const resources: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
    const accounts = [...core.accounts.values()]
    const sum = (read: (one: (typeof accounts)[number]) => number): number =>
      accounts.reduce((all, one) => all + read(one), 0)
    const figures: Figures = {
      heapBytes: heapUsed,
      externalBytes: external,
      connections: core.connections.size,
      accountConnections: sum((one) => one.connections.size),
      subscriptions: sum((one) => one.subscriptionCount),
      backpressure: core.backpressure.engaged,
      messagesIn: sum((one) => one.counters.messagesIn),
      messagesOut: sum((one) => one.counters.messagesOut),
      resources,
    }
    process.send?.(figures)
  })
  process.on('disconnect', () => process.exit())
  process.send?.(service.hub.addresses.map((one) => one.port ?? one.path))
}

/** The other side: the test's. */
export class HubProcess {
  readonly #child: ChildProcess
  /** Ports (or paths) of the listeners, in their order. */
  readonly ports: readonly number[]

  private constructor(child: ChildProcess, ports: readonly number[]) {
    this.#child = child
    this.ports = ports
  }

  /** Starts a hub with this configuration; ended after the test. */
  static async start(t: TestContext, config: HubConfig): Promise<HubProcess> {
    const child = fork(import.meta.filename, [JSON.stringify(config)], {
      execArgv: ['--conditions=@wirehub/source', '--expose-gc', '--disable-warning=ExperimentalWarning'],
      serialization: 'json',
    })
    t.after(async () => {
      if (child.exitCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    })
    const [ports] = (await once(child, 'message')) as [number[]]
    return new HubProcess(child, ports)
  }

  async #ask<Answer>(question: string): Promise<Answer> {
    this.#child.send(question)
    const [answer] = (await once(this.#child, 'message')) as [Answer]
    return answer
  }

  figures(): Promise<Figures> {
    return this.#ask('figures')
  }

  peak(): Promise<Peak> {
    return this.#ask('peak')
  }
}

if (process.argv[1] === import.meta.filename) await serve()
