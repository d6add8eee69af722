import type { Behaviours, Net } from './trial.ts'

/** What is refused at once, and how. */
const REFUSED: Readonly<Record<string, (net: Net) => unknown>> = {
  'connect without arguments': (net) => net.connect(undefined as never),
  'connect to an array': (net) => net.connect([{ port: 1 }, () => {}] as never),
  'connect with empty options': (net) => net.connect({} as never),
  'connect to a negative port': (net) => net.connect({ port: -1 }),
  'connect to a port too high': (net) => net.connect(65_536),
  'connect to a port that is a fraction': (net) => net.connect({ port: 1.5 }),
  'connect to a port that is infinite': (net) => net.connect({ port: Infinity }),
  'connect to a port that is no number': (net) => net.connect({ port: Number.NaN }),
  'connect to a port that is text without a number': (net) => net.connect({ port: 'x' as never }),
  'connect to a port that is empty text': (net) => net.connect({ port: '' as never }),
  'connect to a port that is true': (net) => net.connect({ port: true as never }),
  'connect to a port that is an object': (net) => net.connect({ port: {} as never }),
  'connect to a port that is null': (net) => net.connect({ port: null as never }),
  'connect to a port that is a function': (net) => net.connect({ port: (() => {}) as never }),
  'connect from an address that is none': (net) => net.connect({ port: 1, localAddress: 'x' }),
  'connect from a port that is text': (net) => net.connect({ port: 1, localPort: 'x' as never }),
  'connect with a lookup that is none': (net) => net.connect({ port: 1, host: 'x.invalid', lookup: 1 as never }),
  'connect with hints that are none': (net) => net.connect({ port: 1, host: 'localhost', hints: 255 }),
  'connect to a host with a null byte': (net) => net.connect({ port: 1, host: 'a\0b' }),
  'connect to a host that is a number': (net) => net.connect({ port: 1, host: 7 as never }),
  'connect to a path that is a number': (net) => net.connect({ path: 1 as never }),
  'autoSelectFamily that is a number': (net) => net.connect({ port: 1, autoSelectFamily: 1 as never }),
  'an attempt timeout of 0': (net) => net.connect({ port: 1, autoSelectFamilyAttemptTimeout: 0 }),
  'an attempt timeout that is text': (net) => net.connect({ port: 1, autoSelectFamilyAttemptTimeout: '5' as never }),
  'a signal that is none': (net) => net.connect({ port: 1, signal: 'x' } as never),
  'a socket with a signal that is an object': (net) => new net.Socket({ signal: {} as never }),
  'a socket in object mode': (net) => new net.Socket({ objectMode: true } as never),
  'a socket in readable object mode': (net) => new net.Socket({ readableObjectMode: true } as never),
  'a socket in writable object mode': (net) => new net.Socket({ writableObjectMode: true } as never),
  'a socket with a descriptor that is text': (net) => new net.Socket({ fd: 'x' as never }),
  'a socket with a negative descriptor': (net) => new net.Socket({ fd: -1 }),
  'a socket with a keep-alive delay that is text': (net) => new net.Socket({ keepAliveInitialDelay: 'x' } as never),
  'a socket with a block list that is none': (net) => new net.Socket({ blockList: {} } as never),
  'a timeout that is text': (net) => new net.Socket().setTimeout('x' as never),
  'a timeout that is negative': (net) => new net.Socket().setTimeout(-1),
  'a timeout that is infinite': (net) => new net.Socket().setTimeout(Infinity),
  'a timeout whose callback is text': (net) => new net.Socket().setTimeout(1, 'x' as never),
  'no timeout whose callback is an object': (net) => new net.Socket().setTimeout(0, {} as never),
  'a write of null': (net) => new net.Socket().write(null as never),
  'a write of a number': (net) => new net.Socket().write(1 as never),
  'a write of an object': (net) => new net.Socket().write({} as never),
  'a write in an unknown encoding': (net) => new net.Socket().write('x', 'nothing' as never),
  'a server whose options are text': (net) => new net.Server('x' as never),
  'a server whose options are a number': (net) => net.createServer(1 as never),
  'a server with a keep-alive delay that is text': (net) => net.createServer({ keepAliveInitialDelay: 'x' as never }),
  'a server with a high-water mark that is text': (net) => net.createServer({ highWaterMark: 'x' as never }),
  'a server with a block list that is none': (net) => net.createServer({ blockList: 1 as never }),
  'listening with empty options': (net) => net.createServer().listen({}),
  'listening at a port too high': (net) => net.createServer().listen(65_536),
  'listening at a negative port': (net) => net.createServer().listen(-1),
  'listening at a port that is false': (net) => net.createServer().listen({ port: false as never }),
  'listening at a port that is text': (net) => net.createServer().listen({ port: 'x' as never }),
  'listening at a path that is true': (net) => net.createServer().listen({ path: true as never }),
  'listening at an unknown handle': (net) => net.createServer().listen({ handle: { fd: 'x' } } as never),
  'listening at a symbol': (net) => net.createServer().listen({ port: Symbol('port') as never }),
  'listening with a signal that is none': (net) => net.createServer().listen({ port: 0, signal: 'x' as never }),
  'the default of autoSelectFamily that is text': (net) => net.setDefaultAutoSelectFamily('x' as never),
  'the default of its timeout that is text': (net) => net.setDefaultAutoSelectFamilyAttemptTimeout('x' as never),
  'a reset of a socket that was never connected': (net) => new net.Socket().on('error', () => {}).resetAndDestroy(),
}

