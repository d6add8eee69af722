import { drawLadder } from '../../dissect/ladder-svg.ts'
import { formatLadder } from '../../dissect/ladder-text.ts'
import { captureArguments, ladderFrom } from '../capture.ts'
import { type Command, integerOption, parseArguments, print, useColor, writeResult } from '../command.ts'

const HELP = `Examples
  netstack ladder capture.pcapng                    the longest TCP conversation, segment by segment
  netstack ladder capture.pcapng --svg ladder.svg   the same as a picture
  netstack ladder client.pcapng server.pcapng       captured at both ends: what was lost, and how long each took
  netstack ladder run.pcapng --trace run.jsonl      with the reasons that the stack itself recorded

Options
  --conversation N   the N-th TCP conversation of the capture
  --trace FILE       trace records (JSON lines) of the run that was captured
  --rows N           at most about N rows; bulk is summed up (default 120)
  --absolute         sequence numbers as on the wire, beside the relative ones
  --svg FILE         write a picture instead; - is stdout
`

/** `netstack ladder`. */
export const ladder: Command = {
  name: 'ladder',
  summary: 'a TCP conversation of a capture as a ladder, in text or SVG',
  help: HELP,
  run(args) {
    const { values, positionals } = parseArguments(args, {
      conversation: { type: 'string' },
      trace: { type: 'string' },
      rows: { type: 'string' },
      absolute: { type: 'boolean' },
      svg: { type: 'string' },
    })
    const rows = integerOption('rows', values.rows, 10, 100_000)
    const wanted = integerOption('conversation', values.conversation, 1, Number.MAX_SAFE_INTEGER)
    const found = ladderFrom(captureArguments(positionals, 'ladder'), wanted, values.trace)
    if (values.svg === undefined)
      print(formatLadder(found.ladder, { rows, absolute: values.absolute, color: useColor() }))
    else writeResult(values.svg, drawLadder(found.ladder, { rows, title: found.name }))
    return 0
  },
}
