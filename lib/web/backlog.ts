import type { BackendInfo, FrontendInfo } from "../gen/maglev_pb.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { isAlike } from "./is_alike.ts";
import type { MaglevdState } from "./state.ts";
import { toWire } from "./to_wire.ts";
import type { Backend, Frontend, Reading } from "./wire.ts";

/** Of what was read as a whole, so many backends and members are told at once. */
const mostAtOnce = 40;
/** For so many milliseconds it may be compared without a pause. */
const mostMs = 5;
/** And more of them so many milliseconds later. */
const nextMs = 100;

/** What telling takes. */
export interface BacklogOptions {
  readonly clock: Clock;
  readonly state: () => MaglevdState;
  readonly publish: (reading: Reading) => void;
  /** Whether something has happened since it was read. */
  readonly isTouched: (kind: "backend" | "frontend", name: string) => boolean;
  /** Since when a backend is in its state by the last event about it, in Unix ns; 0: there was none. */
  readonly toldAt: (backend: string) => number;
}

/**
 * What was read and is to be compared with what is known, and told as far as it is other than that:
 * a little at a time. Events tell states and weights without it; if ten thousand backends changed,
 * what else there is to tell of them comes later, and holds nothing up.
 */
export class Backlog {
  readonly #backends = new Map<string, BackendInfo>();
  readonly #frontends = new Map<string, FrontendInfo>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(private readonly options: BacklogOptions) {}

  /** Takes what was read, in place of what was read before, and tells as much as may be told now. */
  put(backends: readonly BackendInfo[], frontends: readonly FrontendInfo[]): void {
    for (const each of backends) this.#backends.set(each.name, each);
    for (const each of frontends) this.#frontends.set(each.name, each);
    if (!this.#timer) this.#tell();
  }

  /** Tells nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #tell(): void {
    if (this.#isClosed) return;
    const { clock, publish, isTouched, toldAt } = this.options;
    const { backends: known, frontends: knownFrontends } = this.options.state();
    const backends: Backend[] = [];
    const frontends: Frontend[] = [];
    const details: Frontend[] = [];
    const begun = clock.now();
    const isOver = () => left <= 0 || clock.now() - begun > mostMs;
    let left = mostAtOnce;
    for (const [name, info] of this.#backends) {
      if (isOver()) break;
      this.#backends.delete(name);
      const was = known.get(name);
      // It is read again.
      if (!was || isTouched("backend", name)) continue;
      const is = toWire(info);
      // A list that maglevd has made for others may be of before what events have told.
      if (is.sinceUnixNs < toldAt(name)) continue;
      if (isSameBackend(was, is)) continue;
      backends.push(is);
      left--;
    }
    for (const [name, info] of this.#frontends) {
      if (isOver()) break;
      this.#frontends.delete(name);
      const was = knownFrontends.get(name);
      if (!was) continue;
      const is = toWire(info);
      const differing = differingMembers(was, is);
      if (differing === 0 && isAlike(was, is)) continue;
      const isLate = isTouched("frontend", name) || isOlder(is, toldAt);
      (isLate ? details : frontends).push(is);
      left -= 1 + differing;
    }
    if (backends.length + frontends.length + details.length > 0) {
      publish({ kind: "reading", backends, frontends, details });
    }
    this.#timer = undefined;
    if (this.#backends.size + this.#frontends.size === 0) return;
    this.#timer = clock.after(left <= 0 ? nextMs : 0, () => this.#tell());
  }
}

/** Whether two readings are the same. Probes alone make no difference: pulses tell of them. */
export function isSameBackend(before: Backend, now: Backend): boolean {
  const { lastProbe: _, probeTimes: __, ...is } = now;
  const { lastProbe: ___, probeTimes: ____, ...was } = before;
  return isAlike(is, was);
}

/** Whether a frontend was read before what events have told of its members. */
function isOlder({ pools }: Frontend, toldAt: (backend: string) => number): boolean {
  return pools.some(({ backends }) =>
    backends.some(({ name, sinceUnixNs }) => sinceUnixNs < toldAt(name))
  );
}

function differingMembers(before: Frontend, now: Frontend): number {
  let count = 0;
  for (const [i, { backends }] of now.pools.entries()) {
    for (const [j, member] of backends.entries()) {
      if (!isAlike(before.pools[i]?.backends[j], member)) count++;
    }
  }
  return count;
}
