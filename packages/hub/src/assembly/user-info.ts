/** `$SYS.REQ.USER.INFO`: a client asks who it is. Source: nats-server 2.10, system services of an account. */
import type { Engine } from '../core/engine.ts'
import type { Clock } from '../core/environment.ts'
import type { HubIdentity } from '../core/gateway.ts'
import { Message } from '../core/message.ts'
import { Subscription } from '../core/subscription.ts'

/** Where a client asks. */
export const USER_INFO_SUBJECT = '$SYS.REQ.USER.INFO'

const NANOSECONDS_PER_MILLISECOND = 1e6

/** Answers on behalf of the hub; stands in every account. */
export class UserInfo extends Subscription {
  readonly #engine: Engine
  readonly #identity: HubIdentity
  readonly #clock: Clock
  #sequence = 0

  constructor(engine: Engine, identity: HubIdentity, clock: Clock) {
    super(USER_INFO_SUBJECT, undefined, undefined)
    this.#engine = engine
    this.#identity = identity
    this.#clock = clock
  }

  override accepts(message: Message): boolean {
    return message.origin !== undefined && message.hasReply
  }

  override deliver(message: Message): void {
    const { origin, reply } = message
    if (origin === undefined || reply === undefined) return
    const { serverId, serverName, natsVersion } = this.#identity
    const described = origin.permissions.describe?.()
    const responses = described?.responses
    const body = {
      server: {
        name: serverName,
        host: '',
        id: serverId,
        ver: natsVersion,
        jetstream: this.#engine.capabilities.streams,
        flags: 0,
        seq: ++this.#sequence,
        time: new Date(this.#clock.now()).toISOString(),
      },
      data: {
        user: origin.user ?? '',
        account: origin.account.name,
        ...(described === undefined
          ? {}
          : {
              permissions: {
                publish: described.publish,
                subscribe: described.subscribe,
                ...(responses === undefined
                  ? {}
                  : { responses: { max: responses.max, ttl: responses.expiresMs * NANOSECONDS_PER_MILLISECOND } }),
              },
            }),
      },
    }
    const answer = new Message()
    answer.account = origin.account
    answer.route = origin.account.routeFor(reply)
    answer.compose(undefined, undefined, Buffer.from(JSON.stringify(body)))
    this.#engine.publish(answer)
  }
}
