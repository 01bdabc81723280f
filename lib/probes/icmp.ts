import type { IcmpCheck } from "../config/mod.ts";
import type { Failure } from "../net/mod.ts";
import {
  type Attempt,
  failed,
  failedBy,
  formatSeconds,
  hindered,
  type Outcome,
  passed,
  type Probe,
  type ProbeContext,
} from "./attempt.ts";
import type { EchoUser, IcmpHub, PendingEcho } from "./icmp_hub.ts";
import type { Notes } from "./target_notes.ts";
import type { ProbeTarget } from "./types.ts";

const replied = passed("L4OK", "echo reply");
const noRoom = "too many packets are waiting to be sent";

/** One ICMP echo. */
export const probeIcmp: Probe<IcmpCheck> = (context, target, _check, report) => {
  const attempt = new IcmpAttempt(context.notes.of(target.address), target, report);
  attempt.begin(context);
  return attempt;
};

class IcmpAttempt implements Attempt, EchoUser {
  readonly #notes: Notes;
  readonly #target: ProbeTarget;
  readonly #report: (outcome: Outcome) => void;
  heardAt: number | undefined;
  /** Nothing has to be done after the start, so nothing can be held up. */
  readonly heldUpMs = 0;
  #hub: IcmpHub | undefined;
  #echo: PendingEcho | undefined;

  constructor(
    notes: Notes,
    target: ProbeTarget,
    report: (outcome: Outcome) => void,
  ) {
    this.#notes = notes;
    this.#target = target;
    this.#report = report;
  }

  begin(context: ProbeContext): void {
    const { address, check, netns } = this.#target;
    const source = address.family === 4 ? check.probeIpv4Source : check.probeIpv6Source;
    const origin = { family: address.family, netns, source };
    const hub = this.#notes.isSilent ? context.icmp.get(origin, address) : context.icmp.get(origin);
    if ("reason" in hub) return this.#failed(hub);
    const echo = hub.send(address, this);
    if ("reason" in echo) return this.#failed(echo);
    this.#hub = hub;
    this.#echo = echo;
  }

  get sentAt(): number | undefined {
    return this.#echo?.sentAt;
  }

  replied(heardAt: number): void {
    this.#notes.isSilent = false;
    this.heardAt = heardAt;
    this.#report(replied);
  }

  unreachable(heardAt: number, reason: string): void {
    // Perhaps because it does not answer for its address, for which the echo lay in a buffer.
    this.#notes.isSilent = true;
    this.heardAt = heardAt;
    this.#report(failed("L4CON", reason));
  }

  unsent(failure: Failure): void {
    this.#failed(failure);
  }

  timedOut(): Outcome {
    if (this.#echo?.sentAt === undefined) return hindered(noRoom);
    this.#notes.isSilent = true;
    return failed("L4TOUT", `no reply within ${formatSeconds(this.#target.check.timeoutMs)}`);
  }

  close(): void {
    if (this.#echo) this.#hub?.withdraw(this.#echo);
    this.#echo = undefined;
  }

  #failed(failure: Failure): void {
    this.#report(failedBy("L4CON", failure));
  }
}
