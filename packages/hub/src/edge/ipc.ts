/** Unix sockets and named pipes: where they are, who may connect, and what a hub that was killed has left behind. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ipc } from '../core/environment.ts'
import { HubError } from '../errors.ts'

const PIPES = '\\\\.\\pipe\\'
// sun_path has 108 bytes on Linux and 104 elsewhere, the last of which is a NUL (unix(7)).
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103
const PROBE_MS = 1000

/**
 * Where the hub's own socket is when nobody says otherwise: `$XDG_RUNTIME_DIR/wirehub.sock`, else in the temporary folder;
 * `\\.\pipe\wirehub` on Windows.
 */
export function defaultIpcPath(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  if (platform === 'win32') return `${PIPES}wirehub`
  return join(variables.XDG_RUNTIME_DIR || tmpdir(), 'wirehub.sock')
}

/** The path as the system wants it: on Windows every name is that of a pipe. */
export function ipcPath(path: string, platform: string = process.platform): string {
  if (path === '') return defaultIpcPath(process.env, platform)
  if (platform !== 'win32' || /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path)) return path
  return PIPES + path.replace(/^[\\/]+/, '').replace(/[\\/]/g, '-')
}

/** The machine's Unix sockets and pipes. */
export const nodeIpc: Ipc = {
  path: (path) => ipcPath(path),
  claim,
  listen(mode, listen) {
    if (process.platform === 'win32') {
      listen()
      return
    }
    // Binding happens within the call: with the mask in force nobody else can get in before the mode is set.
    const before = process.umask(0o777 & ~mode)
    try {
      listen()
    } finally {
      process.umask(before)
    }
  },
  opened(path, mode) {
    if (process.platform !== 'win32') chmodSync(path, mode)
  },
}

/**
 * Makes sure that the path can be listened on. A socket that nobody listens on any more is removed.
 * @throws HubError WIREHUB_ERR_LISTEN when it is too long, something else than a socket, or in use
 */
async function claim(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const bytes = Buffer.byteLength(path)
  if (bytes > MAX_PATH_BYTES) {
    throw new HubError(
      'WIREHUB_ERR_LISTEN',
      `A socket's path may have ${MAX_PATH_BYTES} bytes; this one has ${bytes}.`,
      {
        place: path,
        cure: 'Choose a shorter path, e.g. in $XDG_RUNTIME_DIR.',
      },
    )
  }
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new HubError('WIREHUB_ERR_LISTEN', 'There is a file of that name, and it is no socket.', {
      place: path,
      cure: 'Remove it if nobody needs it, or choose another path.',
    })
  }
  if (await isAlive(path)) {
    throw new HubError('WIREHUB_ERR_LISTEN', 'Another program listens there.', {
      place: path,
      cure: 'Stop it, or choose another path.',
    })
  }
  unlinkSync(path)
}

/** Whether somebody listens on the socket. Only a refusal says no: whoever is merely slow is alive. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const settle = (alive: boolean): void => {
      probe.destroy()
      resolve(alive)
    }
    probe.setTimeout(PROBE_MS, () => settle(true))
    probe.once('connect', () => settle(true))
    probe.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    )
  })
}
