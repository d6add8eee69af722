/** `wirehub scrub rules`: what is looked for, where, and what is done about it. */
import { allDetectors, type Detector, defaultDetectors, type PolicyDescription } from '@wirehub/scrub'
import { exitCodes, type OptionValues } from '../command.ts'
import { isTerminal, paint } from '../output.ts'
import { type LoadedScrub, loadScrub } from './load.ts'
import { table } from './table.ts'

const EXAMPLES = 6

interface Listed {
  readonly name: string
  readonly category: string
  readonly default: boolean
  readonly description: string
}

export async function runRules(values: OptionValues): Promise<number> {
  const { scrubber, file, part } = loadScrub(values)
  const { policies } = scrubber
  const detectors = detectorsOf(part)
  if (values.text !== true && (!isTerminal() || values.json === true)) {
    process.stdout.write(`${JSON.stringify({ file, policies, detectors })}\n`)
    return exitCodes.ok
  }
  const lines = [...policyLines(policies, file), '', ...detectorLines(detectors, values.category as string | undefined)]
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodes.ok
}

/** The configuration's own detectors, then those that ship. */
function detectorsOf(part: LoadedScrub['part']): Listed[] {
  const own = (part.detectors as { name: string; category?: string; description?: string }[] | undefined) ?? []
  const defaults = new Set<Detector>(defaultDetectors)
  return [
    ...own.map(({ name, category = 'custom', description = '' }) => ({ name, category, default: true, description })),
    ...allDetectors.map((one) => ({
      name: one.name,
      category: one.category as string,
      default: defaults.has(one),
      description: one.description,
    })),
  ]
}

function policyLines(policies: readonly PolicyDescription[], file: string | undefined): string[] {
  const rules = policies.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })))
  return [
    paint(
      'bold',
      `${count(policies.length, 'policy', 'policies')}, ${count(rules.length, 'rule', 'rules')}${file === undefined ? '' : ` in ${file}`}`,
    ),
    ...table(
      ['policy', 'mode', 'subjects', 'stages'],
      policies.map(({ name, mode, subjects, except, stages }) => [
        name,
        mode,
        subjects.join(', ') + (except.length > 0 ? ` except ${except.join(', ')}` : ''),
        stages.join(' > '),
      ]),
    ),
    '',
    ...table(
      ['rule', 'policy', 'action', 'enforced'],
      rules.map(({ policy, rule }) => [rule.name, policy.name, rule.action, rule.enforced ? 'yes' : 'reported only']),
    ),
  ]
}

/** @param wanted a category, the name of a detector, or `all`: these are listed one by one */
function detectorLines(detectors: readonly Listed[], wanted: string | undefined): string[] {
  const on = detectors.filter((one) => one.default).length
  const heading = paint('bold', `${count(detectors.length, 'detector', 'detectors')}, ${on} of them on by default`)
  if (wanted !== undefined) {
    const listed = detectors.filter(({ category, name }) => [category, name, 'all'].includes(wanted))
    const rows = listed.map((one) => [one.name, one.default ? 'on' : 'off', one.description])
    return [heading, ...table(['detector', 'default', 'finds'], rows)]
  }
  const rows = [...Map.groupBy(detectors, ({ category }) => category)].map(([category, members]) => [
    category,
    String(members.length),
    members
      .slice(0, EXAMPLES)
      .map(({ name }) => name)
      .join(', '),
  ])
  return [heading, ...table(['category', 'detectors', 'such as'], rows)]
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`
}
