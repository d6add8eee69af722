import { drawPlot } from '../../dissect/plot.ts'
import { senderMarks, senderPanels } from '../../dissect/series.ts'
import { captureArguments, ladderFrom } from '../capture.ts'
import { type Command, integerOption, parseArguments, writeResult } from '../command.ts'

const HELP = `Examples
  netstack plot capture.pcapng --svg plot.svg                    bytes in flight, round-trip time, delivery of the longest conversation
  netstack plot run.pcapng --trace run.jsonl --svg plot.svg      with cwnd, ssthresh, smoothed RTT and RTO as the stack sampled them
  netstack plot capture.pcapng > plot.svg

Options
  --conversation N   the N-th TCP conversation of the capture
  --trace FILE       trace records (JSON lines) of the run that was captured
  --title TEXT       heading of the picture
  --svg FILE         where to write it (default: stdout)
`

/** `netstack plot`. */
export const plot: Command = {
  name: 'plot',
  summary: 'a TCP sender over time: cwnd, ssthresh, RTT, bytes in flight, as SVG',
  help: HELP,
  run(args) {
    const { values, positionals } = parseArguments(args, {
      conversation: { type: 'string' },
      trace: { type: 'string' },
      title: { type: 'string' },
      svg: { type: 'string' },
    })
    const wanted = integerOption('conversation', values.conversation, 1, Number.MAX_SAFE_INTEGER)
    const { ladder, trace, name } = ladderFrom(captureArguments(positionals, 'plot'), wanted, values.trace)
    writeResult(
      values.svg ?? '-',
      drawPlot(senderPanels(ladder, trace), { title: values.title, subtitle: name, marks: senderMarks(ladder) }),
    )
    return 0
  },
}
