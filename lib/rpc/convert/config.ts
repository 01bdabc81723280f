import { create } from "@bufbuild/protobuf";
import type { CheckConfigResponse, ReloadConfigResponse } from "../../gen/maglev_pb.ts";
import { CheckConfigResponseSchema, ReloadConfigResponseSchema } from "../../gen/maglev_pb.ts";
import type { ConfigCheckOutcome, ConfigReloadOutcome } from "../types.ts";
import { reloadToProto } from "./outcome.ts";

/** What became of a check, as the wire tells it. */
export function checkOutcomeToProto(outcome: ConfigCheckOutcome): CheckConfigResponse {
  return create(CheckConfigResponseSchema, {
    ok: outcome.kind === "ok",
    parseError: outcome.kind === "parse-error" ? outcome.message : "",
    semanticError: outcome.kind === "semantic-error" ? outcome.message : "",
    ...(outcome.kind === "ok" &&
      { ...reloadToProto(outcome), warnings: [...outcome.warnings ?? []] }),
  });
}

/** What became of a reload, as the wire tells it. */
export function reloadOutcomeToProto(outcome: ConfigReloadOutcome): ReloadConfigResponse {
  return create(ReloadConfigResponseSchema, {
    ok: outcome.kind === "ok",
    parseError: outcome.kind === "parse-error" ? outcome.message : "",
    semanticError: outcome.kind === "semantic-error" ? outcome.message : "",
    ...((outcome.kind === "ok" || outcome.kind === "refused") && reloadToProto(outcome)),
    reloadError: outcome.kind === "reload-error" || outcome.kind === "refused"
      ? outcome.message
      : "",
  });
}
