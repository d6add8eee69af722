/** Where a rule is not taken as it is. Each line says why. */
export interface Override {
  /** Why the rule is left out. */
  readonly skip?: string
  readonly default?: boolean
  /** False: the rule's allow list is dropped. */
  readonly keepAllowed?: boolean
  readonly regex?: string
  readonly triggers?: readonly string[]
  readonly lead?: { readonly set: string; readonly max: number }
}

const END = '(?:[\\x60\'"\\s;]|\\\\[nr]|$)'

export const OVERRIDES: Readonly<Record<string, Override>> = {
  'generic-api-key': { skip: 'secret-field does this with fewer false findings' },
  jwt: { skip: 'jwt decodes the header' },
  'jwt-base64': { skip: 'decoding belongs to a stage' },
  'private-key': { skip: 'private-key finds cut off keys too, in linear time' },
  'curl-auth-header': { skip: 'http-authorization finds the header anywhere; the expression is not linear' },
  'curl-auth-user': { skip: 'the expression is not linear' },
  'database-password': { skip: 'password does this' },
  'kubernetes-secret-yaml': { skip: 'for files of one kind; the expression is not linear' },
  'nuget-config-password': { skip: 'for files of one kind' },
  'hashicorp-tf-password': { skip: 'for files of one kind; password does this' },
  'freemius-secret-key': { skip: 'for files of one kind; secret-field does this' },
  // A keyword anywhere in the file vouches there; here the form must say enough by itself.
  'sourcegraph-access-token': { regex: `\\b(sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40})${END}` },
  'facebook-access-token': {
    regex: `\\b(\\d{15,16}(?:\\||%7[Cc])[0-9A-Za-z_-]{27,40})${END}`,
    triggers: ['(?<!\\w)\\d{15,16}\\|[0-9a-z_-]', '(?<!\\w)\\d{15,16}%7c[0-9a-z_-]'],
  },
  'hashicorp-tf-api-token': {
    triggers: ['\\.atlasv1\\.[a-z0-9_=-]{4}'],
    lead: { set: '[A-Za-z0-9]', max: 14 },
  },
  'harness-api-key': {
    regex: '(?<![A-Za-z0-9_.-])(?:pat|sat)\\.[a-zA-Z0-9_-]{22}\\.[a-zA-Z0-9]{24}\\.[a-zA-Z0-9]{20}',
  },
  'maxmind-license-key': {
    triggers: ['(?<!\\w)[A-Za-z0-9]{6}_[A-Za-z0-9]{8}'],
  },
  'microsoft-teams-webhook': {
    triggers: ['\\.webhook\\.office\\.com/'],
    lead: { set: '[a-z0-9:/]', max: 71 },
    regex:
      'https://[a-z0-9]{1,63}\\.webhook\\.office\\.com/webhookb2/[a-z0-9-]{36}@[a-z0-9-]{36}/IncomingWebhook/[a-z0-9]{32}/[a-z0-9-]{36}',
  },
  'azure-ad-client-secret': {
    regex: '(?<![a-zA-Z0-9_~.-])([a-zA-Z0-9_~.]{3}\\dQ~[a-zA-Z0-9_~.-]{31,34})(?![a-zA-Z0-9_~-])',
    triggers: ['\\dQ~[a-zA-Z0-9_~.-]{4}'],
    lead: { set: '[A-Za-z0-9_~.]', max: 3 },
  },
  'slack-webhook-url': {
    regex: 'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{43,56}',
  },
  'sidekiq-sensitive-url': { skip: 'url-credentials does this' },
  'perplexity-api-key': { regex: '\\b(pplx-[a-zA-Z0-9]{48})\\b' },
  // What is longer than the form is found whole, not in part.
  'github-pat': { regex: 'ghp_[0-9a-zA-Z]{36,255}' },
  'github-oauth': { regex: 'gho_[0-9a-zA-Z]{36,255}' },
  'github-app-token': { regex: '(?:ghu|ghs)_[0-9a-zA-Z]{36,255}' },
  'github-fine-grained-pat': { regex: 'github_pat_\\w{82,255}' },
  'gitlab-pat': { regex: 'glpat-[\\w-]{20,255}' },
  // `SK` and 32 hexadecimal digits within a longer run are no Twilio key.
  'twilio-api-key': { regex: '\\b(SK[0-9a-fA-F]{32})\\b' },
  'vault-service-token': { regex: `\\b(hvs\\.[\\w-]{90,120}|s\\.(?=[A-Za-z]{0,23}\\d)[A-Za-z0-9]{24})${END}` },
  // The key of the vendor's documentation is allowed there; nobody wants to see it pass here. Samples use all digits.
  'aws-access-token': { regex: '\\b((?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\\b', keepAllowed: false },
  'huggingface-access-token': { regex: '\\b(hf_[A-Za-z0-9]{34,40})(?![\\w-])' },
}
