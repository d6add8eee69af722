/** TUN and TAP devices of Linux, for a stack that talks to the kernel and beyond it. Needs koffi, and CAP_NET_ADMIN. */
export type { TunDevice, TunOptions } from './link/tun/device.ts'
export { type Pollable, RealTimeDriver } from './link/tun/driver.ts'
export { TunError, type TunErrorCode } from './link/tun/errors.ts'
export { openTun, type TunLink } from './link/tun/tun-link.ts'
