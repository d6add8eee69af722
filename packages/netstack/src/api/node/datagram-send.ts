import { bufferOutOfBounds, dgramIsConnected, invalidArgType, validatePort, validateType } from './errors.ts'

const BUFFER_TYPES = ['Buffer', 'TypedArray', 'DataView', 'string']

type SendCallback = (error: Error | null, bytes?: number) => void

/** What `socket.send` has been asked for. */
export interface SendRequest {
  readonly bytes: Uint8Array
  readonly port: number | null
  readonly address: string | undefined
  readonly callback: SendCallback | undefined
}

/** The forms of `socket.send`: with or without offset and length, with or without a destination. */
export function readSendArguments(args: readonly unknown[], isConnected: boolean): SendRequest {
  let [data, offset, length, port, address, callback] = args
  if (isConnected) {
    if (typeof length === 'number') {
      data = part(data, offset as number, length)
      if (typeof port === 'function') {
        callback = port
        port = null
      }
    } else callback = offset
    if (port || address) throw dgramIsConnected()
  } else if (address || (port && typeof port !== 'function')) data = part(data, offset as number, length as number)
  else {
    callback = port
    port = offset
    address = length
  }
  const bytes = joined(data)
  const number = isConnected ? null : validatePort(port, 'Port', false)
  if (typeof address === 'function') {
    callback = address
    address = undefined
  } else if (address != null) validateType(address, 'address', 'string')
  return {
    bytes,
    port: number,
    address: (address as string | null) ?? undefined,
    callback: typeof callback === 'function' ? (callback as SendCallback) : undefined,
  }
}

function viewOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value)
  if (!ArrayBuffer.isView(value)) return undefined
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function part(data: unknown, given: number, length: number): Uint8Array {
  const bytes = viewOf(data)
  if (bytes === undefined) throw invalidArgType('buffer', BUFFER_TYPES, data)
  const offset = given >>> 0
  if (offset > bytes.length) throw bufferOutOfBounds('offset')
  if (offset + (length >>> 0) > bytes.length) throw bufferOutOfBounds('length')
  return bytes.subarray(offset, offset + (length >>> 0))
}

function joined(data: unknown): Uint8Array {
  if (!Array.isArray(data)) {
    const bytes = viewOf(data)
    if (bytes === undefined) throw invalidArgType('buffer', BUFFER_TYPES, data)
    return bytes
  }
  const parts = data.map(viewOf)
  if (parts.includes(undefined)) throw invalidArgType('buffer list arguments', BUFFER_TYPES, data)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts as Uint8Array[])
}
