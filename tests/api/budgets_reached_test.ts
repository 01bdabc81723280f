/** Every budget at its default: all of it can be had, and no more. */

import { create } from "@bufbuild/protobuf";
import { EventHub } from "../../lib/api/watch/hub.ts";
import { SharedEvent, watchFilter } from "../../lib/api/watch/stream.ts";
import { EventSchema, LogEventSchema, WatchRequestSchema } from "../../lib/gen/maglev_pb.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { budgetList } from "../../lib/metrics/mod.ts";
import { Scrapes } from "../../lib/metrics/scrapes.ts";
import { Budget } from "../../lib/port/budget.ts";
import { Outbox } from "../../lib/port/outbox.ts";
import { PeerShares, type SharedBudgetSpec } from "../../lib/port/peer_shares.ts";
import { prefixOf } from "../../lib/port/prefix.ts";
import { Intake } from "../../lib/rpc/intake.ts";
import { connectionShares } from "../../lib/rpc/limits.ts";
import { Backlog } from "../../lib/rpc/queue.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { operatorAt } from "../rpc/support/callers.ts";
import { until } from "../support/until.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { watchBudgets } from "./support/watch.ts";
import assert from "node:assert/strict";
import * as port from "../../lib/port/limits.ts";
import * as budget from "../../lib/api/limits.ts";

const mebibyte = 1024 * 1024;

/** How a budget is used. */
interface Use {
  /** What each `take` takes of it; 1 unless given. */
  readonly amount?: number;
  /** Takes it for the `n`th time; whether there was so much. */
  take(n: number): boolean | Promise<boolean>;
  /** Lets go of everything. */
  end?(): unknown;
}

type Way = (budget: Budget) => Use;

/** Peers of whom each takes all that it may have: strangers of many networks, then this machine. */
function peerOf(n: number, { limit, reserved, perPrefix }: SharedBudgetSpec): string {
  const network = Math.floor(n / perPrefix);
  return n < limit - reserved ? `198.18.${network >> 8}.${network & 255}` : "127.0.0.1";
}

const connections = (name: port.PortName): Way => (opened) => {
  const spec = port.connectionBudget(name, port.connectionLimits(name, Infinity));
  const shares = new PeerShares(opened, spec);
  return { take: (n) => shares.take(prefixOf(peerOf(n, spec))) === undefined };
};

const requests = (name: port.PortName): Way => (opened) => {
  const spec = port.requestBudget(name, port.requestLimits(name));
  const shares = new PeerShares(opened, spec);
  return { take: (n) => typeof shares.claim(prefixOf(peerOf(n, spec))) === "object" };
};

const handshakes = (name: port.PortName): Way => (opened) => {
  const spec = port.handshakeBudget(name);
  const shares = new PeerShares(opened, spec);
  return { take: (n) => typeof shares.claim(prefixOf(peerOf(n, spec))) === "object" };
};

const calls = (name: budget.CallClass): Way => (opened) => {
  const spec = budget.callClasses[name];
  const slots = new budget.CallSlots(new PeerShares(opened, spec));
  const end = Promise.withResolvers<void>();
  return {
    take(n) {
      const { refused } = opened;
      slots.run({ principal: operatorAt(peerOf(n, spec)) }, () => end.promise).catch(() => {});
      return opened.refused === refused;
    },
    end: end.resolve,
  };
};

const requestBytes: Way = (opened) => {
  const { requests: most } = connectionShares;
  const intake = new Intake(opened, most);
  return { amount: most, take: () => intake.take({}, most) };
};

const answerBytes: Way = (opened) => {
  const { answers: most } = connectionShares;
  const outbox = new Outbox(opened, most);
  return {
    amount: most,
    take() {
      const { refused } = opened;
      try {
        outbox.hold({}, new Uint8Array(most));
      } catch {
        return opened.refused === refused;
      }
      return true;
    },
  };
};

const watchers = (log: "debug" | undefined): Way => (opened) => {
  const bed = new CheckerBed();
  const { checker, journal, log: logs, clock } = bed;
  const hub = new EventHub({
    ...{ checker, journal, logs, clock, streamId: "here", limits: { count: 10, bytes: 1_000 } },
    budgets: { ...watchBudgets(), [log ? "debugWatchers" : "watchers"]: opened },
  });
  const filter = watchFilter(create(WatchRequestSchema, { backend: false, frontend: false }));
  const open = async () => void await hub.watch(log ? { ...filter, log } : filter);
  return {
    take: () => open().then(() => true, () => false),
    end: () => bed[Symbol.dispose](),
  };
};

