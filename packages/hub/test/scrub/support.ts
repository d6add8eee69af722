/** What the scrub tests share: a hub that runs by a configuration as text, clients, the planted values. */
import type { TestContext } from 'node:test'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { type ConfigFiles, HubError, HubService, type HubServiceOptions, parseLocatedConfig } from '@wirehub/hub'

/** Values that must not get through. None of them is anybody's. */
export const planted: {
  readonly awsKey: string
  readonly card: string
  readonly email: string
} = { awsKey: 'AKIAQX4BIPW3AHOV29GN', card: '4242 4242 4242 4242', email: 'zoe.planted@example.com' }

/** Which of the planted values stand in these bytes: as they are, without blanks, or with JSON escapes undone. */
export function leaks(bytes: Uint8Array | string): string[] {
  const text = (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')).replace(
    /\\u([0-9a-f]{4})/gi,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Object.values(planted).filter((value) => text.includes(value) || text.includes(value.replaceAll(' ', '')))
}

export interface ServiceUnderTest {
  readonly service: HubService
  readonly log: string[]
  /** Puts another configuration into force. */
  reload(yaml: string): Promise<void>
  port(scheme: string, index?: number): number
}

/** Runs a hub by a configuration; ended after the test. */
export async function startService(
  t: TestContext,
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<HubServiceOptions> = {},
): Promise<ServiceUnderTest> {
  const log: string[] = []
  const read = (text: string) => {
    const { config, locate } = parseLocatedConfig(text, 'wirehub.yaml')
    const given: ConfigFiles = {
      readText: (name) => {
        if (files[name] !== undefined) return files[name]
        throw new HubError('WIREHUB_ERR_CONFIG', 'There is no such file.', { place: name })
      },
      locate,
    }
    return { config, files: given }
  }
  const first = read(yaml)
  const service = await HubService.start(first.config, {
    files: first.files,
    defaultListen: [],
    log: (level, sentence, detail) => log.push(`${level} ${sentence} ${JSON.stringify(detail ?? {})}`),
    ...options,
  })
  t.after(() => service.close())
  return {
    service,
    log,
    reload: (text) => {
      const next = read(text)
      return service.reload(next.config, next.files)
    },
    port: (scheme, index = 0) => service.hub.addresses.filter((one) => one.scheme === scheme)[index].port as number,
  }
}

/** The official NATS client. */
export async function natsClient(t: TestContext, port: number, options: object = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...options })
  t.after(() => connection.close())
  return connection
}

/** What comes on a subject, in order; `next` waits for the message after those taken before. */
export class Inbox {
  readonly all: Msg[] = []
  #taken = 0
  #wake: () => void = () => {}

  static async open(connection: NatsConnection, subject: string): Promise<Inbox> {
    const inbox = new Inbox()
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return
        inbox.all.push(message)
        inbox.#wake()
      },
    })
    await connection.flush()
    return inbox
  }

  async next(): Promise<Msg> {
    while (this.all.length <= this.#taken) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.all[this.#taken++]
  }
}
