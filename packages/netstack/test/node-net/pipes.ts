import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { type Behaviours, closed, SOCKET_EVENTS } from './trial.ts'

const PIPE_EVENTS = 'connectionAttempt connect ready data end error close'

export const pipeBehaviours: Behaviours = {
  'a conversation over a pipe': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer((socket) => socket.end('served')))
    server.listen(path, () => trial.log('server', 'listening', server.address(), existsSync(path)))
    await once(server, 'listening')
    const client = trial.watch('client', trial.net.connect(path), PIPE_EVENTS)
    await once(client, 'connect')
    trial.log('client', client.address(), client.remoteAddress, client.localPort, client.readyState)
    await closed(client)
    server.close()
    await once(server, 'close')
    trial.log('server', server.address(), existsSync(path))
  },
  'options with a path': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer((socket) => socket.pipe(socket)))
    server.listen({ path })
    await once(server, 'listening')
    const client = trial.watch('client', trial.net.createConnection({ path }), `${PIPE_EVENTS} finish`)
    client.end('echo')
    await closed(client)
    trial.log('client', client.bytesRead, client.bytesWritten)
  },
  'nobody listens at a path': async (trial) => {
    await closed(trial.watch('client', trial.net.connect(trial.path()), SOCKET_EVENTS))
  },
  'a path that is a file': async (trial) => {
    const path = trial.path()
    writeFileSync(path, '')
    await closed(trial.watch('client', trial.net.connect(path), SOCKET_EVENTS))
  },
  'a path that is taken': async (trial) => {
    const path = trial.path()
    const first = trial.keep(trial.net.createServer())
    first.listen(path)
    await once(first, 'listening')
    const second = trial.watch('second', trial.net.createServer(), 'listening error close')
    second.listen(path)
    await once(second, 'error')
    trial.log('second', second.listening)
  },
  'a path in a folder that is not there': async (trial) => {
    const server = trial.watch('server', trial.net.createServer(), 'listening error close')
    server.listen(trial.path('missing/pipe'))
    await once(server, 'error')
  },
  'a path that is too long': async (trial) => {
    const path = trial.path('x'.repeat(200))
    const server = trial.watch('server', trial.net.createServer(), 'listening error close')
    server.listen(path)
    await once(server, 'error')
    await closed(trial.watch('client', trial.net.connect(path), SOCKET_EVENTS))
  },
  'readable and writable by all': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer())
    server.listen({ path, readableAll: true, writableAll: true })
    await once(server, 'listening')
    trial.log('server', (statSync(path).mode & 0o666).toString(8))
  },
  'a reset of a pipe': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer())
    server.listen(path)
    await once(server, 'listening')
    const client = trial.keep(trial.net.connect(path))
    await once(client, 'connect')
    trial.throws('client', () => client.resetAndDestroy())
  },
  'a pipe whose other end is gone': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer((socket) => socket.destroy()))
    server.listen(path)
    await once(server, 'listening')
    const client = trial.watch('client', trial.net.connect(path), 'end close error')
    client.resume()
    await closed(client)
  },
  'a lot of bytes through a pipe': async (trial) => {
    const path = trial.path()
    const server = trial.keep(trial.net.createServer((socket) => socket.pipe(socket)))
    server.listen(path)
    await once(server, 'listening')
    const client = trial.net.connect(path)
    let length = 0
    client.on('data', (chunk) => {
      length += chunk.length
    })
    client.end(Buffer.alloc(3_000_000))
    await closed(client)
    trial.log('client', length)
  },
}
