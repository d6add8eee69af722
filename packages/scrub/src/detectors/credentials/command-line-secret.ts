import type { Detector } from '../../scan/types.ts'
import { isPlaceholder } from '../field-name.ts'

/** A secret that is an argument of its own: `--password hunter2`. */
export const commandLineSecret: Detector = {
  name: 'command-line-secret',
  category: 'secret',
  description: 'Passwords and tokens given as arguments of a command',
  default: true,
  triggers: ['--(?:password|passwd|token|secret|api-?key)[ ]'],
  pattern:
    /(?<![\w-])--(?:[Pp]assword|[Pp]asswd|[Tt]oken|[Ss]ecret|[Aa]pi-?[Kk]ey) {1,4}["']?([^\s"'`<>$*[{(-][^\s"'`<>]{2,255})/,
  validate: (match) => !isPlaceholder(match),
}
