/** The log in nats-server's form: test kits look for its words. */
import { appendFileSync } from 'node:fs'
import type { LogLevel } from '@wirehub/hub'

/** A log sink that knows fatal errors too, as nats-server's log does. */
export type NatsLog = (level: LogLevel | 'fatal', sentence: string, detail?: Record<string, unknown>) => void

const labels = { trace: 'TRC', debug: 'DBG', info: 'INF', warn: 'WRN', error: 'ERR', fatal: 'FTL' } as const

/** What is told beside what an operator always wants to know. */
export interface LogDetail {
  readonly debug: boolean
  readonly trace: boolean
}

/** A log on stderr, or in a file. */
export function natsLog(file: string | undefined, { debug, trace }: LogDetail): NatsLog {
  // A kit may stop reading the log before it stops the server.
  process.stderr.on('error', () => {})
  return (level, sentence, detail = {}) => {
    if ((level === 'debug' && !debug) || (level === 'trace' && !trace)) return
    const now = new Date().toISOString().replace('T', ' ').replaceAll('-', '/').slice(0, 23)
    const pairs = Object.keys(detail).length === 0 ? '' : ` ${JSON.stringify(detail)}`
    const line = `[${process.pid}] ${now} [${labels[level]}] ${sentence}${pairs}\n`
    if (file === undefined) process.stderr.write(line)
    else appendFileSync(file, line)
  }
}
