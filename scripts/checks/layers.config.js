// Who may import whom, as data. Everything that is not listed is refused; a new folder needs its line here, which is where the
// decision is taken and explained.

/**
 * @typedef {{ may: string[], because: string }} Arrow `may`: folders beside this one, or single files in them
 */

/** Packages, by folder name. @type {Record<string, Arrow & { testsMay?: string[] }>} */
export const packages = {
  netstack: { may: [], because: 'TCP/IP stands on its own: somebody who never heard of the hub installs it' },
  scrub: { may: [], because: 'scrubbing is a library that people install alone' },
  streams: { may: [], because: 'the log knows nothing of who writes into it' },
  hub: {
    may: ['scrub', 'streams'],
    testsMay: ['netstack', 'client'],
    because: 'it scrubs and stores; its sockets come in as an argument',
  },
  client: { may: [], testsMay: ['hub', 'netstack'], because: 'it speaks to the hub over the wire only' },
  dashboard: { may: [], because: 'it speaks to the hub over HTTP only' },
  cli: {
    may: ['hub', 'scrub', 'streams', 'client', 'netstack', 'dashboard'],
    because: 'the command line puts everything together',
  },
}

/** Folders inside a package, bottom first. @type {Record<string, Record<string, Arrow>>} */
export const rooms = {
  hub: {
    core: {
      may: ['routing', 'gateways/gateway.ts'],
      because:
        'messages, connections and accounts are the bottom, together with the index that routes them; of gateways it knows the interface only',
    },
    routing: { may: ['core'], because: 'the index answers who gets a message, and knows no protocol' },
    session: {
      may: ['core', 'routing'],
      because: 'what outlives a connection is kept by the subject space, not by a protocol',
    },
    presentation: { may: ['core'], because: 'charset, framing and coding turn bytes into text and know no subject' },
    auth: { may: ['core'], because: 'who may do what is decided before any protocol is spoken' },
    gateways: {
      may: ['core', 'routing', 'session', 'presentation', 'auth'],
      because: 'a gateway is a codec plus its protocol rules; it never opens a socket or reads a file',
    },
    monitoring: { may: ['core', 'routing'], because: 'it reads counters and never steers' },
    config: {
      may: ['core', 'presentation', 'auth', 'gateways'],
      because: 'it turns text into the options that the other rooms declare',
    },
    edge: {
      may: ['core', 'routing', 'session', 'presentation', 'auth', 'gateways', 'monitoring', 'config'],
      because: 'the only place with sockets, timers, time and randomness of the machine',
    },
  },
  netstack: {
    layers: { may: [], because: 'the layer table is data' },
    wire: { may: ['layers'], because: 'codecs turn bytes into fields and know no device' },
    link: { may: ['wire', 'layers'], because: 'frames travel over devices' },
    internet: { may: ['link', 'wire', 'layers'], because: 'packets travel in frames' },
    transport: { may: ['internet', 'link', 'wire', 'layers'], because: 'segments travel in packets' },
    stack: {
      may: ['transport', 'internet', 'link', 'wire', 'layers'],
      because: 'it puts link, internet and transport together',
    },
    api: { may: ['stack', 'transport', 'internet', 'link', 'wire', 'layers'], because: 'sockets stand on a stack' },
    dissect: {
      may: ['wire', 'layers'],
      because: 'it reads bytes and records of connections as data, whoever made them',
    },
    sim: {
      may: ['api', 'stack', 'transport', 'internet', 'link', 'wire', 'layers'],
      because: 'a world is many stacks and a clock',
    },
    bin: {
      may: ['sim', 'dissect', 'api', 'stack', 'transport', 'internet', 'link', 'wire', 'layers'],
      because: 'the command line stands on top',
    },
  },
}

/** Gateways do not know each other: what two of them need belongs into core, presentation or gateways/shared. */
export const separate = [{ folder: 'packages/hub/src/gateways/', shared: ['shared', 'gateway'] }]
