import type { Detector } from '../../scan/types.ts'
import { isPlaceholder } from '../field-name.ts'

/** `scheme://user:password@host`. */
export const urlCredentials: Detector = {
  name: 'url-credentials',
  category: 'secret',
  description: 'User name and password in a URL',
  default: true,
  triggers: ['[^\\x00-\\x20"\'<>@/]@[a-z0-9[$_{\\x80-\\xff]'],
  lead: { set: '[^\\x00-\\x20"\'<>@/\\\\]', max: 384 },
  pattern: /(?<=:\/\/|:\\\/\\\/)([^\s:@/"'<>\\]{0,128}:[^\s@/"'<>\\]{1,256})@[A-Za-z0-9[$_{\x80-\xff]/,
  validate: (match) => !isPlaceholder(match.slice(match.indexOf(':') + 1)),
  priority: 8,
}
