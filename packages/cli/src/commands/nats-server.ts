/** `wirehub nats-server`: the hub with nats-server's flags and configuration. */
import { type Command, exitCodes } from '../command.ts'
import { natsServerHelp } from '../nats-server/help.ts'
import { runNatsServer } from '../nats-server/run.ts'

export const natsServer: Command = {
  name: 'nats-server',
  summary: "Runs the hub with nats-server's flags, configuration syntax, files and signals.",
  usage: "[nats-server's flags]",
  examples: [],
  options: {},
  help: natsServerHelp,
  rawArguments: true,
  async run(_values, args) {
    return (await runNatsServer(args)) || exitCodes.ok
  },
}
