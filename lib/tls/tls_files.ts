import { type Logger, reasonOf } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { loadIdentity, type TlsIdentity, type TlsPaths } from "./identity.ts";

/** How often it is looked whether files are other ones, in milliseconds. */
const lookMs = 5_000;
/** A certificate that ends within so many milliseconds ends soon: 14 days. */
const soonMs = 14 * 86_400_000;
/** That it does is said again after so many milliseconds. */
const repeatMs = 86_400_000;

/** What files are kept with. */
export interface TlsFilesOptions {
  readonly paths: TlsPaths;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The certificates of a server: those of the last time that their files were in order. Files that
 * are replaced are read again, without being asked once they have stopped changing; connections
 * that there are go on with what they have.
 */
export class TlsFiles implements Disposable {
  #rejected = "";
  #timer: Timer | undefined;
  #warnedAt = -Infinity;
  #renewed: () => void = () => {};
  /** One after the other, so that what was read last is in force. */
  #loading: Promise<void> = Promise.resolve();
  /** How the files were when they were read last, and when they were looked at last. */
  #read: string;
  #seen: string;

  private constructor(
    private readonly options: TlsFilesOptions,
    stamp: string,
    private current: TlsIdentity,
  ) {
    this.#read = stamp;
    this.#seen = stamp;
    this.#warn();
    this.#arm();
  }

  /** Reads the files for the first time. Rejects with PemError when they cannot be used. */
  static async open(options: TlsFilesOptions): Promise<TlsFiles> {
    const stamp = await stampOf(options.paths);
    const identity = await loadIdentity(options.paths);
    options.log.info("tls-loaded", about(options.paths, identity));
    return new TlsFiles(options, stamp, identity);
  }

  /** What new connections are secured with. */
  get identity(): TlsIdentity {
    return this.current;
  }

  /** The file of the server's own certificate. */
  get path(): string {
    return this.options.paths.cert;
  }

  /** Why the files as they are now are not in force; empty when they are. */
  get rejected(): string {
    return this.#rejected;
  }

  /** Has `renewed` called when other files are in force, whoever has asked for that. */
  follow(renewed: () => void): void {
    this.#renewed = renewed;
  }

  /** Reads the files again; what is wrong with them leaves all as it was. Never rejects. */
  reload(): Promise<void> {
    return this.#loading = this.#loading.then(() => this.#load());
  }

  /** Looks at the files no more. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #load(): Promise<void> {
    const { paths, log } = this.options;
    this.#read = await stampOf(paths);
    try {
      this.current = await loadIdentity(paths, this.current);
      this.#rejected = "";
      this.#warnedAt = -Infinity;
      log.info("tls-reloaded", about(paths, this.current));
      this.#warn();
    } catch (error) {
      this.#rejected = reasonOf(error);
      log.error("tls-reload-failed", { err: this.#rejected });
      return;
    }
    this.#renewed();
  }

  #arm(): void {
    this.#timer = this.options.clock.after(lookMs, () => {
      void this.#look().finally(() => {
        if (this.#timer) this.#arm();
      });
    });
  }

  /** Whoever replaces two files does it one after the other: they are read when that is over. */
  async #look(): Promise<void> {
    const stamp = await stampOf(this.options.paths);
    const isStill = stamp === this.#seen;
    this.#seen = stamp;
    if (isStill && stamp !== this.#read) await this.reload();
    this.#warn();
  }

  #warn(): void {
    const { clock, log, paths } = this.options;
    const { end } = this.current.certificate;
    const left = end - clock.wall();
    if (left > soonMs || clock.now() - this.#warnedAt < repeatMs) return;
    this.#warnedAt = clock.now();
    const days = Math.floor(left / 86_400_000);
    log.warn("tls-certificate-ends", { cert: paths.cert, end: dateOf(end), days });
  }
}

/** What is told of certificates that are in force. */
function about({ cert, clientCa }: TlsPaths, { certificate: { end } }: TlsIdentity) {
  return { cert, end: dateOf(end), ...clientCa !== "" && { "client-ca": clientCa } };
}

function dateOf(end: number): string {
  return new Date(end).toISOString();
}

/** A text that is another one when one of the files is. */
async function stampOf({ cert, key, clientCa }: TlsPaths): Promise<string> {
  const paths = [cert, key, clientCa].filter((path) => path !== "");
  const stamps = await Promise.all(paths.map(async (path) => {
    try {
      const { mtime, size, ino, dev } = await Deno.stat(path);
      return `${mtime?.getTime()} ${size} ${ino} ${dev}`;
    } catch (error) {
      return reasonOf(error);
    }
  }));
  return stamps.join("; ");
}
