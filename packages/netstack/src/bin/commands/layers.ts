import { wrapWords } from '../../dissect/ladder-rows.ts'
import { INTERNET_LAYERS, type InternetLayer, LAYER_NOTES, OSI_LAYERS, type OsiLayer } from '../../layers/layers.ts'
import { type Command, parseArguments, print, refusePositionals, useColor } from '../command.ts'

const HELP = `Examples
  netstack layers             seven OSI layers and four Internet layers, side by side with this project
  netstack layers --json      the same as JSON

Options
  --json      print the table as JSON
`

const WIDTH = 108
const LABEL = 12

function describe(layer: OsiLayer | InternetLayer, heading: string, color: boolean): string[] {
  const paint = (text: string, code: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
  const rows: [string, string][] = [
    ['unit', layer.dataUnit],
    ['function', layer.function],
    ['examples', layer.examples.join(', ')],
    ['folder', layer.here.folder],
    ['command', layer.here.command],
    ['fault', layer.here.fault],
    ['attack', layer.here.attack],
  ]
  const lines = [paint(heading, '1')]
  for (const [label, text] of rows) {
    wrapWords(text, WIDTH - LABEL - 4).forEach((line, i) => {
      lines.push(`    ${i === 0 ? paint(label.padEnd(LABEL), '2') : ' '.repeat(LABEL)}${line}`)
    })
  }
  return lines
}

/** Both models side by side, one line for each OSI layer. */
function overview(color: boolean): string[] {
  const paint = (text: string, code: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
  const row = (osi: string, internet: string, unit: string, examples: string): string =>
    `${osi.padEnd(18)}${internet.padEnd(20)}${unit.padEnd(32)}${examples}`.trimEnd()
  const lines = [paint(row('OSI', 'Internet suite', 'data unit', 'examples'), '2')]
  for (const layer of OSI_LAYERS) {
    const suite = INTERNET_LAYERS.find((candidate) => candidate.osi.includes(layer.number))!
    const first = suite.osi[0] === layer.number
    lines.push(
      row(
        `${layer.number}  ${layer.name}`,
        first ? `${suite.number}  ${suite.name}` : '│',
        layer.dataUnit,
        layer.examples.slice(0, 4).join(', '),
      ),
    )
  }
  return lines
}

/** The layer table as text. */
function layerText(color: boolean): string {
  const rule = '─'.repeat(WIDTH)
  const lines = [...overview(color), '', 'The OSI reference model: seven layers', rule]
  for (const layer of OSI_LAYERS) lines.push(...describe(layer, `${layer.number}  ${layer.name}`, color), '')
  lines.push('The Internet protocol suite: four layers (RFC 1122)', rule)
  for (const layer of INTERNET_LAYERS) {
    const osi = layer.osi.length === 1 ? `OSI layer ${layer.osi[0]}` : `OSI layers ${layer.osi.join(', ')}`
    lines.push(...describe(layer, `${layer.number}  ${layer.name}  (${osi})`, color), '')
  }
  lines.push(
    'Where the model does not fit',
    rule,
    ...LAYER_NOTES.flatMap((note) =>
      wrapWords(note, WIDTH - 4).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`),
    ),
  )
  return lines.join('\n')
}

/** `netstack layers`. */
export const layers: Command = {
  name: 'layers',
  summary: 'the layers of the network, what each does, and where it is here',
  help: HELP,
  run(args) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean' } })
    refusePositionals(positionals, 'layers')
    print(
      values.json === true
        ? JSON.stringify({ osi: OSI_LAYERS, internet: INTERNET_LAYERS, notes: LAYER_NOTES }, undefined, 2)
        : layerText(useColor()),
    )
    return 0
  },
}
