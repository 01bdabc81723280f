import { roleOfMethod } from "../access/mod.ts";
import type { CheckerObserver } from "../checker/mod.ts";
import { type Budget, clientKinds, type ConnectionObserver } from "../port/mod.ts";
import { type PortName, portNames } from "../port/mod.ts";
import { probeCodes } from "../probes/mod.ts";
import { isPass } from "../probing/mod.ts";
import { type AuditObserver, type RpcCode, rpcCodes } from "../rpc/mod.ts";
import type { RpcMethod, RpcObserver } from "../rpc/mod.ts";
import type { VppObserver } from "../vpp/mod.ts";
import { type Collector, collector } from "./exposition.ts";
import {
  daemonFamilies,
  healthFamilies,
  probeFamilies,
  rpcFamilies,
  vppFamilies,
} from "./families.ts";
import { CounterTable, HistogramTable } from "./series.ts";

/** Probes and transitions, by backend. */
export function probeTables() {
  const probes = new CounterTable(probeFamilies.probes);
  const durations = new HistogramTable(probeFamilies.probeDuration);
  const transitions = new CounterTable(healthFamilies.backendTransitions);
  const observer: CheckerObserver = {
    probesDone(backend, type, { codes, buckets, seconds }) {
      for (const [index, code] of probeCodes.entries()) {
        const count = codes[index] ?? 0;
        if (count > 0) probes.add(count, backend, type, isPass(code) ? "success" : "failure", code);
      }
      if (buckets.some((count) => count > 0)) durations.add(buckets, seconds, backend, type);
    },
    transition: (backend, from, to) => transitions.increment(backend, from, to),
    removed(backend) {
      for (const table of [probes, durations, transitions]) table.drop(backend);
    },
  };
  return { tables: [probes, durations, transitions], observer };
}

/** Messages to and from VPP, and changes made to it. */
export function vppTables() {
  const api = new CounterTable(vppFamilies.api);
  const lbSync = new CounterTable(vppFamilies.lbSync);
  const altered = new CounterTable(vppFamilies.altered);
  const observer: VppObserver = {
    apiMessage: (msg, direction, result) => api.increment(msg, direction, result),
    lbSync: (scope, kind) => lbSync.increment(scope, kind),
    altered: () => altered.increment(),
  };
  return { tables: [api, lbSync, altered], observer, touch: () => altered.touch() };
}

/** Calls, by method; all of them at zero from the start. */
export function rpcTables(methods: readonly RpcMethod[]) {
  const started = new CounterTable(rpcFamilies.started);
  const handled = new CounterTable(rpcFamilies.handled);
  const received = new CounterTable(rpcFamilies.received);
  const sent = new CounterTable(rpcFamilies.sent);
  const handling = new HistogramTable(rpcFamilies.handling);
  const audit = new CounterTable(rpcFamilies.audit);
  for (const { service, method, type } of methods) {
    for (const table of [started, received, sent, handling]) table.touch(method, service, type);
    for (const code of rpcCodes) handled.touch(method, service, type, code);
    if (roleOfMethod(`${service}/${method}`) === "view") continue;
    for (const code of ["OK", "PermissionDenied"] satisfies RpcCode[]) audit.touch(method, code);
  }
  const observer: RpcObserver & AuditObserver = {
    started: ({ service, method, type }) => started.increment(method, service, type),
    handled({ service, method, type }, code, seconds) {
      handled.increment(method, service, type, code);
      handling.observe(seconds, method, service, type);
    },
    msgReceived: ({ service, method, type }) => received.increment(method, service, type),
    msgSent: ({ service, method, type }) => sent.increment(method, service, type),
    audited: (method, result) => audit.increment(method, result),
  };
  return { tables: [started, handled, received, sent, handling, audit], observer };
}

/** Connections, by server. */
export function connectionTables() {
  const total = new CounterTable(daemonFamilies.connectionsTotal);
  const delays = new CounterTable(daemonFamilies.connectionDelays);
  const open = new Map<PortName, number>(portNames.map((name) => [name, 0]));
  for (const name of portNames) {
    for (const clients of clientKinds) delays.touch(name, clients);
    for (const result of ["accepted", "refused", "displaced", "failed"]) total.touch(name, result);
  }
  const count = (name: PortName, more: number) => open.set(name, (open.get(name) ?? 0) + more);
  const observer = (name: PortName): ConnectionObserver => ({
    opened() {
      total.increment(name, "accepted");
      count(name, 1);
    },
    closed: () => void count(name, -1),
    refused: () => total.increment(name, "refused"),
    displaced: () => total.increment(name, "displaced"),
    failed: () => total.increment(name, "failed"),
    delayed: (clients) => delays.increment(name, clients),
  });
  const now = collector(daemonFamilies.connections, () => [...open].map(([name, n]) => [n, name]));
  return { tables: [total, delays, now], observer };
}

/** What clients use of what they may, by budget. */
export function budgetCollectors(budgets: () => Iterable<Budget>): readonly Collector[] {
  const of = (figure: (budget: Budget) => number) => () =>
    [...budgets()].map((budget) => [figure(budget), budget.name] as const);
  return [
    collector(daemonFamilies.budgetUsed, of(({ used }) => used)),
    collector(daemonFamilies.budgetLimit, of(({ limit }) => limit)),
    collector(daemonFamilies.budgetRefused, of(({ refused }) => refused)),
  ];
}

/** What happens to the daemon itself. */
export function daemonTables() {
  const reloads = new CounterTable(daemonFamilies.reloads);
  const unhandled = new CounterTable(daemonFamilies.unhandled);
  const loopLag = new HistogramTable(daemonFamilies.loopLag);
  for (const result of ["success", "failure"]) reloads.touch(result);
  const taskFailures = new CounterTable(daemonFamilies.taskFailures);
  unhandled.touch();
  loopLag.touch();
  taskFailures.touch("vpp-link");
  return {
    tables: [reloads, unhandled, taskFailures, loopLag],
    ...{ reloads, unhandled, taskFailures, loopLag },
  };
}
