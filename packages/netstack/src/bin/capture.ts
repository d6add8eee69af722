import { readFileSync } from 'node:fs'
import { type Conversation, conversationsOf } from '../dissect/conversation.ts'
import { type Ladder, ladderOf } from '../dissect/ladder.ts'
import type { TraceRecord } from '../dissect/trace.ts'
import type { Capture } from '../link/pcap/capture.ts'
import { readCaptureFile } from '../link/pcap/node.ts'
import { WireError } from '../wire/error.ts'
import { UsageError } from './command.ts'

/** The one capture file that a command was given. Throws UsageError when there is none, or more than one. */
export function captureArgument(positionals: readonly string[], command: string): Capture {
  if (positionals.length !== 1)
    throw new UsageError(`${command} takes one capture file, pcap or pcapng; see netstack ${command} --help`)
  const path = positionals[0]!
  let capture: Capture
  try {
    capture = readCaptureFile(path)
  } catch (error) {
    throw error instanceof WireError ? new Error(`${path}: ${error.message}`, { cause: error }) : error
  }
  if (capture.truncated !== undefined)
    process.stderr.write(`netstack: ${capture.truncated}; what came before is shown\n`)
  return capture
}

function nameOf({ client, server }: Conversation): string {
  const end = ({ address, port }: { address: string; port: number }): string =>
    `${address.includes(':') ? `[${address}]` : address}:${port}`
  return `${end(client)} to ${end(server)}`
}

/** One capture, or several of the same moments (made at both ends), joined. Throws UsageError when there is none. */
export function captureArguments(positionals: readonly string[], command: string): Capture {
  if (positionals.length === 1) return captureArgument(positionals, command)
  if (positionals.length === 0)
    throw new UsageError(`${command} takes a capture file, pcap or pcapng; see netstack ${command} --help`)
  const joined: Capture = { interfaces: [], packets: [] }
  for (const path of positionals) {
    const offset = joined.interfaces.length
    const { interfaces, packets } = captureArgument([path], command)
    joined.interfaces.push(...interfaces)
    for (const packet of packets) joined.packets.push({ ...packet, interface: packet.interface + offset })
  }
  return joined
}

/** The trace beside a capture: JSON lines, one record each. */
function readTrace(path: string | undefined): TraceRecord[] {
  if (path === undefined) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as TraceRecord]
    } catch {
      throw new UsageError(`${path}, line ${i + 1}: not a JSON record`)
    }
  })
}

/**
 * The ladder of the conversation that was asked for (counted from 1; the longest unless told), with the trace beside it.
 * On stderr it says which one when there are several. Throws UsageError when there is none of that number.
 */
export function ladderFrom(
  capture: Capture,
  wanted: number | undefined,
  tracePath: string | undefined,
): { ladder: Ladder; trace: TraceRecord[]; name: string } {
  const conversations = conversationsOf(capture)
  if (conversations.length === 0)
    throw new UsageError('the capture has no TCP conversation; netstack dissect shows what is in it')
  let chosen = 0
  conversations.forEach((conversation, i) => {
    if (conversation.segments.length > conversations[chosen].segments.length) chosen = i
  })
  if (wanted !== undefined) {
    if (wanted > conversations.length)
      throw new UsageError(
        `the capture has ${conversations.length} TCP conversation${conversations.length === 1 ? '' : 's'}, not ${wanted}`,
      )
    chosen = wanted - 1
  } else if (conversations.length > 1) {
    const list = conversations
      .slice(0, 20)
      .map((conversation, i) => `  ${i + 1}  ${nameOf(conversation)}, ${conversation.segments.length} segments`)
    const more = conversations.length > 20 ? [`  … and ${conversations.length - 20} more`] : []
    process.stderr.write(
      `netstack: ${conversations.length} TCP conversations, shown is ${chosen + 1}; choose by --conversation\n${[...list, ...more].join('\n')}\n`,
    )
  }
  const trace = readTrace(tracePath)
  return { ladder: ladderOf(conversations[chosen], trace), trace, name: nameOf(conversations[chosen]) }
}
