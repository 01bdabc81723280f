import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CheckerControl, CheckerView } from "../checker/mod.ts";
import {
  ListHealthChecksResponseSchema,
  Maglev,
  SyncVPPLBStateResponseSchema,
} from "../gen/maglev_pb.ts";
import type { SyncVPPLBStateRequest } from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import { checkOutcomeToProto, reloadOutcomeToProto } from "./convert/config.ts";
import { backendToProto } from "./convert/backend.ts";
import { frontendToProto } from "./convert/frontend.ts";
import { healthcheckToProto } from "./convert/healthcheck.ts";
import { countersToProto, lbStateToProto, planToProto, vppInfoToProto } from "./convert/vpp.ts";
import { notFound } from "./errors.ts";
import type { EventHub } from "./event_hub.ts";
import { listBackends, listFrontends } from "./lists.ts";
import { serverStream, unary } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";
import type { ConfigService } from "./types.ts";
import { watchEvents } from "./watch.ts";

/** What the Maglev service answers from. */
export interface MaglevDeps {
  readonly checker: CheckerView & CheckerControl;
  /** Undefined when VPP integration is off. */
  readonly vpp: VppService | undefined;
  readonly config: ConfigService;
  readonly hub: EventHub;
  readonly clock: Clock;
}

/** The service `maglev.Maglev`, one row per RPC, in the order of the wire contract. */
export function maglevRpcs(deps: MaglevDeps): readonly Rpc[] {
  return [...showRpcs(deps), ...steerRpcs(deps), ...configRpcs(deps), ...vppRpcs(deps)];
}

function showRpcs({ checker, hub, clock }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  return [
    unary(m.listFrontends, ({ details }, context) => {
      return listFrontends(checker, clock, details ? context : undefined);
    }),
    unary(m.getFrontend, ({ name }) => showFrontend(checker, name)),
    unary(m.listBackends, ({ details }, context) => {
      return listBackends(checker, clock, details ? context : undefined);
    }),
    unary(m.getBackend, ({ name }) => {
      const backend = checker.backend(name);
      if (!backend) throw notFound("backend", name);
      return backendToProto(backend);
    }),
    unary(m.listHealthChecks, () => {
      return create(ListHealthChecksResponseSchema, { names: [...checker.healthcheckNames()] });
    }),
    unary(m.getHealthCheck, ({ name }) => {
      const check = checker.healthcheck(name);
      if (!check) throw notFound("healthcheck", name);
      return healthcheckToProto(check);
    }),
    serverStream(m.watchEvents, (req, context) => watchEvents(hub, req, context)),
  ];
}

function showFrontend(checker: CheckerView, name: string) {
  const frontend = checker.frontend(name);
  if (!frontend) throw notFound("frontend", name);
  return frontendToProto(frontend, (backend) => checker.backend(backend)?.state);
}

function steerRpcs({ checker }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  return [
    unary(m.pauseBackend, ({ name }) => backendToProto(checker.pause(name))),
    unary(m.resumeBackend, ({ name }) => backendToProto(checker.resume(name))),
    unary(m.enableBackend, ({ name }) => backendToProto(checker.enable(name))),
    unary(m.disableBackend, ({ name }) => backendToProto(checker.disable(name))),
    unary(m.setFrontendPoolBackendWeight, ({ frontend, pool, backend, weight, flush }) => {
      if (weight < 0 || weight > 100) {
        throw new ConnectError(`weight ${weight} is outside 0-100`, Code.InvalidArgument);
      }
      const changed = checker.setWeight(frontend, pool, backend, weight, flush);
      return frontendToProto(changed, (name) => checker.backend(name)?.state);
    }),
  ];
}

function configRpcs({ config }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  return [
    unary(m.checkConfig, async () => checkOutcomeToProto(await config.check())),
    unary(m.reloadConfig, async () => reloadOutcomeToProto(await config.reload())),
  ];
}

function vppRpcs({ vpp }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  return [
    unary(m.getVPPInfo, () => vppInfoToProto(present(enabled(vpp).info()))),
    unary(m.getVPPLBState, async (_, { signal }) => {
      return lbStateToProto(await enabled(vpp).state(signal));
    }),
    unary(m.syncVPPLBState, async (req, { signal }) => {
      await enabled(vpp).sync(scope(req), signal);
      return create(SyncVPPLBStateResponseSchema);
    }),
    unary(m.getVPPLBCounters, () => countersToProto(present(enabled(vpp).counters()))),
    unary(m.planVPPLBState, async (req, { signal }) => {
      return planToProto(await enabled(vpp).plan(scope(req), signal));
    }),
  ];
}

/** An empty name means everything, as it always has for this field's clients. */
function scope({ frontendName }: Pick<SyncVPPLBStateRequest, "frontendName">): string | undefined {
  return frontendName === "" ? undefined : frontendName;
}

function enabled(vpp: VppService | undefined): VppService {
  if (!vpp) throw new ConnectError("VPP integration is disabled", Code.Unavailable);
  return vpp;
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ConnectError("not connected to VPP", Code.Unavailable);
  return value;
}
