import { type Journey, type JourneyOptions, journeyOf, journeyOfFrame } from '../../dissect/journey.ts'
import { renderJourneyPage } from '../../dissect/journey-html.ts'
import { drawJourney } from '../../dissect/journey-svg.ts'
import { formatJourney } from '../../dissect/journey-text.ts'
import { LINKTYPE_ETHERNET } from '../../wire/link-types.ts'
import { captureArgument } from '../capture.ts'
import { type Command, integerOption, parseArguments, print, UsageError, useColor, writeResult } from '../command.ts'

const HELP = `Examples
  netstack journey                                     one message down the layers and up again, each byte coloured by its owner
  netstack journey "ticket created" --svg journey.svg  as a picture
  netstack journey --html journey.html                 as a page: point at a byte to see its field
  netstack journey --ipv6 --udp                        over IPv6 and UDP
  netstack journey --capture run.pcapng --packet 4     a frame that was really sent

Options
  --from ADDRESS, --to ADDRESS   IPv4 or IPv6 addresses of sender and receiver
  --ipv6                         2001:db8::1 to 2001:db8::2
  --udp                          a datagram instead of a segment
  --capture FILE --packet N      the N-th packet of a capture (Ethernet)
  --text                         text on stdout (the default)
  --svg FILE, --html FILE        write a picture or a page; - is stdout
`

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  ipv6: { type: 'boolean' },
  udp: { type: 'boolean' },
  capture: { type: 'string' },
  packet: { type: 'string' },
  text: { type: 'boolean' },
  svg: { type: 'string' },
  html: { type: 'string' },
} as const

function fromCapture(path: string, packet: string | undefined): Journey {
  const capture = captureArgument([path], 'journey')
  const number = integerOption('packet', packet ?? '1', 1, Math.max(1, capture.packets.length))!
  const chosen = capture.packets[number - 1]
  if (chosen === undefined) throw new UsageError('the capture has no packets')
  const { linkType, fcsBytes } = capture.interfaces[chosen.interface]
  if (linkType !== LINKTYPE_ETHERNET)
    throw new UsageError('the packet was captured without its Ethernet header; a journey needs whole frames')
  return journeyOfFrame(chosen.bytes, fcsBytes === 4)
}

/** `netstack journey`. */
export const journey: Command = {
  name: 'journey',
  summary: 'one message down the layers, over the wire, and up again',
  help: HELP,
  run(args) {
    const { values, positionals } = parseArguments(args, OPTIONS)
    let found: Journey
    if (values.capture === undefined) {
      if (values.packet !== undefined) throw new UsageError('--packet counts the packets of a --capture: name one')
      const [from, to] = values.ipv6 === true ? ['2001:db8::1', '2001:db8::2'] : [undefined, undefined]
      const ends = (address: string | undefined): JourneyOptions['from'] =>
        address === undefined ? undefined : { address }
      found = journeyOf({
        message: positionals.length === 0 ? undefined : positionals.join(' '),
        from: ends(values.from ?? from),
        to: ends(values.to ?? to),
        transport: values.udp === true ? 'udp' : 'tcp',
      })
    } else found = fromCapture(values.capture, values.packet)
    if (values.svg !== undefined) writeResult(values.svg, drawJourney(found))
    if (values.html !== undefined) writeResult(values.html, renderJourneyPage(found))
    if (values.text === true || (values.svg === undefined && values.html === undefined))
      print(formatJourney(found, { color: useColor() }))
    return 0
  },
}
