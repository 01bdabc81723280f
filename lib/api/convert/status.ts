import { create } from "@bufbuild/protobuf";
import type { Principal } from "../../access/mod.ts";
import type { ProbingImpaired } from "../../checker/mod.ts";
import { GetStatusResponseSchema, VPPAwaySchema } from "../../gen/maglev_pb.ts";
import { version } from "../../version/mod.ts";
import type { VppAway, VppService } from "../../vpp/mod.ts";
import { nanoseconds } from "./objects.ts";

/** What a daemon tells of itself. */
export interface DaemonStatus {
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly config: {
    readonly path: string;
    /** Unix milliseconds at which the configuration in force was put into force. */
    readonly loadedAt: number;
    /** Whether the file is another one now. */
    readonly isChanged: boolean;
    /** Why the file cannot be read; empty if it can. */
    readonly unreadable: string;
    /** Why the last reload was refused; empty if it was not. */
    readonly rejected: string;
  };
  /** What cannot be probed; undefined: nothing. */
  readonly impaired?: ProbingImpaired | undefined;
  /** Why the file of `--auth` was not loaded again; empty if it was, or there is none. */
  readonly authRejected: string;
  /** What connections are secured with; undefined: nothing. */
  readonly tls?: {
    /** The file of the certificate. */
    readonly path: string;
    /** Unix milliseconds at which the one in force ends. */
    readonly end: number;
    /** Why the files as they are now are not in force; empty if they are. */
    readonly rejected: string;
  } | undefined;
  readonly state: {
    /** Empty where nothing outlives the process. */
    readonly directory: string;
    /** Since when nothing is kept (Unix milliseconds), and why; undefined while it is. */
    readonly notKept: { readonly since: number; readonly reason: string } | undefined;
    /** What was wrong with the file, and when (Unix milliseconds). */
    readonly troubles: readonly { readonly at: number; readonly text: string }[];
  };
}

/** How a daemon is, as `asker` is told; `vpp` is undefined when VPP integration is off. */
export function statusToProto(
  { startedAt, config, impaired, authRejected, state, tls }: DaemonStatus,
  vpp: Pick<VppService, "info" | "away" | "warmup"> | undefined,
  asker: Principal,
) {
  const warmup = vpp?.warmup();
  const away = vpp?.away();
  return create(GetStatusResponseSchema, {
    ...{ version: version.version, commit: version.commit, buildDate: version.date },
    startedUnixNs: nanoseconds(startedAt),
    configPath: config.path,
    configLoadedUnixNs: nanoseconds(config.loadedAt),
    configFileChanged: config.isChanged,
    configFileUnreadable: config.unreadable,
    configRejected: config.rejected,
    ...impaired && {
      probingImpaired: {
        sinceUnixNs: nanoseconds(impaired.since),
        reason: impaired.reason,
        backends: impaired.backends,
      },
    },
    authRejected,
    ...{ role: asker.role, roleReason: asker.role === "admin" ? "" : asker.advice ?? "" },
    state: {
      directory: state.directory,
      notKept: state.notKept?.reason ?? "",
      notKeptSinceUnixNs: nanoseconds(state.notKept?.since ?? 0),
      troubles: state.troubles.map(({ at, text }) => ({ atUnixNs: nanoseconds(at), text })),
    },
    ...tls && {
      tls: {
        ...{ certificatePath: tls.path, rejected: tls.rejected },
        certificateEndUnixNs: nanoseconds(tls.end),
      },
    },
    vpp: vpp ? vpp.info() ? "connected" : "away" : "off",
    warmup: warmup?.phase ?? "",
    warmupUntilUnixNs: nanoseconds(warmup && warmup.phase !== "over" ? warmup.until : 0),
    ...(away && { vppAway: awayToProto(away) }),
  });
}

/** Since when VPP is not connected, and why. */
export function awayToProto({ since, reason, nextTryAt }: VppAway) {
  return create(VPPAwaySchema, {
    sinceUnixNs: nanoseconds(since),
    reason,
    nextTryUnixNs: nanoseconds(nextTryAt ?? 0),
  });
}
