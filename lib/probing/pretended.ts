import type { Recheck } from "../health/mod.ts";
import type { ProbeJob } from "./job.ts";
import type { Probing } from "./probing.ts";

/**
 * Takes orders about jobs that resemble others, as {@link Probing} does, and has nothing probed: for
 * trying something out.
 */
export class PretendedProbing<T>
  implements Pick<Probing<T>, "aim" | "halt" | "outdate" | "retime" | "forget"> {
  aim(job: ProbeJob<T>): void {
    job.outdate(neverReached);
  }

  halt(job: ProbeJob<T>): void {
    job.outdate(neverReached);
  }

  outdate(job: ProbeJob<T>, what: Recheck): void {
    if (what === "target") job.outdate(neverReached);
    else job.revision = neverReached;
  }

  retime(): void {}

  forget(job: ProbeJob<T>): void {
    this.halt(job);
    job.place = undefined;
  }
}

/** No result will ever be of this order. */
const neverReached = Infinity;
