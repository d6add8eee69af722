import { BoundSocket } from './bound-socket.ts'
import { nodeNet } from './builtins.ts'
import { handleOfDescriptor } from './descriptors.ts'
import { invalidArgType, validateAbortSignal } from './errors.ts'
import type { Socket } from './socket.ts'
import { type SocketOptions, settingsOf } from './socket-options.ts'
import { adoptHandle, userBufferOf } from './socket-read.ts'
import { writeAfterEnd } from './socket-write.ts'
import type { StreamHandle } from './stream-handle.ts'

/** What a new socket begins with, above a stream that is there already. */
export function startSocket(socket: Socket, options: SocketOptions): void {
  socket.connecting = false
  socket._hadError = false
  socket._boundSource = false
  socket._boundPath = undefined
  socket._handle = handleFor(socket, options)
  socket._parent = null
  socket._host = null
  socket._closeAfterHandlingError = false
  socket._sockname = null
  socket._peername = null
  socket._lastQueueSize = 0
  socket._timer = null
  socket._isResetting = false
  socket._userBuffer = userBufferOf(options)
  socket._settings = settingsOf(options)
  socket._pendingData = null
  socket._pendingEncoding = ''
  socket.server = null
  socket._server = null
  socket._finalBytesRead = 0
  socket._finalBytesWritten = 0
  socket.on('end', onEnd)
  adoptHandle(socket)
  if (options.readable !== false && !socket._boundSource) beginReading(socket, options)
  if (options.signal) watchSignal(socket, options.signal)
  if (options.blockList) {
    if (!nodeNet.BlockList.isBlockList(options.blockList))
      throw invalidArgType('options.blockList', 'net.BlockList', options.blockList)
    socket.blockList = options.blockList
  }
}

function handleFor(socket: Socket, { handle, fd }: SocketOptions): StreamHandle | null {
  if (!(handle instanceof BoundSocket)) return handle || (handleOfDescriptor(fd) ?? null)
  // It has an address and no connection yet: there is nothing to read before `connect`.
  socket._boundSource = true
  socket._boundPath = handle._path
  return handle._consume()
}

function beginReading(socket: Socket, options: SocketOptions): void {
  const handle = socket._handle
  if (handle === null) return
  if (options.pauseOnCreate) {
    handle.reading = false
    handle.readStop()
    ;(socket as { readableFlowing: boolean | null }).readableFlowing = false
  } else if (!options.manualStart) socket.read(0)
}

function onEnd(this: Socket): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd as typeof this.write
}

function watchSignal(socket: Socket, signal: AbortSignal): void {
  validateAbortSignal(signal, 'options.signal')
  const onAbort = (): void => {
    socket._aborted = true
  }
  process.nextTick(() => {
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
