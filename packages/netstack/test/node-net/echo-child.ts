/** A child process that says what it is told. */
process.on('message', (message) => process.send?.(message))
