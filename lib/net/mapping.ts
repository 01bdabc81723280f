import { cString, errno, libc } from "./libc.ts";
import { errnoNumber, NetError } from "./errno.ts";
import { type FileDescriptor, owned } from "./fd.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;
const SEEK_END = 2;
const MFD_CLOEXEC = 1;
/** What mmap returns when it fails: (void *) -1. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Memory that is not V8's: shared with a file, or of this process alone. After disposal `buffer` is
 * detached, and so is every view of it: reading them throws a TypeError where unmapped memory would
 * end the process.
 */
export class Mapping implements Disposable {
  /** The memory itself, without a copy. */
  readonly buffer: ArrayBuffer;
  /** Bytes mapped. */
  readonly size: number;
  #pointer: Deno.PointerObject | undefined;

  /** Takes over the mapping of `size` bytes at `pointer`. */
  constructor(pointer: Deno.PointerObject, size: number) {
    this.#pointer = pointer;
    this.size = size;
    this.buffer = Deno.UnsafePointerView.getArrayBuffer(pointer, size);
  }

  /** Detaches the buffer, then unmaps. */
  [Symbol.dispose](): void {
    const pointer = this.#pointer;
    if (!pointer) return;
    this.#pointer = undefined;
    this.buffer.transfer();
    libc.munmap(pointer, BigInt(this.size));
  }
}

/**
 * Maps the whole file read-only and shared. The descriptor may be closed afterwards. Writing into
 * the buffer ends the process; so does reading after somebody truncated the file.
 * Throws {@link NetError}.
 */
export function mapReadOnly(fd: FileDescriptor): Mapping {
  return map(fd.number, fileSize(fd), PROT_READ, MAP_SHARED);
}

/** Whether the file has all that was mapped of it: one that was truncated must not be read. */
export function isWhole(fd: FileDescriptor, { size }: Mapping): boolean {
  return fileSize(fd) >= size;
}

/** Maps `size` bytes of the file shared and writable. Throws {@link NetError}. */
export function mapShared(fd: FileDescriptor, size: number): Mapping {
  return map(fd.number, size, PROT_READ | PROT_WRITE, MAP_SHARED);
}

/**
 * Maps `size` zero bytes for this process alone: for what the kernel writes into while JavaScript
 * goes on, or ends. Nobody else frees it. Throws {@link NetError}.
 */
export function mapPrivate(size: number): Mapping {
  return map(-1, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

/** A file of `size` zero bytes that lives in memory only. Throws {@link NetError}. */
export function memfd(name: string, size: number): FileDescriptor {
  const action = `create the memory file ${name}`;
  const fd = owned(action, libc.memfd_create(cString(name), MFD_CLOEXEC));
  if (libc.ftruncate(fd.number, BigInt(size)) === 0) return fd;
  const reason = errno();
  fd[Symbol.dispose]();
  throw new NetError(`size the memory file ${name} to ${size} bytes`, reason);
}

/** By lseek: fstat is in glibc only from 2.33 on. */
function fileSize(fd: FileDescriptor): number {
  const size = Number(libc.lseek(fd.number, 0n, SEEK_END));
  if (size < 0) throw new NetError("find the size of the file to map", errno());
  return size;
}

function map(fd: number, size: number, protection: number, flags: number): Mapping {
  const what = fd < 0 ? "memory" : "a file";
  if (size === 0) throw new NetError("map an empty file", errnoNumber("EINVAL"));
  const pointer = libc.mmap(null, BigInt(size), protection, flags, fd, 0n);
  if (!pointer || Deno.UnsafePointer.value(pointer) === MAP_FAILED) {
    throw new NetError(`map ${size} bytes of ${what}`, errno());
  }
  return new Mapping(pointer, size);
}
