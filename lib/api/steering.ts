import { create, isMessage } from "@bufbuild/protobuf";
import type {
  CheckerControl,
  CheckerView,
  Operation,
  Outcome,
  Verb,
  WeightPlace,
} from "../checker/mod.ts";
import { describeContents } from "../config/mod.ts";
import type { Actor } from "../events/mod.ts";
import {
  type BackendInfo,
  type BackendRequest,
  Maglev,
  type OperateRequest,
  type OperateResponse,
  OperateResponseSchema,
  type Operation as WireOperation,
  type ReloadConfigResponse,
  ReloadConfigResponseSchema,
} from "../gen/maglev_pb.ts";
import {
  type AuditedChange,
  type CallContext,
  change,
  invalid,
  messageInSlices,
  quoted,
  type Reply,
  type Rpc,
} from "../rpc/mod.ts";
import { type Clock, yieldIfDue } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import { shownBackend, shownFrontend } from "./convert/objects.ts";
import { outcomeInSlices, outcomeToProto } from "./convert/outcome.ts";

/** Keeps what operators say beyond the end of the process. */
export interface Memory {
  /**
   * Keeps at once what was said of these, by name. Resolves to why it is not kept, or to undefined
   * when it is; soon in any case.
   */
  kept(concerned: {
    readonly backends: readonly string[];
    readonly frontends: readonly string[];
  }): Promise<string | undefined>;
}

/** What one call may touch: each backend takes some microseconds during which all others wait. */
const mostOperations = 1_000;

/** What the RPCs by which operators steer are answered from. */
export interface SteeringDeps {
  readonly checker: CheckerView & CheckerControl;
  readonly memory?: Memory | undefined;
  readonly clock: Clock;
  /** Where the changes end up; absent: VPP is turned off. */
  readonly vpp?: Pick<VppService, "away"> | undefined;
}

/** The RPCs by which operators change states and weights, in the order of the wire contract. */
export function steeringRpcs({ checker, clock, memory, vpp }: SteeringDeps): readonly Rpc[] {
  const m = Maglev.method;
  const told = (outcome: Outcome) => outcomeToProto(outcome, vpp?.away());
  const steered = (
    operation: Operation & { readonly backend: string },
    dryRun: boolean,
    actor: Actor,
  ) => {
    const outcome = told(operate(checker, [operation], dryRun, actor));
    return Object.assign(shownBackend(checker, operation.backend), { outcome });
  };
  const steer = (action: Verb) => ({ name, dryRun }: BackendRequest, call: CallContext) =>
    steered({ action, backend: name }, dryRun, actorOf(call));
  const ofOperations = ({ operations }: OperateRequest) => auditedOperations(checker, operations);
  const ofBackend = ({ name }: { readonly name: string }) => auditedBackend(checker, name);
  const keep = async <T extends Pick<OperateResponse, "outcome">>(
    concerned: Concerned,
    answer: T,
  ): Promise<T> => {
    const reason = await memory?.kept(concerned);
    if (answer.outcome && reason !== undefined) answer.outcome.notKept = reason;
    return answer;
  };
  const write = (response: OperateResponse, { binary }: CallContext) =>
    messageInSlices(OperateResponseSchema, response, clock, binary);
  const keepBackend = ({ name }: { readonly name: string }, info: BackendInfo) =>
    keep({ backends: [name], frontends: [] }, info);
  return [
    change(m.pauseBackend, ofBackend, steer("pause"), keepBackend),
    change(m.resumeBackend, ofBackend, steer("resume"), keepBackend),
    change(m.enableBackend, ofBackend, steer("enable"), keepBackend),
    change(m.disableBackend, ofBackend, steer("disable"), keepBackend),
    change(m.drainBackend, ofBackend, ({ name, dryRun, deadlineNs }, call) => {
      const operation = { action: "drain", backend: name, ...deadlineOf(deadlineNs) } as const;
      return steered(operation, dryRun, actorOf(call));
    }, keepBackend),
    change(
      m.setFrontendPoolBackendWeight,
      (request) => auditedWeight(checker, request),
      ({ dryRun, ...request }, call) => {
        const { frontend, pool, backend, weight, flush } = request;
        const operation = weightOperation({ frontend, pool, backend, weight, flush });
        const outcome = operate(checker, [operation], dryRun, actorOf(call));
        const info = shownFrontend(checker, frontend);
        info.outcome = told(outcome);
        return info;
      },
      ({ frontend }, info) => keep({ backends: [], frontends: [frontend] }, info),
    ),
    change(m.operate, ofOperations, async ({ operations, dryRun }, call) => {
      const wanted = operations.flatMap(operationsOf);
      if (wanted.length > mostOperations) {
        throw invalid(`${wanted.length} operations at a time, of ${mostOperations} at most`);
      }
      const outcome = dryRun
        ? await checker.foreseeMany(wanted)
        : await checker.operateMany(wanted, actorOf(call));
      await yieldIfDue(clock);
      const response = create(OperateResponseSchema, {
        outcome: await outcomeInSlices(outcome, vpp?.away(), clock),
      });
      return dryRun ? await write(response, call) : response;
    }, async ({ operations }, response, call) => {
      return await write(await keep(concernedBy(operations), response), call);
    }),
  ];
}

/** Who asks, as events tell it. */
export function actorOf({ principal: { name, peer } }: CallContext): Actor {
  return { name, from: peer };
}

