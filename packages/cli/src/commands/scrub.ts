/** `wirehub scrub`: tries policies, tests them, lists them, and undoes what can be undone. */
import { HubError } from '@wirehub/hub'
import type { Command, OptionValues } from '../command.ts'
import { runTest } from '../scrub/fixtures.ts'
import { configOption, withScrubErrors } from '../scrub/load.ts'
import { runDecrypt, runDetokenise } from '../scrub/reveal.ts'
import { runRules } from '../scrub/rules.ts'
import { runTry } from '../scrub/try.ts'

const actions: Readonly<Record<string, (values: OptionValues, more: readonly string[]) => Promise<number>>> = {
  try: runTry,
  test: runTest,
  rules: runRules,
  decrypt: runDecrypt,
  detokenise: runDetokenise,
}

export const scrub: Command = {
  name: 'scrub',
  summary: 'Shows what policies would do to a message, tests them, lists them, and undoes what can be undone.',
  usage: 'try|test|rules|decrypt|detokenise [FILE|-]... [options]',
  examples: [
    [`echo '{"mail":"ann@example.com"}' | wirehub scrub try`, 'what would change, by which rule, at what cost'],
    ["wirehub scrub try order.json --subject orders.new --header 'Trace: 1'", 'as it would come on that subject'],
    ['wirehub scrub test', 'the fixtures of scrub-fixtures.yaml; exit 1 when one fails'],
    ['wirehub scrub test fixtures/ --config hub.yaml', 'all fixtures of a folder, on the policies of a file'],
    ['wirehub scrub rules', 'policies, rules and detectors, counted'],
    ['wirehub scrub rules --category secret', 'every detector of a category (or: all)'],
    ['wirehub scrub decrypt event.json --config hub.yaml', 'what encrypt has hidden; needs the key files'],
    ['wirehub scrub detokenise scrub~t~k1~...~ --config hub.yaml', 'what a token stands for; needs keys and vault'],
  ],
  options: {
    ...configOption,
    subject: {
      type: 'string',
      short: 's',
      value: 'SUBJECT',
      help: "try: the message's subject; default one of the first policy",
    },
    header: { type: 'string', short: 'H', multiple: true, value: 'NAME:VALUE', help: 'try: a header; repeatable' },
    category: { type: 'string', value: 'NAME', help: 'rules: list the detectors of this category, or all' },
    'dead-letter': { type: 'boolean', help: 'decrypt: the file is the payload of an encrypted dead letter' },
    json: { type: 'boolean', help: 'JSON even on a terminal' },
    text: { type: 'boolean', help: 'readable even where there is no terminal' },
  },
  async run(values, [name, ...more]) {
    const action = name === undefined || !Object.hasOwn(actions, name) ? undefined : actions[name]
    if (action === undefined) {
      throw new HubError('WIREHUB_ERR_USAGE', name === undefined ? 'Say what to do.' : `There is no 'scrub ${name}'.`, {
        cure: `It may be: ${Object.keys(actions).join(', ')}; see wirehub scrub --help.`,
      })
    }
    return withScrubErrors(() => action(values, more))
  },
}
