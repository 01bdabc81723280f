import { isMessage } from "@bufbuild/protobuf";
import type { CheckerView, WeightPlace } from "../checker/mod.ts";
import { describeContents } from "../config/mod.ts";
import { ReloadConfigResponseSchema } from "../gen/maglev_pb.ts";
import type { Operation, ReloadConfigResponse } from "../gen/maglev_pb.ts";
import type { AuditedChange, Reply } from "../rpc/mod.ts";

/** Operations that an audit names of one call. */
const operationsNamed = 5;

/** What is about to be done to a backend. */
export function auditedBackend(checker: CheckerView, name: string): AuditedChange {
  return { target: `backend ${name}`, state: () => backendState(checker, name) };
}

/** A weight that is about to be changed. */
export function auditedWeight(checker: CheckerView, place: WeightPlace): AuditedChange {
  const { frontend, pool, backend } = place;
  return {
    target: `backend ${backend} in pool ${pool} of frontend ${frontend}`,
    state: () => weightState(checker, place),
  };
}

/** Several operations that are about to be done together, be they possible or not. */
export function auditedOperations(
  checker: CheckerView,
  operations: readonly Operation[],
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
function auditedParts(checker: CheckerView, operation: Operation): AuditedChange[] {
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
