import { create } from "@bufbuild/protobuf";
import type {
  BackendOutcome,
  FrontendOutcome,
  FrontendStanding,
  Outcome,
  ReloadOutcome,
  WeightOutcome,
} from "../../checker/mod.ts";
import {
  BackendOutcomeSchema,
  FrontendOutcomeSchema,
  FrontendStandingSchema,
  OutcomeSchema,
  VPPForecastSchema,
  WeightOutcomeSchema,
} from "../../gen/maglev_pb.ts";
import type { VppForecast } from "../types.ts";
import type { VppAway } from "../../vpp/mod.ts";
import { VppNames } from "../vpp_names.ts";
import { configChangesToProto, eventWeight, overrideToProto } from "./events.ts";
import { awayToProto } from "./status.ts";
import { changesToProto } from "./vpp.ts";

/** What a change comes to, as the wire tells it; `away` while VPP does not hear of it. */
export function outcomeToProto({ backends, frontends }: Outcome, away?: VppAway) {
  return create(OutcomeSchema, {
    ...(away && { vppAway: awayToProto(away) }),
    backends: backends.map(backendOutcomeToProto),
    frontends: frontends.map(frontendOutcomeToProto),
  });
}

/** The same of one backend. */
export function backendOutcomeToProto({ backend, from, to }: BackendOutcome) {
  return create(BackendOutcomeSchema, { backendName: backend, stateFrom: from, stateTo: to });
}

/** Changes and moves of a forecast: ten thousand would help nobody. */
const mostForeseen = 1_000;

/** The same of a reload, with what differs, what VPP is told, and what becomes of overrides. */
export function reloadToProto(
  { reload, vpp }: { readonly reload?: ReloadOutcome; readonly vpp?: VppForecast | undefined },
) {
  if (!reload) return {};
  return {
    outcome: outcomeToProto(reload),
    changes: configChangesToProto(reload.changes),
    refusal: reload.refusal ?? "",
    overrides: reload.overrides.map(overrideToProto),
    ...(vpp && { vpp: forecastToProto(vpp) }),
  };
}

function forecastToProto(forecast: VppForecast) {
  if (forecast.kind === "unknown") {
    return create(VPPForecastSchema, { unknown: forecast.reason });
  }
  const { changes, moves, config } = forecast;
  return create(VPPForecastSchema, {
    changes: changesToProto(changes.slice(0, mostForeseen), new VppNames(config)),
    total: changes.length,
    moves: moves.slice(0, mostForeseen).map((move) => ({ ...move })),
  });
}

/** The same of one frontend. */
export function frontendOutcomeToProto(outcome: FrontendOutcome) {
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
