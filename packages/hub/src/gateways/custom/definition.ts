/** The public way to teach the hub a protocol of one's own: pure functions from bytes to messages and back, and limits. */

/** A message that came out of a frame. */
export interface DecodedMessage {
  /** Where to publish it: tokens separated by dots, no wildcards. */
  readonly subject: string
  /** Text is taken as UTF-8. */
  readonly payload: Uint8Array | string
  /** Where an answer is expected; default: the connection's own inbox, whose messages `encode` gets. */
  readonly reply?: string
  /** Names starting with `Wirehub-` are removed: they are the hub's own. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What one call of `decode` found at the beginning of the buffer. */
export interface Decoded {
  /** How many bytes the frame has; at least 1, at most what was given. */
  readonly bytesRead: number
  /** What it says; none for a frame that says nothing to others (a heartbeat). */
  readonly messages?: readonly DecodedMessage[]
  /** Sent back at once: an acknowledgement, a greeting, an error. */
  readonly answer?: Uint8Array
  /** Patterns to subscribe this connection to from here on. */
  readonly subscribe?: readonly string[]
  /** Credentials that the frame has shown; frames after it wait until they are checked. */
  readonly credentials?: { readonly user?: string; readonly password?: string; readonly token?: string }
  /** Ends the connection once the answer has been written. */
  readonly close?: boolean
}

/** A message on its way to a connection. */
export interface OutgoingMessage {
  readonly subject: string
  readonly reply: string | undefined
  /** Valid during the call: copy what you keep. */
  readonly payload: Uint8Array
  /** By name as it was sent; parsed when first asked for. */
  readonly headers: ReadonlyMap<string, string>
}

/** One connection, as a gateway's functions see it. */
export interface GatewaySession<State> {
  /** Unique while the hub runs. */
  readonly id: number
  readonly remoteAddress: string
  /** The options of the listener's URL. */
  readonly options: ReadonlyMap<string, string>
  /** The subject of this connection's own inbox. */
  readonly inbox: string
  /** Whatever the gateway keeps for this connection. */
  state: State
}

/** Limits of every connection of the gateway. */
export interface GatewayLimits {
  /** Largest frame; a connection that sends more without completing one is ended. Default 65,536. */
  readonly maxFrameBytes?: number
  /** Silence after which a connection is ended, milliseconds. Default 0: never. */
  readonly idleMs?: number
  /** Patterns that one connection may be subscribed to. Default 100. */
  readonly maxSubscriptions?: number
  /** Bytes that may wait for a connection that does not read. Default: the hub's. */
  readonly maxPendingBytes?: number
  /** Messages a second taken from one connection. Default 0: no limit. */
  readonly messagesPerSecond?: number
}

/**
 * A protocol. All functions are synchronous and see neither sockets nor time, so that the hub can bound and fuzz them. An error thrown by one of them
 * ends that connection, is counted and logged, and costs no other connection anything.
 */
export interface GatewayDefinition<State = undefined> {
  /** The scheme of its listeners: `telemetry` for `telemetry://127.0.0.1:7000`. */
  readonly scheme: string
  /** The port when a URL names none. */
  readonly defaultPort?: number
  /** The URL options that it reads from `session.options`, each with one sentence. Others are refused. */
  readonly options?: Readonly<Record<string, string>>
  readonly limits?: GatewayLimits
  /** What a new connection begins with. */
  open?(session: Omit<GatewaySession<State>, 'state'>): {
    readonly state: State
    /** Patterns to subscribe it to. */
    readonly subscribe?: readonly string[]
    /** The first bytes on the wire. */
    readonly greeting?: Uint8Array
  }
  /**
   * Takes the first frame off the bytes read so far.
   * @param bytes valid during the call; at least one byte, at most `maxFrameBytes` and one read
   * @returns undefined when the frame is not complete yet
   * @throws anything, when the bytes can be no frame: `refuse` tells the peer, the connection ends
   */
  decode(bytes: Uint8Array, session: GatewaySession<State>): Decoded | undefined
  /** The bytes of a message on this protocol; undefined when it has no form there: it is not delivered. */
  encode(message: OutgoingMessage, session: GatewaySession<State>): Uint8Array | undefined
  /** The last bytes for a peer whose bytes made no sense, or that the hub disconnects. */
  refuse?(reason: string, session: GatewaySession<State>): Uint8Array | undefined
}
