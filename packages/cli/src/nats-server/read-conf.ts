/** Reads a nats-server configuration from the disk. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { HubError, type InterpretedNatsConf, interpretNatsConf, parseNatsConf } from '@wirehub/hub'

/**
 * Reads, parses and interprets.
 * @throws HubError WIREHUB_ERR_CONFIG with file, line and column
 */
export function readNatsConf(
  file: string,
  variables: Readonly<Record<string, string | undefined>>,
): InterpretedNatsConf {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new HubError('WIREHUB_ERR_CONFIG', `Cannot read the configuration: ${(error as Error).message}`, {
      place: file,
    })
  }
  const parsed = parseNatsConf(text, file, {
    include: (name, from) => {
      const path = resolve(dirname(from), name)
      try {
        return { file: path, text: readFileSync(path, 'utf8') }
      } catch {
        return undefined
      }
    },
    variable: (name) => variables[name],
  })
  return interpretNatsConf(parsed)
}