/** What is not refused, but answers. */
const ANSWERS: Behaviours = {
  'isIP and its kin': ({ net, log }) => {
    for (const text of ['127.0.0.1', '::1', '::ffff:1.2.3.4', 'x', '', '1.2.3', '1.2.3.4.5', '::1%eth0', '01.2.3.4']) {
      log('answers', text, net.isIP(text), net.isIPv4(text), net.isIPv6(text))
    }
  },
  'normalized arguments': ({ net, log }) => {
    const normalize = (net as never as { _normalizeArgs(args: unknown[]): unknown[] })._normalizeArgs
    for (const args of [
      [],
      [1],
      ['1'],
      ['x'],
      [1, 'host'],
      [1, 'host', 5],
      [{ path: 'x' }],
      ['/x', () => {}],
      [1, () => {}],
    ]) {
      log('normalized', JSON.stringify(normalize(args)[0]), typeof normalize(args)[1])
    }
  },
  'the state of a new socket': ({ net, log }) => {
    const socket = new net.Socket()
    log('socket', socket.connecting, socket.pending, socket.readyState, socket.destroyed, socket.bytesRead)
    log('socket', socket.bytesWritten, socket.address(), socket.remoteAddress, socket.remotePort, socket.localAddress)
    log('socket', socket.readable, socket.writable, socket.allowHalfOpen, socket.timeout, socket.bufferSize)
    log('socket', socket.setNoDelay() === socket, socket.setKeepAlive(true) === socket, socket.setTimeout(0) === socket)
    log('socket', socket.ref() === socket, socket.unref() === socket, socket.pause() === socket)
  },
  'the state of a new server': ({ net, log }) => {
    const server = net.createServer()
    log('server', server.listening, server.address(), server.maxConnections, server.ref() === server)
    log(
      'server',
      net.Server.name,
      net.Socket.name,
      (net as never as { Stream: unknown }).Stream === net.Socket,
      server instanceof net.Server,
    )
  },
  'sockets and servers without new': ({ net, log }) => {
    const make = (value: unknown): unknown => (value as () => unknown)()
    log('made', make(net.Socket) instanceof net.Socket, make(net.Server) instanceof net.Server)
  },
  'a class that extends Socket': ({ net, log }) => {
    class Mine extends net.Socket {
      name = 'mine'
    }
    const mine = new Mine()
    log('mine', mine.name, mine instanceof net.Socket, mine instanceof Mine, mine.constructor.name)
  },
}

export const argumentBehaviours: Behaviours = {
  ...Object.fromEntries(
    Object.entries(REFUSED).map(([name, action]) => [name, (trial) => trial.throws('call', () => action(trial.net))]),
  ),
  ...Object.fromEntries(
    Object.entries(ANSWERS).map(([name, run]) => [
      name,
      (trial) => run(Object.assign(Object.create(trial), { net: trial.net, log: trial.log.bind(trial) })),
    ]),
  ),
}
