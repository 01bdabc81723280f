import { create } from "@bufbuild/protobuf";
import { GetStatusResponseSchema } from "../../gen/maglev_pb.ts";
import { version } from "../../version/mod.ts";
import type { VppService } from "../../vpp/mod.ts";
import type { DaemonStatus } from "../types.ts";
import { nanoseconds } from "./time.ts";

/** How a daemon is; `vpp` is undefined when VPP integration is off. */
export function statusToProto(
  { startedAt, config: { path, loadedAt, isChanged, rejected } }: DaemonStatus,
  vpp: Pick<VppService, "info" | "warmup"> | undefined,
) {
  return create(GetStatusResponseSchema, {
    ...{ version: version.version, commit: version.commit, buildDate: version.date },
    startedUnixNs: nanoseconds(startedAt),
    configPath: path,
    configLoadedUnixNs: nanoseconds(loadedAt),
    configFileChanged: isChanged,
    configRejected: rejected,
    vpp: vpp ? vpp.info() ? "connected" : "away" : "off",
    warmup: vpp?.warmup() ?? "",
  });
}
