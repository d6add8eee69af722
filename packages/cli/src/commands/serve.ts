/** `wirehub serve`: runs the hub in this process. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { type BoundAddress, createHub } from '@wirehub/hub'
import { type Command, exitCodes } from '../command.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Runs the hub until it is told to end (INT or TERM drains).',
  usage: '[options]',
  examples: [
    ['wirehub serve', 'NATS on 4222, JSON lines on 4224, monitoring on 8222, loopback only'],
    ['wirehub serve --listen nats://127.0.0.1:0 --ports-file ports.json', 'any free port, told in a file'],
  ],
  options: {
    listen: {
      type: 'string',
      multiple: true,
      value: 'URL',
      help: 'a listener; repeatable; replaces those of the config',
    },
    'ports-file': {
      type: 'string',
      value: 'FILE',
      help: 'write the addresses there as JSON, once all listeners are open',
    },
  },
  async run(values) {
    const hub = await createHub({ listen: (values.listen as string[]) ?? ['nats://127.0.0.1:4222'] })
    const portsFile = values['ports-file'] as string | undefined
    if (portsFile !== undefined) writePorts(portsFile, hub.addresses)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
    process.once('SIGINT', () => process.exit(exitCodes.failed))
    process.once('SIGTERM', () => process.exit(exitCodes.failed))
    await hub.close()
    if (portsFile !== undefined) rmSync(portsFile, { force: true })
    return exitCodes.ok
  },
}

// Readers wait for the file: it must be whole when it appears.
function writePorts(file: string, addresses: readonly BoundAddress[]): void {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify({ pid: process.pid, listeners: addresses }, null, 2)}\n`)
  renameSync(temporary, file)
}
