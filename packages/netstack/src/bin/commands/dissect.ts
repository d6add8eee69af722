import { dissect as dissectPacket } from '../../dissect/dissect.ts'
import { formatDissection, formatHexDump, formatSummary } from '../../dissect/text.ts'
import { captureArgument } from '../capture.ts'
import { type Command, integerOption, parseArguments, print, UsageError } from '../command.ts'

const HELP = `Examples
  netstack dissect capture.pcapng               one line for each packet
  netstack dissect capture.pcapng --packet 3    every field of the third packet, with the bytes it takes
  netstack dissect capture.pcap --full --hex    every field and all bytes of all packets
  netstack dissect capture.pcapng --json        one JSON object for each packet

Options
  --packet N    only the N-th packet, in full
  --full        every field of every packet
  --hex         the bytes too
  --json        JSON lines: number, timeMs, interface, layers with their fields
`

/** Bytes as hexadecimal in JSON. */
function jsonValue(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') : value
}

/** `netstack dissect`. */
export const dissect: Command = {
  name: 'dissect',
  summary: 'what is in the packets of a capture file, field by field',
  help: HELP,
  run(args) {
    const { values, positionals } = parseArguments(args, {
      packet: { type: 'string' },
      full: { type: 'boolean' },
      hex: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const capture = captureArgument(positionals, 'dissect')
    const only = integerOption('packet', values.packet, 1, Number.MAX_SAFE_INTEGER)
    if (only !== undefined && only > capture.packets.length)
      throw new UsageError(`the capture has ${capture.packets.length} packets, not ${only}`)
    const startMs = capture.packets[0]?.timeMs ?? 0
    for (const [i, packet] of capture.packets.entries()) {
      if (only !== undefined && i !== only - 1) continue
      const { linkType, fcsBytes, name } = capture.interfaces[packet.interface]
      const found = dissectPacket(packet.bytes, { linkType, fcsBytes })
      const timeMs = packet.timeMs - startMs
      if (values.json === true) {
        const { direction, comment, originalLength } = packet
        print(
          JSON.stringify(
            {
              number: i + 1,
              timeMs,
              interface: name ?? packet.interface,
              direction,
              comment,
              length: originalLength,
              ...found,
            },
            jsonValue,
          ),
        )
        continue
      }
      const place = [name, packet.direction].filter((text) => text !== undefined).join(' ')
      print(
        `${String(i + 1).padStart(5)} ${timeMs.toFixed(3).padStart(12)} ms  ${place === '' ? '' : `${place}  `}${formatSummary(found)}`,
      )
      if (packet.comment !== undefined) print(`${' '.repeat(23)}# ${packet.comment.replaceAll('\n', ' ')}`)
      const inFull = only !== undefined || values.full === true
      if (inFull) print(`${formatDissection(found)}`)
      if (values.hex === true) print(formatHexDump(packet.bytes))
      if (inFull || values.hex === true) print('')
    }
    return 0
  },
}
