import { create, fromBinary, fromJsonString, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { openCallSlots } from "../../../lib/api/limits.ts";
import { type MaglevDeps, maglevRpcs } from "../../../lib/api/service.ts";
import { EventHub } from "../../../lib/api/watch/hub.ts";
import { OperatorError } from "../../../lib/events/mod.ts";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import { Budgets } from "../../../lib/port/budget.ts";
import { answerOf } from "../../../lib/rpc/answer.ts";
import { toConnectError } from "../../../lib/rpc/errors.ts";
import type { CallContext } from "../../../lib/rpc/rpc.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import type { VppService } from "../../../lib/vpp/mod.ts";
import { operatorAt } from "../../rpc/support/callers.ts";
import { anyStatus } from "./any_status.ts";
import { CheckerBed } from "./checker_bed.ts";
import { watchBudgets } from "./watch.ts";
import assert from "node:assert/strict";

export type UnaryName = {
  [Name in keyof typeof Maglev.method]: (typeof Maglev.method)[Name]["methodKind"] extends "unary"
    ? Name
    : never;
}[keyof typeof Maglev.method];

/** Answers unary calls from a table with a checker in the test's hands behind it. */
export class Service {
  readonly bed: CheckerBed;
  readonly #rpcs: ReturnType<typeof maglevRpcs>;

  constructor(deps: Partial<MaglevDeps> = {}, bed = new CheckerBed()) {
    this.bed = bed;
    this.#rpcs = maglevRpcs({ ...allDeps(bed), ...deps });
  }

  async call(
    name: UnaryName,
    request: object = {},
    how: Partial<CallContext> = {},
  ): Promise<Message> {
    const method = Maglev.method[name];
    const rpc = this.#rpcs.find((each) => each.method === method);
    assert.ok(rpc?.kind === "unary");
    const { signal } = new AbortController();
    const context = { signal, principal: operatorAt("192.0.2.7"), binary: true, ...how };
    const asked = create(method.input, request);
    const said = await rpc.call(asked, context);
    const reply = await rpc.settle?.(asked, said, context) ?? said;
    const { message } = answerOf(method.output, reply, context.binary);
    if (context.binary) return fromBinary(method.output, message);
    return fromJsonString(method.output, new TextDecoder().decode(message));
  }

  async refusal(name: UnaryName, request: object = {}): Promise<[code: string, text: string]> {
    const error = await this.call(name, request).then(() => undefined, toConnectError);
    assert.ok(error instanceof ConnectError, `${name} was not refused`);
    return [Code[error.code], error.rawMessage];
  }
}

/** A checker, no VPP, a configuration file that is always fine. */
export function allDeps({ checker, journal, stream: events, log }: CheckerBed): MaglevDeps {
  const clock = new FakeClock();
  const hub = new EventHub({
    ...{ checker, journal, logs: log, clock, streamId: "here" },
    limits: { count: 1, bytes: 1 },
    budgets: watchBudgets(),
  });
  const config = {
    check: () => Promise.resolve({ kind: "ok" } as const),
    foresee: () => Promise.resolve({ kind: "ok" } as const),
    reload: () => Promise.resolve({ kind: "ok" } as const),
  };
  const calls = openCallSlots(new Budgets(log, clock));
  return { checker, journal, events, vpp: undefined, config, hub, clock, calls, status: anyStatus };
}

export const vpp: VppService = {
  info: () => undefined,
  step: () => undefined,
  complaint: () => undefined,
  away: () => undefined,
  warmup: () => ({ phase: "over" }),
  counters: () => undefined,
  state: () => Promise.reject(new OperatorError("unavailable", "VPP did not answer lb_vip_dump")),
  plan: () => Promise.resolve({ changes: [], moves: [] }),
  foresee: () => Promise.resolve({ changes: [], moves: [] }),
  sync: () => Promise.reject(new OperatorError("failed-precondition", "warming up for 3 s more")),
};
