import type { CheckerView } from "../checker/mod.ts";
import type { EventData, MaglevEvent } from "../events/mod.ts";
import type { LogAttributes, Logger } from "../log/mod.ts";
import { vipKeyOf } from "./state/desired.ts";
import type { Ledger } from "./state/ledger.ts";
import { vipId } from "./state/vip.ts";

/** What the checker's events lead to. */
export interface ReconcilerContext {
  readonly checker: CheckerView;
  readonly ledger: Ledger;
  readonly log: Logger;
  /** These frontends are to be synced; `by` says whether it is because of what a probe found. */
  readonly changed: (frontends: readonly string[], by: "probe" | "other") => void;
  /** The configuration is another one. */
  readonly reloaded: () => void;
}

/** Turns events of the checker into syncs. Returns what ends it. */
export function reconcile(context: ReconcilerContext): () => void {
  return context.checker.events.subscribe((event) => onEvent(event, context));
}

function onEvent(event: MaglevEvent, context: ReconcilerContext): void {
  const { log } = context;
  const by = event.cause.kind === "probe" ? "probe" : "other";
  switch (event.kind) {
    case "backend": {
      const { backend, frontends, transition: { from, to } } = event;
      return allChanged(frontends, by, { backend, from, to }, context);
    }
    case "drain": {
      const { backend, frontends, change: drain } = event;
      return allChanged(frontends, by, { backend, drain }, context);
    }
    case "safety": {
      const { frontend, backend, measure, change } = event;
      if (frontend === "") return;
      log.debug("vpp-reconciler-event", {
        frontend,
        backend: backend || undefined,
        [measure]: change,
      });
      // Who keeps its weight of 0 may have to be flushed, or not any more.
      return context.changed([frontend], by);
    }
    case "weight": {
      const { backend, frontend, pool, effective: { from, to }, flush } = event;
      log.debug("vpp-reconciler-event", {
        frontend,
        pool,
        backend,
        weight: `${from} -> ${to}`,
        flush,
      });
      if (flush) requestFlush(event, context);
      return context.changed([frontend], by);
    }
    case "reload":
      if (event.result === "rejected") return;
      log.debug("vpp-reconciler-event", { reload: true });
      return context.reloaded();
    case "frontend":
    case "pool":
    case "operator":
    case "override":
    case "vpp":
    case "probing":
    case "audit":
      // Consequences or causes of what is told besides, or our own.
      return;
    default:
      return event satisfies never;
  }
}

function allChanged(
  frontends: readonly string[],
  by: "probe" | "other",
  attributes: LogAttributes,
  { log, changed }: ReconcilerContext,
): void {
  for (const frontend of log.enabled("debug") ? frontends : []) {
    log.debug("vpp-reconciler-event", { frontend, ...attributes });
  }
  changed(frontends, by);
}

function requestFlush(
  { frontend, backend }: EventData<"weight">,
  { checker, ledger }: ReconcilerContext,
): void {
  const snapshot = checker.frontend(frontend);
  const address = checker.config.backends.get(backend)?.address;
  if (snapshot && address) ledger.request(vipId(vipKeyOf(snapshot.config)), address.text);
}
