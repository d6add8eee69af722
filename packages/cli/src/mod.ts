/**
 * wirehub: the event hub as a library. The command of the same name is `bin/wirehub.js`.
 * @module
 */
export * from '@wirehub/hub'
