import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Behaviours, Trial } from './trial.ts'

const EVENTS = 'listening connect error close'

function socket(trial: Trial, actor = 'socket', options: object = {}): Socket {
  return trial.watch(actor, trial.keep(trial.dgram.createSocket({ type: 'udp4', ...options })), EVENTS)
}

async function bound(trial: Trial, actor = 'receiver', options: object = {}): Promise<Socket> {
  const made = socket(trial, actor, options)
  made.on('message', (message, info) => {
    trial.log(actor, message, info.address, info.family, info.size)
  })
  made.bind(0, '127.0.0.1')
  await once(made, 'listening')
  trial.port(made.address().port)
  return made
}

export const datagramBehaviours: Behaviours = {
  'a message': async (trial) => {
    const receiver = await bound(trial)
    const sender = socket(trial, 'sender')
    sender.send('hello', receiver.address().port, '127.0.0.1', (error, bytes) => trial.log('sender', error, bytes))
    await once(receiver, 'message')
    trial.log('receiver', receiver.address())
  },
  'parts of buffers, lists, views': async (trial) => {
    const receiver = await bound(trial)
    const { port } = receiver.address()
    const sender = await bound(trial, 'sender')
    sender.send(Buffer.from('abcdef'), 1, 3, port, '127.0.0.1')
    sender.send(['a', Buffer.from('b'), new Uint8Array([99])], port, '127.0.0.1')
    sender.send(new Uint16Array([0x3131]), port)
    sender.send('', port)
    let count = 0
    await new Promise<void>((resolve) => receiver.on('message', () => ++count === 4 && resolve()))
  },
  'a connected socket': async (trial) => {
    const receiver = await bound(trial)
    const sender = socket(trial, 'sender')
    sender.connect(receiver.address().port, '127.0.0.1')
    await once(sender, 'connect')
    trial.log('sender', sender.remoteAddress())
    sender.send('over it', (error, bytes) => trial.log('sender', error, bytes))
    await once(receiver, 'message')
    trial.throws('sender', () => sender.send('x', 0, 1, 5, '127.0.0.1'))
    trial.throws('sender', () => sender.connect(1))
    sender.disconnect()
    trial.throws('sender', () => sender.disconnect())
    trial.throws('sender', () => sender.remoteAddress())
  },
  'nobody receives what a connected socket sends': async (trial) => {
    const receiver = await bound(trial)
    const { port } = receiver.address()
    receiver.close()
    await once(receiver, 'close')
    const sender = trial.keep(trial.dgram.createSocket('udp4'))
    sender.connect(port, '127.0.0.1')
    await once(sender, 'connect')
    sender.send('x')
    const [error] = await once(sender, 'error').catch((each) => [each])
    trial.log('sender', (error as Error).message)
  },
  'binding twice': async (trial) => {
    const receiver = await bound(trial)
    trial.throws('receiver', () => receiver.bind(0))
  },
  'a port that is taken': async (trial) => {
    const receiver = await bound(trial)
    const second = socket(trial, 'second')
    second.bind(receiver.address().port, '127.0.0.1')
    await new Promise((resolve) => second.once('error', resolve))
  },
  'reuseAddr shares a port': async (trial) => {
    const first = await bound(trial, 'first', { reuseAddr: true })
    const second = socket(trial, 'second', { reuseAddr: true })
    second.bind(first.address().port, '127.0.0.1')
    await once(second, 'listening')
  },
  'an address of somebody else': async (trial) => {
    const one = socket(trial)
    one.bind(0, '192.0.2.1')
    await new Promise((resolve) => one.once('error', resolve))
  },
  'calls on a closed socket': async (trial) => {
    const one = socket(trial)
    one.close(() => trial.log('socket', 'callback'))
    await once(one, 'close')
    trial.throws('socket', () => one.close())
    trial.throws('socket', () => one.address())
    trial.throws('socket', () => one.bind())
    trial.throws('socket', () => one.send('x', 1))
    trial.throws('socket', () => one.addMembership('224.0.0.1'))
    trial.log('socket', one.ref() === one, one.unref() === one)
  },
  'an address before binding': (trial) => {
    const one = socket(trial)
    trial.throws('socket', () => one.address())
    trial.throws('socket', () => one.remoteAddress())
    trial.throws('socket', () => one.setBroadcast(true))
    trial.throws('socket', () => one.setTTL(3))
  },
  'what is refused': (trial) => {
    const one = socket(trial)
    trial.throws('call', () => trial.dgram.createSocket('tcp' as never))
    trial.throws('call', () => trial.dgram.createSocket({} as never))
    trial.throws('call', () => one.send(1 as never, 1))
    trial.throws('call', () => one.send('x', 0))
    trial.throws('call', () => one.send('x', 65_536))
    trial.throws('call', () => one.send(Buffer.from('x'), 5, 1, 1))
    trial.throws('call', () => one.send(Buffer.from('x'), 0, 5, 1))
    trial.throws('call', () => one.send('x', 1, 5 as never))
    trial.throws('call', () => one.send([1] as never, 1))
    trial.throws('call', () => one.connect(0))
    trial.throws('call', () => one.addMembership('' as never))
    trial.throws('call', () => one.setTTL('x' as never))
    trial.throws('call', () => one.setMulticastInterface(1 as never))
  },
  'options of a bound socket': async (trial) => {
    const one = await bound(trial)
    trial.log('socket', one.setTTL(16), one.setMulticastTTL(3), one.setMulticastLoopback(false))
    trial.throws('socket', () => one.setTTL(0))
    trial.throws('socket', () => one.setTTL(256))
    trial.throws('socket', () => one.setMulticastInterface('nonsense'))
    trial.log('socket', one.getSendQueueSize(), one.getSendQueueCount())
  },
  'sizes of buffers': async (trial) => {
    const sizes = { recvBufferSize: 10_000, sendBufferSize: 15_000 }
    const one = trial.keep(trial.dgram.createSocket({ type: 'udp4', ...sizes }))
    trial.throws('unbound', () => one.getRecvBufferSize())
    trial.throws('unbound', () => one.setSendBufferSize(10))
    one.bind(0, '127.0.0.1')
    await once(one, 'listening')
    trial.log('socket', one.getRecvBufferSize(), one.getSendBufferSize())
    one.setRecvBufferSize(20_000)
    one.setSendBufferSize(30_000)
    trial.log('socket', one.getRecvBufferSize(), one.getSendBufferSize())
    for (const size of [-1, Infinity, 1.5, 'x', 2 ** 31]) {
      trial.throws('socket', () => one.setRecvBufferSize(size as number))
      trial.throws('socket', () => one.setSendBufferSize(size as number))
    }
    for (const size of ['x', -1, 1.5])
      trial.throws('call', () => trial.dgram.createSocket({ type: 'udp4', recvBufferSize: size as number }))
  },
  'a connected socket that is told where to send': async (trial) => {
    const receiver = await bound(trial)
    const sender = trial.keep(trial.dgram.createSocket('udp4'))
    sender.connect(receiver.address().port, '127.0.0.1')
    await once(sender, 'connect')
    const send = (...args: unknown[]): void => (sender.send as unknown as (...args: unknown[]) => void)(...args)
    trial.throws('sender', () => send('x', 1, '127.0.0.1', () => {}))
    trial.throws('sender', () => send('x', 0, 1, 1, '127.0.0.1'))
  },
  'sources and interfaces that are none': async (trial) => {
    const one = await bound(trial)
    trial.throws('socket', () => one.addSourceSpecificMembership('nonsense', '224.0.0.1'))
    trial.throws('socket', () => one.dropSourceSpecificMembership('127.0.0.1', 'nonsense'))
    const six = trial.keep(trial.dgram.createSocket('udp6'))
    six.bind(0, '::1')
    await once(six, 'listening')
    trial.throws('six', () => six.setMulticastInterface('::%nowhere'))
    trial.throws('six', () => six.setMulticastInterface('nonsense'))
  },
  'made by `new`': (trial) => {
    const Make = trial.dgram.createSocket as unknown as new (type: string) => Socket
    trial.log('socket', trial.keep(new Make('udp4')) instanceof trial.dgram.Socket)
  },
  'a broadcast without leave': async (trial) => {
    const one = await bound(trial)
    const error = await new Promise((resolve) => one.send('x', 9, '255.255.255.255', resolve))
    trial.log('socket', error)
  },
  'more bytes than a datagram holds': async (trial) => {
    const one = await bound(trial)
    const error = await new Promise((resolve) => one.send(Buffer.alloc(65_508), 9, '127.0.0.1', resolve))
    trial.log('socket', error)
  },
  'a large datagram': async (trial) => {
    const receiver = await bound(trial)
    receiver.removeAllListeners('message')
    socket(trial, 'sender').send(Buffer.alloc(60_000, 1), receiver.address().port, '127.0.0.1')
    const [message] = await once(receiver, 'message')
    trial.log('receiver', message.length)
  },
  'an abort signal': async (trial) => {
    const controller = new AbortController()
    const one = socket(trial, 'socket', { signal: controller.signal })
    controller.abort()
    await once(one, 'close')
  },
  'a lookup of its own': async (trial) => {
    const receiver = await bound(trial)
    const lookup = (name: string, options: object, callback: (...args: unknown[]) => void): void => {
      trial.log('lookup', name, options)
      setImmediate(callback, null, '127.0.0.1', 4)
    }
    const sender = socket(trial, 'sender', { lookup })
    sender.bind(0, 'here.invalid')
    await once(sender, 'listening')
    sender.send('found', receiver.address().port, 'there.invalid')
    await once(receiver, 'message')
  },
  IPv6: async (trial) => {
    const receiver = trial.keep(trial.dgram.createSocket('udp6'))
    receiver.bind(0, '::1')
    await once(receiver, 'listening')
    trial.port(receiver.address().port)
    trial.log('receiver', receiver.address())
    trial.keep(trial.dgram.createSocket('udp6')).send('six', receiver.address().port, '::1')
    const [message, info] = await once(receiver, 'message')
    trial.log('receiver', message, info.address, info.family)
  },
}
