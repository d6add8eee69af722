// Where the machine may be touched: sockets, files, clock, timers, randomness. Everything else takes them as arguments, so that it
// runs in virtual time, on our own stack and in a browser, and so that a test decides what happens. Type-only imports are free.

/** Platform calls that are refused outside the edges. */
const clocksAndRandom = {
  members: [
    'Date.now',
    'performance.now',
    'performance.timeOrigin',
    'Math.random',
    'process.hrtime',
    'process.nextTick',
    'process.uptime',
    'crypto.getRandomValues',
    'crypto.randomUUID',
  ],
  globals: ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'WebSocket'],
}

/**
 * @typedef {{ within: string[], except: string[], modules: string[] | 'all', members: string[], globals: string[], because: string, cure: string }} Zone
 * `modules`: the `node:` modules that are refused; all, or these
 */

/** @type {Zone[]} */
export const zones = [
  {
    within: ['packages/netstack/src/'],
    except: [
      'link/tun/',
      'link/tun*.ts',
      'link/pcap/node/',
      'link/pcap/node*.ts',
      'api/node/',
      'api/node*.ts',
      'sim/node/',
      'sim/node*.ts',
      'bin/',
    ].map((path) => `packages/netstack/src/${path}`),
    modules: 'all',
    ...clocksAndRandom,
    because: 'the stack is sans-IO: it runs in a browser and in virtual time',
    cure: 'take time, randomness and devices as arguments, or move the file to link/tun, link/pcap/node, api/node, sim/node or bin',
  },
  {
    within: ['packages/netstack/src/'],
    except: [
      'link/tun/',
      'link/tun*.ts',
      'link/pcap/node/',
      'link/pcap/node*.ts',
      'api/',
      'sim/node/',
      'sim/node*.ts',
      'bin/',
    ].map((path) => `packages/netstack/src/${path}`),
    modules: [],
    members: [],
    globals: ['Buffer'],
    because: 'the stack works on plain Uint8Array inside: a browser has no Buffer',
    cure: 'use Uint8Array; Buffer appears in api/ alone',
  },
  {
    within: ['packages/scrub/src/'],
    except: ['packages/scrub/src/edge/'],
    modules: 'all',
    ...clocksAndRandom,
    because: 'scrubbing is a function of bytes: the same input has the same answer everywhere',
    cure: 'take it as an argument, or move the file to packages/scrub/src/edge',
  },
  {
    within: ['core/', 'routing/', 'gateways/'].map((path) => `packages/hub/src/${path}`),
    except: [],
    modules: 'all',
    members: [],
    globals: [],
    because: 'core, routing and codecs are sans-IO: bytes, time and randomness are arguments',
    cure: 'take it as an argument from packages/hub/src/edge',
  },
  {
    within: ['packages/hub/src/'],
    except: ['packages/hub/src/edge/'],
    modules: [
      'net',
      'tls',
      'dgram',
      'http',
      'https',
      'http2',
      'timers',
      'timers/promises',
      'perf_hooks',
      'child_process',
      'cluster',
      'worker_threads',
    ],
    ...clocksAndRandom,
    because: 'the hub runs on netstack in virtual time: createHub({ net, clock, random }) hands these in',
    cure: 'use the environment that is passed in, or move the code to packages/hub/src/edge',
  },
]
