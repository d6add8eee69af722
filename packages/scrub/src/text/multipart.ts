import { asBuffer } from '../json/names.ts'

/** One part of a multipart body: offsets into the whole. */
export interface Part {
  /** The `name` parameter of its Content-Disposition, '' without one. */
  readonly name: string
  /** Its Content-Type, lower case, '' without one. */
  readonly contentType: string
  readonly headerStart: number
  readonly headerEnd: number
  readonly start: number
  readonly end: number
}

const mostParts = 1000

/** The boundary of a multipart body (RFC 2046 section 5.1): from the content type, else from its first line. */
export function boundaryOf(bytes: Uint8Array, contentType: string): string | undefined {
  const declared = /^multipart\/[^;]+;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  if (declared !== null) return declared[1] ?? declared[2]
  if (bytes.length < 8 || bytes[0] !== 0x2d || bytes[1] !== 0x2d) return undefined
  const head = asBuffer(bytes).toString('latin1', 0, Math.min(bytes.length, 256))
  return /^--([^\r\n]{4,70})\r\n(?:content-[a-z-]+:)/i.exec(head)?.[1]
}

/** The parts between the boundary's lines; undefined when there are none or more than 1,000. */
export function splitParts(bytes: Uint8Array, boundary: string): readonly Part[] | undefined {
  const buffer = asBuffer(bytes)
  const line = Buffer.from(`--${boundary}`)
  const parts: Part[] = []
  let from = buffer.indexOf(line)
  while (from >= 0) {
    const begin = from + line.length
    const next = buffer.indexOf(line, begin)
    if (next < 0) break
    if (parts.length >= mostParts) return undefined
    const end = next >= 2 && buffer[next - 1] === 0x0a && buffer[next - 2] === 0x0d ? next - 2 : next
    parts.push(partOf(buffer, begin, Math.max(begin, end)))
    from = next
  }
  return parts.length === 0 ? undefined : parts
}

function partOf(buffer: Buffer, begin: number, end: number): Part {
  const headerStart = begin
  const gap = buffer.subarray(begin, end).indexOf('\r\n\r\n')
  const headerEnd = gap < 0 ? begin : begin + gap
  const head = buffer.toString('latin1', headerStart, Math.min(headerEnd, headerStart + 8192))
  return {
    name: /content-disposition:[^\r\n]{0,512}?;\s*name="([^"\r\n]{0,128})"/i.exec(head)?.[1] ?? '',
    contentType: /content-type:\s*([^\r\n;]{1,128})/i.exec(head)?.[1].trim().toLowerCase() ?? '',
    headerStart,
    headerEnd,
    start: gap < 0 ? begin : headerEnd + 4,
    end,
  }
}
