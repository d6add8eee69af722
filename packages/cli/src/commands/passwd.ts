/** `wirehub passwd`: makes the verifier of a password for the configuration. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { HubError, makeScramVerifier } from '@wirehub/hub'
import { type Command, exitCodes } from '../command.ts'

const LEAST_CHARACTERS = 8
const SALT_BYTES = 16

export const passwd: Command = {
  name: 'passwd',
  summary: 'Reads a password and prints its SCRAM-SHA-256 verifier, to put into the configuration.',
  usage: '[options]',
  examples: [
    ['wirehub passwd', 'asks twice, prints the verifier'],
    ['wirehub passwd < password.txt', 'the first line of a file'],
    ['wirehub passwd --user alice', 'as an entry for authorization.users'],
  ],
  options: {
    user: { type: 'string', value: 'NAME', help: 'print a whole entry for this user' },
    short: { type: 'boolean', help: `allow fewer than ${LEAST_CHARACTERS} characters` },
  },
  async run(values) {
    const password = process.stdin.isTTY ? await askTwice() : await firstLine()
    if (password.length < LEAST_CHARACTERS && values.short !== true) {
      throw new HubError('WIREHUB_ERR_USAGE', `The password has fewer than ${LEAST_CHARACTERS} characters.`, {
        cure: 'Choose a longer one, or say --short.',
      })
    }
    const verifier = await makeScramVerifier(password, randomBytes(SALT_BYTES))
    process.stdout.write(
      values.user === undefined ? `${verifier}\n` : `- user: ${values.user}\n  password: ${verifier}\n`,
    )
    return exitCodes.ok
  },
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

async function askTwice(): Promise<string> {
  const first = await ask('Password: ')
  if ((await ask('Again: ')) !== first) throw new HubError('WIREHUB_ERR_USAGE', 'The two are not the same.')
  return first
}

// Reads without showing what is typed.
function ask(prompt: string): Promise<string> {
  const { stdin } = process
  process.stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.resume()
  return new Promise((resolve, reject) => {
    let typed = ''
    const finish = (): void => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', onData)
      process.stderr.write('\n')
    }
    const onData = (chunk: Buffer): void => {
      for (const char of chunk.toString('utf8')) {
        if (char === '\r' || char === '\n') {
          finish()
          resolve(typed)
          return
        }
        if (char === '\x03') {
          finish()
          reject(new HubError('WIREHUB_ERR_USAGE', 'Interrupted.'))
          return
        }
        if (char === '\x7f' || char === '\b') typed = typed.slice(0, -1)
        else typed += char
      }
    }
    stdin.on('data', onData)
  })
}
