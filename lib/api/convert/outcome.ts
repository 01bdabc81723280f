import { create } from "@bufbuild/protobuf";
import type {
  BackendOutcome,
  FrontendOutcome,
  FrontendStanding,
  Outcome,
  ReloadOutcome,
  WeightOutcome,
} from "../../checker/mod.ts";
import type { Config } from "../../config/mod.ts";
import type { Actor } from "../../events/mod.ts";
import {
  BackendOutcomeSchema,
  type CheckConfigResponse,
  CheckConfigResponseSchema,
  FrontendOutcomeSchema,
  FrontendStandingSchema,
  type Outcome as WireOutcome,
  OutcomeSchema,
  type ReloadConfigResponse,
  ReloadConfigResponseSchema,
  VPPForecastSchema,
  WeightOutcomeSchema,
} from "../../gen/maglev_pb.ts";
import { type Clock, mappedInSlices } from "../../time/mod.ts";
import type { VppAway, VppPlan } from "../../vpp/mod.ts";
import { configChangesToProto, eventWeight, overrideToProto } from "./events.ts";
import { awayToProto } from "./status.ts";
import { changesToProto, VppNames } from "./vpp.ts";

/** The result of checking the configuration file. Messages are for the operator. */
export type ConfigCheckOutcome =
  | {
    readonly kind: "ok";
    /** Settings without effect, or hardly meant so, a line each. */
    readonly warnings?: readonly string[];
    /** The effect of applying it; undefined where nobody asked. */
    readonly reload?: ReloadOutcome;
    /** What VPP is told for it; undefined where nobody asked, and with VPP off. */
    readonly vpp?: VppForecast | undefined;
  }
  | { readonly kind: "parse-error"; readonly message: string }
  | { readonly kind: "semantic-error"; readonly message: string };

/** What a reload tells VPP. */
export type VppForecast =
  | VppPlan & {
    readonly kind: "known";
    /** The configuration that is loaded. */
    readonly config: Config;
  }
  /** The reason is a clause for the operator. */
  | { readonly kind: "unknown"; readonly reason: string };

/** The result of applying the configuration file; nothing was changed unless `ok`. */
export type ConfigReloadOutcome =
  | ConfigCheckOutcome
  | { readonly kind: "reload-error"; readonly message: string }
  /** It takes too much out of service, and was not forced. */
  | { readonly kind: "refused"; readonly message: string; readonly reload: ReloadOutcome };

/** The configuration file, for the RPCs that check and reload it. */
export interface ConfigService {
  /** Validates the file without applying it. */
  check(): Promise<ConfigCheckOutcome>;
  /** Validates the file and tells what applying it would come to, without applying it. */
  foresee(): Promise<ConfigReloadOutcome>;
  /** Validates and applies the file, as SIGHUP does; `actor` is who asks. */
  reload(actor: Actor, isForced?: boolean): Promise<ConfigReloadOutcome>;
}

/** What a change comes to, as the wire tells it; `away` while VPP does not hear of it. */
export function outcomeToProto({ backends, frontends }: Outcome, away?: VppAway) {
  return create(OutcomeSchema, {
    ...(away && { vppAway: awayToProto(away) }),
    backends: backends.map(backendOutcomeToProto),
    frontends: frontends.map(frontendOutcomeToProto),
  });
}

/**
 * The same in slices: a hundred frontends with fifty weights each would hold the event loop for 10
 * ms.
 */
export async function outcomeInSlices(
  { backends, frontends }: Outcome,
  away: VppAway | undefined,
  clock: Clock,
): Promise<WireOutcome> {
  return create(OutcomeSchema, {
    ...outcomeToProto({ backends: [], frontends: [] }, away),
    backends: await mappedInSlices(backends, clock, (some) => some.map(backendOutcomeToProto)),
    frontends: await mappedInSlices(frontends, clock, (some) => some.map(frontendOutcomeToProto)),
  });
}

function backendOutcomeToProto({ backend, from, to }: BackendOutcome) {
  return create(BackendOutcomeSchema, { backendName: backend, stateFrom: from, stateTo: to });
}

function frontendOutcomeToProto(outcome: FrontendOutcome) {
  const { frontend, before, after, danger, weights, hasMore } = outcome;
  return create(FrontendOutcomeSchema, {
    frontendName: frontend,
    ...(before && { before: standingToProto(before) }),
    ...(after && { after: standingToProto(after) }),
    danger: danger ?? "",
    weights: weights.map(weightToProto),
    hasMore,
  });
}

function standingToProto({ state, activePool, weight }: FrontendStanding) {
  return create(FrontendStandingSchema, { state, activePool, weight });
}

function weightToProto({ pool, backend, configured, effective, share }: WeightOutcome) {
  return create(WeightOutcomeSchema, {
    poolName: pool,
    backendName: backend,
    configuredFrom: eventWeight(configured.from),
    configuredTo: eventWeight(configured.to),
    effectiveFrom: eventWeight(effective.from),
    effectiveTo: eventWeight(effective.to),
    shareFrom: share.from,
    shareTo: share.to,
  });
}

/** Changes and moves of a forecast: ten thousand would help nobody. */
const mostForeseen = 1_000;

/** What became of a check, as the wire tells it. */
export async function checkOutcomeToProto(
  outcome: ConfigCheckOutcome,
  clock: Clock,
): Promise<CheckConfigResponse> {
  return create(CheckConfigResponseSchema, {
    ...verdictOf(outcome),
    ...(outcome.kind === "ok" &&
      { ...await reloadToProto(outcome, clock), warnings: [...outcome.warnings ?? []] }),
  });
}

/** What became of a reload, as the wire tells it. */
export async function reloadOutcomeToProto(
  outcome: ConfigReloadOutcome,
  clock: Clock,
): Promise<ReloadConfigResponse> {
  return create(ReloadConfigResponseSchema, {
    ...verdictOf(outcome),
    ...((outcome.kind === "ok" || outcome.kind === "refused") &&
      await reloadToProto(outcome, clock)),
    reloadError: outcome.kind === "reload-error" || outcome.kind === "refused"
      ? outcome.message
      : "",
  });
}

/** Whether a file is valid, and why not. */
function verdictOf(outcome: ConfigReloadOutcome) {
  return {
    ok: outcome.kind === "ok",
    parseError: outcome.kind === "parse-error" ? outcome.message : "",
    semanticError: outcome.kind === "semantic-error" ? outcome.message : "",
  };
}

/** What a reload comes to, with what differs, what VPP is told, and what becomes of overrides. */
async function reloadToProto(
  { reload, vpp }: { readonly reload?: ReloadOutcome; readonly vpp?: VppForecast | undefined },
  clock: Clock,
) {
  if (!reload) return {};
  const { changes, overrides, refusal = "" } = reload;
  return {
    outcome: await outcomeInSlices(reload, undefined, clock),
    changes: await mappedInSlices(changes, clock, configChangesToProto),
    refusal,
    overrides: await mappedInSlices(overrides, clock, (some) => some.map(overrideToProto)),
    ...(vpp && { vpp: await forecastToProto(vpp, clock) }),
  };
}

async function forecastToProto(forecast: VppForecast, clock: Clock) {
  if (forecast.kind === "unknown") {
    return create(VPPForecastSchema, { unknown: forecast.reason });
  }
  const { changes, moves, config } = forecast;
  const names = new VppNames(config);
  const told = changes.slice(0, mostForeseen);
  return create(VPPForecastSchema, {
    changes: await changesToProto(told, names, clock),
    total: changes.length,
    moves: moves.slice(0, mostForeseen).map((move) => ({ ...move })),
  });
}
