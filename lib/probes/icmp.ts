import type { IcmpCheck } from "../config/mod.ts";
import type { Failure } from "../net/mod.ts";
import {
  type Attempt,
  failed,
  failedBy,
  type Outcome,
  passed,
  type Probe,
  type ProbeContext,
} from "./attempt.ts";
import type { EchoUser, IcmpHub, PendingEcho } from "./icmp_hub.ts";
import { formatSeconds } from "./seconds.ts";
import type { ProbeTarget } from "./types.ts";

const replied = passed("L4OK", "echo reply");

/** One ICMP echo. */
export const probeIcmp: Probe<IcmpCheck> = (context, target, _check, report) => {
  const attempt = new IcmpAttempt(target, report);
  attempt.begin(context);
  return attempt;
};

class IcmpAttempt implements Attempt, EchoUser {
  readonly #target: ProbeTarget;
  readonly #report: (outcome: Outcome) => void;
  heardAt: number | undefined;
  /** Nothing has to be done after the start, so nothing can be held up. */
  readonly heldUpMs = 0;
  #hub: IcmpHub | undefined;
  #echo: PendingEcho | undefined;

  constructor(target: ProbeTarget, report: (outcome: Outcome) => void) {
    this.#target = target;
    this.#report = report;
  }

  begin(context: ProbeContext): void {
    const { address, check, netns } = this.#target;
    const source = address.family === 4 ? check.probeIpv4Source : check.probeIpv6Source;
    const hub = context.icmp.get({ family: address.family, netns, source });
    if ("reason" in hub) return this.#failed(hub);
    const echo = hub.send(address, this);
    if ("reason" in echo) return this.#failed(echo);
    this.#hub = hub;
    this.#echo = echo;
  }

  replied(heardAt: number): void {
    this.heardAt = heardAt;
    this.#report(replied);
  }

  unreachable(heardAt: number, reason: string): void {
    this.heardAt = heardAt;
    this.#report(failed("L4CON", reason));
  }

  timedOut(): Outcome {
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
