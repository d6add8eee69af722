/** Versions that the hub reports. */

/** wirehub's own version; a test compares it with package.json. */
export const VERSION = '0.1.0'
/** The NATS version whose client protocol and behaviour are kept; clients decide by it which features to use. */
export const NATS_VERSION = '2.12.0'
