import { create } from "@bufbuild/protobuf";
import type { ReloadOutcome } from "../../checker/mod.ts";
import type { CheckConfigResponse, ReloadConfigResponse } from "../../gen/maglev_pb.ts";
import {
  CheckConfigResponseSchema,
  ReloadConfigResponseSchema,
  VPPForecastSchema,
} from "../../gen/maglev_pb.ts";
import { type Clock, mappedInSlices } from "../../time/mod.ts";
import type { ConfigCheckOutcome, ConfigReloadOutcome, VppForecast } from "../sources.ts";
import { changesToProto, VppNames } from "./vpp.ts";
import { configChangesToProto, overrideToProto } from "./events.ts";
import { outcomeInSlices } from "./outcome.ts";

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
