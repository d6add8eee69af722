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
      may: ['routing'],
      because:
        'messages, connections, limits and the interface of a gateway are the bottom, together with the index that routes',
    },
    routing: { may: ['core'], because: 'the index answers who gets a message, and knows no protocol' },
    session: {
      may: ['core', 'routing'],
      because: 'what outlives a connection belongs to the subject space, not to a protocol',
    },
    presentation: { may: ['core'], because: 'charset, framing and coding turn bytes into text and know no subject' },
    security: { may: ['core', 'routing'], because: 'who may do what is decided before any protocol is spoken' },
    gateways: {
      may: ['core', 'routing', 'session', 'presentation', 'security'],
      because: 'a gateway is a codec plus the rules of its protocol; it opens no socket and reads no file',
    },
    assembly: {
      may: ['core', 'routing', 'session', 'presentation', 'security', 'dial'],
      because: 'it accepts and admits connections, and knows gateways by their interface only',
    },
    monitoring: { may: ['core', 'routing'], because: 'it reads counters and never steers' },
    edge: {
      may: ['core', 'monitoring'],
      because: 'sockets, timers, time and randomness of the machine, behind interfaces of core',
    },
    dial: {
      may: ['core'],
      because: 'it keeps a socket to one server; what is made of that socket is decided above',
    },
    config: {
      may: ['core', 'routing', 'presentation', 'security', 'gateways', 'assembly', 'monitoring'],
      because: 'it turns text into the options that the other rooms declare',
    },
    embedded: {
      may: [
        'core',
        'routing',
        'session',
        'presentation',
        'security',
        'gateways',
        'assembly',
        'monitoring',
        'edge',
        'dial',
        'config',
      ],
      because: 'createHub puts the parts together and is what users hold',
    },
    service: {
      may: [
        'core',
        'routing',
        'session',
        'presentation',
        'security',
        'gateways',
        'assembly',
        'monitoring',
        'edge',
        'dial',
        'config',
        'embedded',
      ],
      because: 'a hub made from a configuration, and made again when that changes',
    },
    testing: {
      may: ['core', 'routing', 'session', 'presentation', 'security', 'gateways', 'assembly', 'edge', 'embedded'],
      because: 'the fuzz harness that gateways of other people use too',
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
      may: ['dissect', 'api', 'stack', 'transport', 'internet', 'link', 'wire', 'layers'],
      because: 'a world is many stacks and a clock, and records itself for the dissector',
    },
    bin: {
      may: ['sim', 'dissect', 'api', 'stack', 'transport', 'internet', 'link', 'wire', 'layers'],
      because: 'the command line stands on top',
    },
  },
}

/** Files directly in src that stand below all folders; the others stand above them. */
export const bottomFiles = ['errors.ts', 'version.ts']

/** Gateways do not know each other: what two of them need belongs into core, presentation or gateways/shared. */
export const separate = [{ folder: 'packages/hub/src/gateways/', shared: ['shared', 'gateway'] }]
