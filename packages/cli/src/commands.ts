/** All commands of `wirehub`, in the order of the help. */
import type { Command } from './command.ts'
import { bench } from './commands/bench.ts'
import { certs } from './commands/certs.ts'
import { check } from './commands/check.ts'
import { completionCommand } from './commands/completion.ts'
import { init } from './commands/init.ts'
import { natsServer } from './commands/nats-server.ts'
import { passwd } from './commands/passwd.ts'
import { pub } from './commands/pub.ts'
import { redrive } from './commands/redrive.ts'
import { reply } from './commands/reply.ts'
import { request } from './commands/request.ts'
import { scrub } from './commands/scrub.ts'
import { serve } from './commands/serve.ts'
import { sub } from './commands/sub.ts'
import { tap } from './commands/tap.ts'

export const commands: readonly Command[] = [
  serve,
  pub,
  sub,
  request,
  reply,
  bench,
  check,
  init,
  certs,
  passwd,
  scrub,
  tap,
  redrive,
  completionCommand(() => commands),
  natsServer,
]
