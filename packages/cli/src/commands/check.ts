/** `wirehub check`: tells whether a configuration is right, without starting anything. */
import { checkConfig, HubError, parseLocatedConfig } from '@wirehub/hub'
import { type Command, exitCodes } from '../command.ts'
import { DEFAULT_CONFIG_FILE, filesBeside, readConfigText } from '../config.ts'

export const check: Command = {
  name: 'check',
  summary: 'Tells whether a configuration is right; names file, line, column and what was meant.',
  usage: '[FILE]',
  examples: [
    ['wirehub check', 'wirehub.yaml in this folder'],
    ['wirehub check /etc/wirehub.yaml --json', 'another file, problems as JSON'],
    ['wirehub check --nats server.conf', "a file in nats-server's syntax"],
  ],
  options: {
    json: { type: 'boolean', help: 'problems as JSON' },
    nats: { type: 'boolean', help: "the file is in nats-server's syntax" },
  },
  async run(values, [file = DEFAULT_CONFIG_FILE]) {
    try {
      if (values.nats === true) {
        const { readNatsConf } = await import('../nats-server/read-conf.ts')
        for (const notice of readNatsConf(file, process.env).notices) console.error(`${file}: ${notice}`)
      } else {
        const read = parseLocatedConfig(readConfigText(file), file)
        await checkConfig(read.config, filesBeside(file, read))
      }
    } catch (error) {
      if (values.json === true && error instanceof HubError) {
        const problems = (error as { problems?: unknown }).problems ?? [
          { file, sentence: error.message, path: error.place },
        ]
        process.stdout.write(`${JSON.stringify({ ok: false, problems }, null, 2)}\n`)
        return exitCodes.config
      }
      throw error
    }
    process.stdout.write(values.json === true ? '{"ok":true}\n' : `${file} is right\n`)
    return exitCodes.ok
  },
}
