export type { Decrypted, Key, KeyConfig, KeyRing } from './actions/keyring.ts'
export { createKeyRing, decrypt, decryptText } from './actions/keyring.ts'
export type { DetokeniseRequest, Detokeniser, DetokeniserOptions, MemoryVaultOptions, Vault } from './actions/vault.ts'
export { createDetokeniser, MemoryVault } from './actions/vault.ts'
export { allDetectors, defaultDetectors } from './detectors/mod.ts'
export type { FileVault, FileVaultOptions } from './edge/file-vault.ts'
export { openFileVault } from './edge/file-vault.ts'
export type { Place, ScrubErrorCode } from './errors.ts'
export { ScrubError } from './errors.ts'
export type { Fixture, FixtureExpectation, FixtureResult } from './fixtures/run.ts'
export { runFixtures } from './fixtures/run.ts'
export type { RuleEffect, Trial, TryOptions } from './fixtures/try.ts'
export { tryScrub } from './fixtures/try.ts'
export { decryptPayload } from './json/reveal.ts'
export { compilePolicies } from './policy/compile.ts'
export type {
  ActionConfig,
  DeadLetter,
  DecodeConfig,
  DetectorConfig,
  EnrichConfig,
  Keep,
  NormaliseConfig,
  PolicyConfig,
  RedactConfig,
  RuleConfig,
  ScrubConfig,
  ScrubEnvironment,
  StageConfig,
  ValidateConfig,
} from './policy/config.ts'
export { defaultPolicies } from './policy/defaults.ts'
export type {
  Changed,
  HeaderBytes,
  Outcome,
  Rejected,
  ScrubContext,
  ScrubMessage,
  Unchanged,
} from './policy/outcome.ts'
export type { PolicyMetrics } from './policy/policy.ts'
export type { CompiledPolicy, PolicyDescription, Scrubber, ScrubMetrics } from './policy/scrubber.ts'
export { openDeadLetter } from './policy/scrubber.ts'
export { compileScanner } from './scan/scanner.ts'
export type { Detector, DetectorCategory, Scanner, SpanSink } from './scan/types.ts'
export type { RejectionCode } from './stages/rejection.ts'
export type { Finding, Mode, RuleMetrics } from './stages/rules.ts'
