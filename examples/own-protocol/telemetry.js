// A proprietary binary protocol of devices, taught to the hub:
//
//   | 0xA5 | type | device id (2) | length (2) | body (length) | CRC-16 (2) |      numbers big-endian
//
//   type 1 HELLO    body: name of the device, UTF-8     answered by ACK; published on telemetry.<id>.online
//   type 2 READING  body: pairs of channel (1), float32 (4)   answered by ACK; published on telemetry.<id>.reading as JSON
//   type 3 BEAT     no body                              answered by ACK
//   type 4 COMMAND  hub to device: what is published on telemetry.<id>.command
//   type 5 ACK      body: the type that is acknowledged
//   type 6 NACK     hub to device: why the connection ends
import { defineGateway } from 'wirehub'

const MAGIC = 0xa5
const [HELLO, READING, BEAT, COMMAND, ACK, NACK] = [1, 2, 3, 4, 5, 6]
const HEAD_BYTES = 6
const CRC_BYTES = 2

/** CRC-16/CCITT-FALSE. */
export function crc16(bytes) {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}

/** Puts a body into a frame. */
export function frame(type, device, body) {
  const bytes = Buffer.alloc(HEAD_BYTES + body.length + CRC_BYTES)
  bytes.set([MAGIC, type, device >> 8, device & 0xff, body.length >> 8, body.length & 0xff])
  bytes.set(body, HEAD_BYTES)
  bytes.writeUInt16BE(crc16(bytes.subarray(0, -CRC_BYTES)), bytes.length - CRC_BYTES)
  return bytes
}

function readings(body) {
  if (body.length % 5 !== 0) throw new Error('a reading has 5 bytes for each channel')
  const channels = {}
  for (let at = 0; at < body.length; at += 5) channels[body[at]] = body.readFloatBE(at + 1)
  return JSON.stringify(channels)
}

export default defineGateway({
  scheme: 'telemetry',
  defaultPort: 7070,
  limits: { maxFrameBytes: 1024, idleMs: 120_000, messagesPerSecond: 1000 },
  open: () => ({ state: { device: 0 } }),

  decode(given, session) {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.length)
    if (bytes[0] !== MAGIC) throw new Error(`a frame begins with 0xa5, not 0x${bytes[0].toString(16)}`)
    if (bytes.length < HEAD_BYTES) return undefined
    const end = HEAD_BYTES + bytes.readUInt16BE(4)
    if (end + CRC_BYTES > 1024) throw new Error('a frame has at most 1024 bytes')
    if (bytes.length < end + CRC_BYTES) return undefined
    if (bytes.readUInt16BE(end) !== crc16(bytes.subarray(0, end))) throw new Error('the checksum does not match')
    const [type, device, body] = [bytes[1], bytes.readUInt16BE(2), bytes.subarray(HEAD_BYTES, end)]
    const done = { bytesRead: end + CRC_BYTES, answer: frame(ACK, device, [type]) }
    session.state.device = device
    const subject = `telemetry.${device}`
    if (type === BEAT) return done
    if (type === READING) return { ...done, messages: [{ subject: `${subject}.reading`, payload: readings(body) }] }
    if (type !== HELLO) throw new Error(`a device does not send type ${type}`)
    return { ...done, messages: [{ subject: `${subject}.online`, payload: body }], subscribe: [`${subject}.command`] }
  },

  encode: (message, session) => frame(COMMAND, session.state.device, message.payload.subarray(0, 1000)),
  refuse: (reason, session) => frame(NACK, session.state.device, Buffer.from(reason.slice(0, 200))),
})