const backlog: Way = (opened) => {
  const entryBytes = 16;
  const room = new Backlog(opened);
  const queue = { bytes: 0, shed: () => {} };
  const event = () => {
    const log = create(LogEventSchema, { msg: "x".repeat(mebibyte) });
    return new SharedEvent(create(EventSchema, { event: { case: "log", value: log } }));
  };
  const { bytes } = event();
  return { amount: bytes + entryBytes, take: () => room.add(event(), bytes, queue) };
};

const scrapes: Way = (opened) => {
  const pieces: PromiseWithResolvers<Uint8Array<ArrayBuffer>>[] = [Promise.withResolvers()];
  const render = async function* () {
    for (let n = 0;; n++) yield await (pieces[n] ??= Promise.withResolvers()).promise;
  };
  const scrapes = new Scrapes(render, opened, new FakeClock(), silentLogger);
  scrapes.read("identity");
  return {
    amount: mebibyte,
    async take(n) {
      const { used, refused } = opened;
      (pieces[n] ??= Promise.withResolvers()).resolve(new Uint8Array(mebibyte));
      await until(() => opened.used !== used || opened.refused !== refused);
      return opened.refused === refused;
    },
  };
};

const ways: Readonly<Record<string, Way>> = {
  "grpc-connections": connections("grpc"),
  "metrics-connections": connections("metrics"),
  "grpc-requests": requests("grpc"),
  "metrics-requests": requests("metrics"),
  "grpc-handshakes": handshakes("grpc"),
  "metrics-handshakes": handshakes("metrics"),
  "request-bytes": requestBytes,
  "answer-bytes": answerBytes,
  "watchers": watchers(undefined),
  "debug-watchers": watchers("debug"),
  "watch-backlog-bytes": backlog,
  "own-request-bytes": requestBytes,
  "own-answer-bytes": answerBytes,
  "own-watchers": watchers(undefined),
  "own-debug-watchers": watchers("debug"),
  "own-watch-backlog-bytes": backlog,
  "check-calls": calls("checks"),
  "reload-calls": calls("reloads"),
  "vpp-read-calls": calls("vppReads"),
  "vpp-sync-calls": calls("vppSyncs"),
  "list-calls": calls("lists"),
  "archive-calls": calls("archive"),
  "scrape-bytes": scrapes,
  "own-scrape-bytes": scrapes,
};

Deno.test("there is a way to reach every budget", () => {
  const names = budgetList.map(({ name }) => name);
  assert.deepEqual(Object.keys(ways).sort(), names.sort());
});

for (const spec of budgetList) {
  Deno.test(`all ${spec.name} can be had, and no more`, async () => {
    const opened = new Budget(spec);
    const use = ways[spec.name]?.(opened);
    assert.ok(use);
    const { amount = 1 } = use;
    const most = Math.floor(spec.limit / amount);
    for (let n = 0; n < most; n++) assert.ok(await use.take(n), `number ${n} of ${most}`);
    assert.equal(opened.used, most * amount);
    assert.equal(await use.take(most), false, `${most} are all`);
    assert.ok(opened.used <= spec.limit);
    await use.end?.();
  });
}

/** Those that are shared out by networks. */
const shared: readonly SharedBudgetSpec[] = [
  ...port.portNames.flatMap((name) => [
    port.connectionBudget(name, port.connectionLimits(name, Infinity)),
    port.requestBudget(name, port.requestLimits(name)),
  ]),
  ...Object.values(budget.callClasses),
];

Deno.test("one network gets its part of what is shared out, and strangers leave what is reserved", () => {
  for (const spec of shared) {
    const shares = new PeerShares(new Budget(spec), spec);
    const one = prefixOf("2001:db8::1");
    for (let n = 0; n < spec.perPrefix; n++) assert.equal(shares.take(one), undefined, spec.name);
    assert.equal(shares.take(one), "prefix", spec.name);
    const others = spec.limit - spec.reserved - spec.perPrefix;
    for (let n = 0; n < others; n++) {
      assert.equal(shares.take(prefixOf(peerOf(n, spec))), undefined, spec.name);
    }
    assert.equal(shares.take(prefixOf("203.0.113.1")), "total", spec.name);
    assert.equal(shares.take(prefixOf("::1")), undefined, spec.name);
  }
});
