import type { Detector, MatchContext } from '../../scan/types.ts'
import { isPlaceholder } from '../field-name.ts'

const CURL_BEFORE = /\bcurl\b[^\r\n]{0,1024}$/

/** `-u name:password` means a password to curl only: to docker it is a user and a group. */
function isArgument(match: string, { text, start }: MatchContext): boolean {
  const before = text.slice(Math.max(0, start - 1024), start)
  if (!/(?:-u|--user) {1,4}["']?$/.test(before)) return !isPlaceholder(match)
  return CURL_BEFORE.test(before) && !isPlaceholder(match.slice(match.indexOf(':') + 1))
}

/** A secret that is an argument of its own: `--password hunter2`. */
export const commandLineSecret: Detector = {
  name: 'command-line-secret',
  category: 'secret',
  description: 'Passwords and tokens given as arguments of a command',
  default: true,
  triggers: ['--(?:password|passwd|token|secret|api-?key)[ ]', '(?<![\\w-])-u [^ ]', '(?<![\\w-])--user [^ ]'],
  pattern:
    /(?<![\w-])--(?:[Pp]assword|[Pp]asswd|[Tt]oken|[Ss]ecret|[Aa]pi-?[Kk]ey) {1,4}["']?([^\s"'`<>$*[{(-][^\s"'`<>]{2,255})|(?<![\w-])(?:-u|--user) {1,4}["']?([\w.@+-]{1,64}:[^\s"'`<>$*[{(][^\s"'`<>]{2,255})/,
  validate: isArgument,
}
