/** Payloads as people read them. */
import { readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { HubError, parseHeaders } from '@wirehub/hub'

const MAX_SHOWN_BYTES = 4 * 1024 * 1024

/** The bytes of a file, or of stdin for `-` and for none. */
export async function readPayload(name: string | undefined): Promise<Buffer> {
  if (name === undefined || name === '-') {
    if (process.stdin.isTTY) console.error('reading stdin; Ctrl-D ends')
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  try {
    return readFileSync(name)
  } catch (error) {
    throw new HubError('WIREHUB_ERR_USAGE', `Cannot read the file: ${(error as Error).message}`, { place: name })
  }
}

/** The text of a payload, decompressed where its headers or first bytes say so; undefined for what is no text. */
export function textOf(payload: Uint8Array, headers: Uint8Array | undefined): string | undefined {
  const bytes = decompressed(Buffer.from(payload), headers)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function decompressed(payload: Buffer, headers: Uint8Array | undefined): Buffer {
  const entries = headers === undefined ? [] : parseHeaders(Buffer.from(headers)).entries
  const said = entries.find(([name]) => name.toLowerCase() === 'content-encoding')?.[1].toLowerCase()
  const coding = said ?? (payload[0] === 0x1f && payload[1] === 0x8b ? 'gzip' : 'identity')
  const options = { maxOutputLength: MAX_SHOWN_BYTES }
  try {
    if (coding === 'gzip') return gunzipSync(payload, options)
    if (coding === 'deflate') return inflateSync(payload, options)
    if (coding === 'br') return brotliDecompressSync(payload, options)
    if (coding === 'zstd') return zstdDecompressSync(payload, options)
  } catch {
    return payload
  }
  return payload
}
