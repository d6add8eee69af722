/** Puts an unmodified program's TCP onto a stack, and takes it back. */
export { setDefaultHost } from './api/node/default-host.ts'
export type { NetHost } from './api/node/host.ts'
export { install, uninstall } from './api/node/install.ts'
export { RealTimeHost } from './api/node/real-time-host.ts'
