export { compilePolicies } from './policy/compile.ts'
export { defaultPolicies } from './policy/defaults.ts'
