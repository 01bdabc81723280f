import type { CheckerEvent, CheckerView } from "../../checker/mod.ts";
import type { Logger } from "../../log/mod.ts";
import { type FlushLedger, sharedAddresses, vipId, vipKeyOf } from "../lb/mod.ts";

/** What the checker's events lead to. */
export interface ReconcilerContext {
  readonly checker: CheckerView;
  readonly ledger: FlushLedger;
  readonly log: Logger;
  /** These frontends are to be synced. */
  readonly changed: (frontends: readonly string[]) => void;
  /** The configuration is another one. */
  readonly reloaded: () => void;
}

/** Turns events of the checker into syncs. Returns what ends it. */
export function reconcile(context: ReconcilerContext): () => void {
  warnOfSharedAddresses(context);
  return context.checker.subscribe((event) => onEvent(event, context));
}

function onEvent(event: CheckerEvent, context: ReconcilerContext): void {
  const { log } = context;
  switch (event.kind) {
    case "backend": {
      const { backend, frontends, transition: { from, to } } = event;
      log.debug("vpp-reconciler-event", { backend, from, to, frontends });
      return context.changed(frontends);
    }
    case "weight": {
      const { backend, frontend, pool, weight, flush } = event;
      log.debug("vpp-reconciler-event", { backend, frontend, pool, weight, flush });
      if (flush) requestFlush(event, context);
      return context.changed([frontend]);
    }
    case "frontend":
      // A consequence of what was told before.
      return;
    case "reload":
      log.debug("vpp-reconciler-event", { reload: true });
      warnOfSharedAddresses(context);
      return context.reloaded();
    default:
      return event satisfies never;
  }
}

function requestFlush(
  { frontend, backend }: Extract<CheckerEvent, { readonly kind: "weight" }>,
  { checker, ledger }: ReconcilerContext,
): void {
  const snapshot = checker.frontend(frontend);
  const address = checker.config.backends.get(backend)?.address;
  if (snapshot && address) ledger.request(vipId(vipKeyOf(snapshot.config)), address.text);
}

/** Allowed, but seldom meant: see mergeServers in lb/desired.ts. */
function warnOfSharedAddresses({ checker, log }: ReconcilerContext): void {
  const { frontends, backends } = checker.config;
  for (const frontend of frontends.values()) {
    const shared = sharedAddresses(frontend, (name) => backends.get(name)?.address);
    if (shared.length === 0) continue;
    log.warn("vpp-shared-address", {
      frontend: frontend.name,
      addresses: shared,
      err: "backends with one address are one server to VPP: their largest weight counts",
    });
  }
}
