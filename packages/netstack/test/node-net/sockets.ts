import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Behaviours, closed, connected, SOCKET_EVENTS, type Trial } from './trial.ts'

function both(trial: Trial, client: Socket, accepted: Socket): void {
  trial.watch('client', client, SOCKET_EVENTS)
  trial.watch('accepted', accepted, SOCKET_EVENTS)
}

export const socketBehaviours: Behaviours = {
  'an echo and an orderly end': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.pipe(accepted)
    client.setEncoding('utf8')
    client.on('data', (text) => trial.log('client', 'data', text))
    client.end('hello', () => trial.log('client', 'end callback'))
    await closed(client, accepted)
    trial.log('client', client.bytesRead, client.bytesWritten, client.readyState, client.destroyed)
    trial.log('accepted', accepted.bytesRead, accepted.bytesWritten, accepted.readyState)
  },
  'the other side ends first': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    client.resume()
    accepted.resume()
    accepted.end()
    await closed(client, accepted)
  },
  'the order of events of a connection': async (trial) => {
    const server = trial.net.createServer((socket) => socket.end('x'))
    const port = await trial.listen(server)
    const client = trial.keep(trial.net.connect(port, '127.0.0.1', () => trial.log('client', 'callback')))
    trial.watch('client', client, `${SOCKET_EVENTS} lookup connectionAttempt data`)
    trial.log('client', client.connecting, client.pending, client.readyState)
    await once(client, 'connect')
    trial.log('client', client.connecting, client.pending, client.readyState)
    await closed(client)
  },
  'a half-open socket goes on writing': async (trial) => {
    const [client, accepted] = await connected(trial, { allowHalfOpen: true })
    both(trial, client, accepted)
    client.on('data', (chunk) => trial.log('client', 'data', chunk))
    client.end('question')
    accepted.resume()
    await once(accepted, 'end')
    trial.log('accepted', accepted.readyState, accepted.writable)
    accepted.end('answer')
    await closed(client, accepted)
  },
  'destroy without an error': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.resume()
    client.destroy()
    trial.log('client', client.destroyed, client.readyState, client.writable, client.remotePort)
    await closed(client, accepted)
  },
  'destroy with an error': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.resume()
    client.destroy(new Error('enough'))
    client.destroy(new Error('twice'))
    await closed(client, accepted)
  },
  'a reset arrives as ECONNRESET': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    client.resume()
    accepted.resetAndDestroy()
    await closed(client, accepted)
  },
  'a reset before the connection stands': async (trial) => {
    const server = trial.net.createServer((socket) => trial.watch('accepted', socket.resume(), 'error close end'))
    const port = await trial.listen(server)
    const client = trial.watch('client', trial.net.connect(port, '127.0.0.1'), SOCKET_EVENTS)
    client.resetAndDestroy()
    const [accepted] = await once(server, 'connection')
    await closed(client, accepted)
  },
  'a reset twice': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.resume()
    client.resetAndDestroy()
    client.resetAndDestroy()
    await closed(client, accepted)
  },
  'nobody listens': async (trial) => {
    const port = await trial.freePort()
    const client = trial.watch(
      'client',
      trial.net.connect(port, '127.0.0.1'),
      `${SOCKET_EVENTS} connectionAttemptFailed`,
    )
    await closed(client)
    trial.log('client', client.connecting, client.destroyed, client.bytesRead, client.address())
  },
  'nobody listens, from a port of ours': async (trial) => {
    const port = await trial.freePort()
    const localPort = await trial.freePort()
    const options = { port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort }
    await closed(trial.watch('client', trial.net.connect(options), SOCKET_EVENTS))
  },
  'a write before the connection stands': async (trial) => {
    const server = trial.net.createServer((socket) => socket.on('data', (chunk) => trial.log('accepted', chunk)))
    const port = await trial.listen(server)
    const client = trial.watch('client', trial.net.connect(port, '127.0.0.1'), SOCKET_EVENTS)
    trial.log(
      'client',
      client.write('early', () => trial.log('client', 'written')),
      client.bytesWritten,
    )
    client.write('é', 'latin1')
    trial.log('client', client.bytesWritten, client.writableLength)
    client.end()
    await closed(client)
    trial.log('client', client.bytesWritten)
  },
  'destroy before the connection stands fails what was written': async (trial) => {
    const server = trial.net.createServer()
    const port = await trial.listen(server)
    const client = trial.watch('client', trial.net.connect(port, '127.0.0.1'), SOCKET_EVENTS)
    client.write('x', (error) => trial.log('client', 'write', error))
    client.destroy()
    trial.log('client', client.connecting)
    await closed(client)
  },
  'a write without a connection': async (trial) => {
    const socket = trial.watch('socket', new trial.net.Socket(), SOCKET_EVENTS)
    socket.write('x', (error) => trial.log('socket', 'write', error))
    await closed(socket)
  },
  'an end without a connection': async (trial) => {
    const socket = trial.watch('socket', new trial.net.Socket(), SOCKET_EVENTS)
    socket.end(() => trial.log('socket', 'end callback'))
    await once(socket, 'finish')
    trial.log('socket', socket.writable, socket.readable, socket.readyState)
  },
  'a write after the end': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.resume()
    client.end()
    client.write('late', (error) => trial.log('client', 'write', error))
    await closed(client, accepted)
  },
  'a write after close': async (trial) => {
    const [client, accepted] = await connected(trial)
    accepted.resume()
    client.destroy()
    await closed(client)
    trial.watch('client', client, SOCKET_EVENTS)
    client.write('late', (error) => trial.log('client', 'write', error))
    await new Promise(setImmediate)
  },
  'a write after the other side has ended': async (trial) => {
    const [client, accepted] = await connected(trial)
    trial.watch('client', client, SOCKET_EVENTS)
    client.resume()
    accepted.resume()
    accepted.end()
    await once(client, 'end')
    client.write('late', (error) => trial.log('client', 'write', error))
    await closed(client)
  },
  'a peer that is gone': async (trial) => {
    const [client, accepted] = await connected(trial)
    trial.watch('client', client, 'end error close')
    client.pause()
    accepted.resetAndDestroy()
    await closed(accepted, client)
    await new Promise((resolve) => client.write('x', resolve)).then((error) => trial.log('client', 'write', error))
  },
  'data unread when the socket is destroyed resets the peer': async (trial) => {
    const [client, accepted] = await connected(trial)
    trial.watch('client', client, 'end error close')
    client.resume()
    accepted.pause()
    client.write('never read')
    await new Promise((resolve) => setTimeout(resolve, 20))
    accepted.destroy()
    await closed(client)
  },
  'pause and resume': async (trial) => {
    const [client, accepted] = await connected(trial)
    client.pause()
    client.on('data', (chunk) => trial.log('client', 'data', chunk))
    accepted.write('one')
    await new Promise((resolve) => setTimeout(resolve, 20))
    trial.log('client', 'still', client.isPaused())
    client.resume()
    await once(client, 'data')
    accepted.end('two')
    await closed(client)
  },
  'pause while connecting': async (trial) => {
    const server = trial.net.createServer((socket) => socket.end('hello'))
    const port = await trial.listen(server)
    const client = trial.net.connect(port, '127.0.0.1')
    client.pause()
    client.on('data', (chunk) => trial.log('client', 'data', chunk))
    await once(client, 'connect')
    await new Promise((resolve) => setTimeout(resolve, 20))
    trial.log('client', 'paused', client.isPaused())
    client.resume()
    await closed(client)
  },
  'readable and read': async (trial) => {
    const [client, accepted] = await connected(trial)
    let text = ''
    client.on('readable', () => {
      for (let chunk = client.read(2); chunk !== null; chunk = client.read(2)) text += chunk
    })
    trial.watch('client', client, 'end close')
    accepted.end('abcdef')
    await closed(client)
    trial.log('client', text)
  },
  'async iteration': async (trial) => {
    const [client, accepted] = await connected(trial)
    accepted.end('iterated')
    let text = ''
    for await (const chunk of client) text += chunk
    trial.log('client', text, client.destroyed)
  },
  'cork joins writes': async (trial) => {
    const [client, accepted] = await connected(trial)
    client.cork()
    client.write('a')
    client.write(Buffer.from('b'))
    client.write('63', 'hex')
    trial.log('client', client.writableLength, client.bytesWritten)
    process.nextTick(() => client.uncork())
    const [chunk] = await once(accepted, 'data')
    trial.log('accepted', chunk)
    trial.log('client', client.bytesWritten)
  },
  'encodings of writes': async (trial) => {
    const [client, accepted] = await connected(trial)
    let text = ''
    accepted.setEncoding('hex').on('data', (chunk) => {
      text += chunk
    })
    for (const encoding of ['utf8', 'latin1', 'ascii', 'utf16le', 'hex', 'base64', 'base64url', 'ucs2', 'binary']) {
      client.write('c0ffee', encoding as BufferEncoding)
    }
    client.end(new Uint8Array([1, 2, 3]))
    await once(accepted, 'end')
    trial.log('accepted', text)
    trial.log('client', client.bytesWritten)
  },
  'a large string arrives whole': async (trial) => {
    const [client, accepted] = await connected(trial)
    let length = 0
    accepted.on('data', (chunk) => {
      length += chunk.length
    })
    client.end('é'.repeat(500_000), () => trial.log('client', 'finished', client.bytesWritten))
    await once(accepted, 'end')
    trial.log('accepted', length, accepted.bytesRead)
  },
  'back pressure and drain': async (trial) => {
    const [client, accepted] = await connected(trial)
    accepted.pause()
    const chunk = Buffer.alloc(1 << 20)
    let writes = 0
    while (client.write(chunk) && writes < 64) writes++
    trial.log('client', 'full', writes < 64, client.writableNeedDrain)
    client.once('drain', () => trial.log('client', 'drain', client.writableLength))
    accepted.resume()
    await once(client, 'drain')
  },
  'the addresses of both ends': async (trial) => {
    const [client, accepted] = await connected(trial)
    trial.port(client.localPort!, 'CLIENT')
    trial.log('client', client.address(), client.localAddress, client.localPort, client.localFamily)
    trial.log('client', client.remoteAddress, client.remotePort, client.remoteFamily)
    trial.log('accepted', accepted.address(), accepted.remoteAddress, accepted.remotePort, accepted.remoteFamily)
    client.destroy()
    trial.log('client', client.address(), client.remoteAddress, client.localAddress, client.localPort)
  },
  'connecting again after close': async (trial) => {
    const server = trial.net.createServer((socket) => socket.end('hi'))
    const port = await trial.listen(server)
    const client = new trial.net.Socket()
    trial.watch('client', client, 'connect data end close')
    for (let round = 0; round < 3; round++) {
      client.connect(port, '127.0.0.1')
      await closed(client)
      trial.log('client', client.destroyed, client.bytesRead)
    }
  },
  'what is put off twice at the last bytes comes before the end': async (trial) => {
    const server = trial.net.createServer((socket) => {
      socket.on('data', (chunk) => {
        trial.log('accepted', chunk)
        process.nextTick(() => process.nextTick(() => process.nextTick(() => trial.log('accepted', 'put off'))))
      })
      socket.on('end', () => trial.log('accepted', 'end'))
    })
    const port = await trial.listen(server)
    const client = trial.net.connect(port, '127.0.0.1')
    client.end('last words')
    await closed(client)
  },
  'destroySoon ends first': async (trial) => {
    const [client, accepted] = await connected(trial)
    both(trial, client, accepted)
    accepted.on('data', (chunk) => trial.log('accepted', 'data', chunk))
    client.write('last words')
    client.destroySoon()
    await closed(client, accepted)
  },
}
