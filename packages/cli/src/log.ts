/** Log lines on stderr: readable, or JSON. */
import { styleText } from 'node:util'
import type { LogLevel, LogSink } from '@wirehub/hub'

/** From the least to the most severe. */
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']
const styles: Record<LogLevel, Parameters<typeof styleText>[0]> = {
  trace: 'dim',
  debug: 'dim',
  info: 'cyan',
  warn: 'yellow',
  error: 'red',
}

/** A sink that writes lines from this level on. */
export function logSink(level: LogLevel, format: 'text' | 'json', write: (line: string) => void): LogSink {
  const least = logLevels.indexOf(level)
  return (given, sentence, detail = {}) => {
    if (logLevels.indexOf(given) < least) return
    const time = new Date().toISOString()
    if (format === 'json') {
      write(`${JSON.stringify({ time, level: given, message: sentence, ...detail })}\n`)
      return
    }
    const label = styleText(styles[given], given.padEnd(5), { stream: process.stderr, validateStream: true })
    const pairs = Object.entries(detail)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    write(`${time} ${label} ${sentence}${pairs.join('')}\n`)
  }
}