function operate(
  checker: CheckerControl,
  operations: readonly Operation[],
  dryRun: boolean,
  actor: Actor,
): Outcome {
  return dryRun ? checker.foresee(operations) : checker.operate(operations, actor);
}

function operationsOf(wire: WireOperation): Operation[] {
  const { action, backends, frontend, pool, weight, flush } = wire;
  switch (action) {
    case "pause":
    case "resume":
    case "enable":
    case "disable":
      return backends.map((backend) => ({ action, backend }));
    case "drain":
      return backends.map((backend) => ({
        ...{ action, backend },
        ...deadlineOf(wire.drainDeadlineNs),
      }));
    case "weight":
      return backends.map((backend) => weightOperation({ frontend, pool, backend, weight, flush }));
    case "reset":
      return resetsOf(wire);
    case "reset-all":
      return [{ action }];
    default:
      throw invalid(`there is no action ${quoted(action)}`);
  }
}

/** A deadline in milliseconds; none for 0, which is that of the frontends. */
function deadlineOf(ns: bigint): { readonly deadlineMs?: number } {
  return ns === 0n ? {} : { deadlineMs: Number(ns) / 1e6 };
}

/** What is to be forgotten: of a frontend and its pool, of a frontend, or of backends. */
function resetsOf({ backends, frontend, pool }: WireOperation): Operation[] {
  if (frontend === "") return backends.map((backend) => ({ action: "reset", backend }));
  if (pool === "" && backends.length === 0) return [{ action: "reset-frontend", frontend }];
  return backends.map((backend) => ({ action: "reset-weight", frontend, pool, backend }));
}

type Concerned = Parameters<Memory["kept"]>[0];

/** What operations name. Whatever else they change is told by events before they are answered. */
function concernedBy(operations: readonly WireOperation[]): Concerned {
  const frontends = operations.map(({ frontend }) => frontend).filter((name) => name !== "");
  return { backends: operations.flatMap(({ backends }) => backends), frontends };
}

function weightOperation(place: Omit<WeightOperation, "action">): WeightOperation {
  if (place.weight < 0 || place.weight > 100) {
    throw invalid(`weight ${place.weight} is outside 0-100`);
  }
  return { action: "weight", ...place };
}

type WeightOperation = Extract<Operation, { readonly action: "weight" }>;

/** Operations that an audit names of one call. */
const operationsNamed = 5;

/** What is about to be done to a backend. */
function auditedBackend(checker: CheckerView, name: string): AuditedChange {
  return { target: `backend ${name}`, state: () => backendState(checker, name) };
}

/** A weight that is about to be changed. */
function auditedWeight(checker: CheckerView, place: WeightPlace): AuditedChange {
  const { frontend, pool, backend } = place;
  return {
    target: `backend ${backend} in pool ${pool} of frontend ${frontend}`,
    state: () => weightState(checker, place),
  };
}

/** Several operations that are about to be done together, be they possible or not. */
function auditedOperations(
  checker: CheckerView,
  operations: readonly WireOperation[],
): AuditedChange {
  const named = operations.slice(0, operationsNamed)
    .flatMap((operation) => auditedParts(checker, operation)).slice(0, operationsNamed);
  const all = operations.reduce((sum, { backends }) => sum + Math.max(1, backends.length), 0);
  const more = all > named.length ? [`${all - named.length} more`] : [];
  const joined = (texts: readonly string[]) =>
    [...texts.filter((text) => text !== ""), ...more].join("; ");
  return {
    target: joined(named.map(({ target }) => target)),
    state: () => joined(named.map(({ state }) => state())),
  };
}

/** What one of several is about: what it names of backends, else a frontend, else everything. */
function auditedParts(checker: CheckerView, operation: WireOperation): AuditedChange[] {
  const { action, backends, frontend, pool } = operation;
  if (backends.length === 0) {
    return [{
      target: frontend === "" ? action : `${action} frontend ${frontend}`,
      state: nothing,
    }];
  }
  return backends.slice(0, operationsNamed).map((backend) => {
    const audited = frontend === ""
      ? auditedBackend(checker, backend)
      : auditedWeight(checker, { frontend, pool, backend });
    return { ...audited, target: `${action} ${audited.target}` };
  });
}

const nothing = () => "";

/** The configuration is about to be loaded. */
export function auditedReload(checker: CheckerView, force: boolean): AuditedChange<Reply> {
  return {
    target: force ? "configuration, forced" : "configuration",
    state: () => describeContents(checker.config),
    failure: (reply) => isMessage(reply, ReloadConfigResponseSchema) ? reloadFailure(reply) : "",
  };
}

/** VPP is about to be brought in line. */
export function auditedSync(frontend: string | undefined): AuditedChange {
  return { target: frontend === undefined ? "" : `frontend ${frontend}`, state: nothing };
}

function reloadFailure(response: ReloadConfigResponse): string {
  const { ok, parseError, semanticError, reloadError } = response;
  return ok ? "" : parseError || semanticError || reloadError;
}

function backendState(checker: CheckerView, name: string): string {
  const backend = checker.backend(name);
  if (!backend) return "";
  const { state, drain } = backend;
  if (!drain) return state;
  return `${state}, ${drain.drainedAt === undefined ? "draining" : "drained"}`;
}

function weightState(checker: CheckerView, { frontend, pool, backend }: WeightPlace): string {
  const { pools = [] } = checker.frontend(frontend)?.config ?? {};
  const weight = pools.find(({ name }) => name === pool)
    ?.backends.find((each) => each.backend === backend)?.weight;
  return weight === undefined ? "" : `weight ${weight}`;
}
