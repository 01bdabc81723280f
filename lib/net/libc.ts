/**
 * The C library by FFI: the one place that declares foreign functions.
 *
 * `isize` results that can't exceed 2^31 are declared `i32`, which reads the low half of the
 * register: a BigInt per call would be the dearest thing in it. Sizes stay `usize`, because the
 * upper half of an argument register is not ours to leave unset. What each probe calls takes
 * pointers: to find out where a buffer is costs 50 ns each time.
 */

const library = Deno.dlopen("libc.so.6", {
  __errno_location: { parameters: [], result: "pointer" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "pointer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  closedir: { parameters: ["pointer"], result: "i32" },
  connect: { parameters: ["i32", "pointer", "u32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  poll_sleeping: {
    name: "poll",
    parameters: ["buffer", "usize", "i32"],
    result: "i32",
    nonblocking: true,
  },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "i32" },
  recvmsg: { parameters: ["i32", "pointer", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  signal: { parameters: ["i32", "usize"], result: "usize" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  usleep: { parameters: ["u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
});

/** The functions, named and behaving as in their manual pages. */
export const libc = library.symbols;

/** The errno of this thread, mapped once: a call to read it would cost as much as a system call. */
const errnoCell = mapErrno();

/** Why the last call failed. Read it before calling anything else. */
export function errno(): number {
  return errnoCell[0] ?? 0;
}

/**
 * Where memory is, which is there for as long as somebody holds `bytes`: to ask for the buffer of a
 * small array has it put where it does not move.
 */
export function pointerTo({ buffer, byteOffset }: Uint8Array<ArrayBuffer>): Deno.PointerObject {
  const pointer = Deno.UnsafePointer.of(new Uint8Array(buffer, byteOffset));
  if (!pointer) throw new RangeError("memory of no size is nowhere");
  return pointer;
}

/** {@link pointerTo} as a number, for structures that name other memory. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(pointerTo(bytes));
}

/** `text` as C wants it: UTF-8 with a closing NUL. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

function mapErrno(): Int32Array {
  const pointer = libc.__errno_location();
  if (!pointer) throw new Error("libc has no errno: __errno_location returned NULL");
  return new Int32Array(Deno.UnsafePointerView.getArrayBuffer(pointer, 4));
}
