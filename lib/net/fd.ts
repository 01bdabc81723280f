import { NetError } from "./errno.ts";
import { errno, libc } from "./libc.ts";

/** The only owner of one open file descriptor: closes it exactly once. */
export class FileDescriptor implements Disposable {
  #number: number;

  /** Takes over `number`, which nobody else may close from now on. */
  constructor(number: number) {
    this.#number = number;
  }

  /** The number to hand to system calls. Throws once closed: the number may be another's by now. */
  get number(): number {
    if (this.#number < 0) throw new Error("the file descriptor is already closed");
    return this.#number;
  }

  /** Whether this owner has closed or given away its descriptor. */
  get closed(): boolean {
    return this.#number < 0;
  }

  /** Gives the descriptor away: whoever takes the number has to close it. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  /** Closes it, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#number >= 0) libc.close(this.release());
  }
}

/** Takes over the descriptor that a call has returned; of one that failed throws {@link NetError}. */
export function owned(action: string, fd: number): FileDescriptor {
  if (fd < 0) throw new NetError(action, errno());
  return new FileDescriptor(fd);
}
