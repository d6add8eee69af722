import type { Detector, MatchContext } from '../../scan/types.ts'

/** `logo@2x.png` is a file, not a mailbox. */
const FILE_ENDINGS =
  /\.(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|css|scss|less|[cm]?[jt]sx?|json|html?|md|txt|map|ya?ml|xml|pdf|woff2?|ttf|mp[34]|zip|tgz|gz)$/i

function validate(match: string, { text, start, end }: MatchContext): boolean {
  if (FILE_ENDINGS.test(match)) return false
  // `git@github.com:team/repository` names a repository; `scheme://user:password@host` is the business of url-credentials.
  if (/^git@/i.test(match) && (text[end] === ':' || text[end] === '/')) return false
  const before = text.slice(Math.max(0, start - 128), start)
  return !/:\/\/[^\s/@?#]*$/.test(before)
}

/** Mail addresses (RFC 5321 mailbox, the part of it that is in use), also with `%40`. */
export const email: Detector = {
  name: 'email',
  category: 'contact',
  description: 'E-mail addresses',
  default: true,
  triggers: ["[a-z0-9_+'\\x80-\\xbf-]@[a-z0-9\\xc3-\\xd4[]", "[a-z0-9_+'-]%40[a-z0-9]"],
  lead: { set: "[A-Za-z0-9_.+'\\x80-\\xd4-]", max: 64 },
  pattern:
    /[A-Za-z0-9_\xc3-\xd4][A-Za-z0-9_.+'\x80-\xd4-]{0,63}(?:@|%40)(?:(?:[A-Za-z0-9\x80-\xd4-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{2,40}|[A-Za-z]{2,24}|(?:[\xc3-\xd4][\x80-\xbf]){2,24})(?![A-Za-z0-9_])|\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:]{2,39})\])/,
  validate,
}
