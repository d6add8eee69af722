/** `wirehub scrub rules`: what is looked for, where, and what is done about it. */
import { allDetectors, type Detector, defaultDetectors } from '@wirehub/scrub'
import { exitCodes, type OptionValues } from '../command.ts'
import { isTerminal, paint } from '../output.ts'
import { loadScrub } from './load.ts'
import { table } from './table.ts'

export async function runRules(values: OptionValues): Promise<number> {
  const { scrubber, file, part } = loadScrub(values)
  const own = (part.detectors as { name: string; description?: string }[] | undefined) ?? []
  const defaults = new Set<Detector>(defaultDetectors)
  const detectors = [
    ...own.map(({ name, description = '' }) => ({ name, category: 'custom', default: true, description })),
    ...allDetectors.map((one) => ({
      name: one.name,
      category: one.category as string,
      default: defaults.has(one),
      description: one.description,
    })),
  ]
  const { policies } = scrubber
  if (values.text !== true && (!isTerminal() || values.json === true)) {
    process.stdout.write(`${JSON.stringify({ file, policies, detectors })}\n`)
    return exitCodes.ok
  }
  const rules = policies.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })))
  const lines = [
    paint('bold', `${policies.length} policies, ${rules.length} rules${file === undefined ? '' : ` in ${file}`}`),
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
    '',
    paint(
      'bold',
      `${detectors.length} detectors, ${detectors.filter((one) => one.default).length} of them on by default`,
    ),
  ]
  const wanted = values.category as string | undefined
  const categories = [...new Set(detectors.map(({ category }) => category))]
  if (wanted === undefined) {
    lines.push(
      ...table(
        ['category', 'detectors', 'such as'],
        categories.map((category) => {
          const members = detectors.filter((one) => one.category === category)
          return [
            category,
            String(members.length),
            members
              .slice(0, 6)
              .map((one) => one.name)
              .join(', '),
          ]
        }),
      ),
    )
  } else {
    lines.push(
      ...table(
        ['detector', 'default', 'finds'],
        detectors
          .filter(({ category, name }) => category === wanted || name === wanted || wanted === 'all')
          .map((one) => [one.name, one.default ? 'on' : 'off', one.description]),
      ),
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
  return exitCodes.ok
}
