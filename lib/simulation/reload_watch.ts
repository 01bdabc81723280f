import type { CheckerView } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";

/** Hears what else changes something while a reload goes on. */
export class ReloadWatch {
  /** A probe, or an operator. */
  isOther = false;
  /** Time alone. */
  isTime = false;

  /** A reload begins. */
  begin(): void {
    this.isOther = this.isTime = false;
  }

  /** Takes in an event of `checker`. */
  hear(event: MaglevEvent, checker: CheckerView): void {
    this.isOther ||= ["probe", "operator"].includes(event.cause.kind);
    this.isTime ||= isTimed(event, checker);
  }
}

/** Whether time alone has brought an event about: a measure of safety goes on, or is over. */
function isTimed(event: MaglevEvent, checker: CheckerView): boolean {
  if (event.cause.kind !== "safety") return false;
  switch (event.kind) {
    case "drain":
      return true;
    case "safety":
      return event.measure !== "fail-open";
    case "weight":
      return (checker.config.frontends.get(event.frontend)?.slowStartMs ?? 0) > 0;
    default:
      return false;
  }
}
