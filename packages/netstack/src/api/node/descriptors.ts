import type { StreamHandle } from './stream-handle.ts'

/** Beyond what a kernel gives to any process (`fs.nr_open`), so that no number of ours is ever one of the kernel's too. */
const FIRST_DESCRIPTOR = 0x4000_0000

const byNumber: Map<number, StreamHandle> = new Map()
let next = FIRST_DESCRIPTOR

/** Gives a handle a number, by which `listen({ fd })` and `new Socket({ fd })` find it until it is closed. */
export function openDescriptor(handle: StreamHandle): number {
  const fd = next++
  byNumber.set(fd, handle)
  return fd
}

export function closeDescriptor(fd: number): void {
  byNumber.delete(fd)
}

/** The handle with that number; undefined when the number is the kernel's, or nobody's. */
export function handleOfDescriptor(fd: unknown): StreamHandle | undefined {
  return typeof fd === 'number' ? byNumber.get(fd) : undefined
}
