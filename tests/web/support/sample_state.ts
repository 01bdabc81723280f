import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  BackendInfoSchema,
  FrontendInfoSchema,
  TransitionRecordSchema,
} from "../../../lib/gen/maglev_pb.ts";
import { fold } from "../../../lib/web/reduce.ts";
import { type MaglevdState, unheard } from "../../../lib/web/state.ts";
import { toWire } from "../../../lib/web/to_wire.ts";
import type { Backend, Frontend, Member } from "../../../lib/web/wire.ts";

/** A backend of www that is up. */
export function backendOf(
  name: string,
  more: MessageInitShape<typeof BackendInfoSchema> = {},
): Backend {
  const at = { state: "up", sinceUnixNs: 5n, frontends: ["www"] };
  const transitions = [create(TransitionRecordSchema, { from: "unknown", to: "up" })];
  return toWire(create(BackendInfoSchema, { name, ...at, transitions, ...more }));
}

/** A frontend with `web0` and `web1` in its pool `main`, and `web0` again in `spare`. */
export function frontendOf(
  name: string,
  more: MessageInitShape<typeof FrontendInfoSchema> = {},
): Frontend {
  const member = (name: string) => ({
    ...{ name, weight: 100, effectiveWeight: 50, state: "up", sinceUnixNs: 5n },
  });
  const pools = [
    { name: "main", backends: [member("web0"), member("web1")] },
    { name: "spare", backends: [member("web0")] },
  ];
  return toWire(create(FrontendInfoSchema, {
    ...{ name, state: "up", activePool: "main", pools },
    ...more,
  }));
}

/** www and its backends, of a maglevd of which nothing else is known. */
export function sampleState(): MaglevdState {
  const backends = ["web0", "web1"].map((name) => backendOf(name));
  return fold(unheard("rtr1", 0), [{
    kind: "reading",
    backends,
    frontends: [frontendOf("www")],
  }]);
}

/** The members of www, of its pools in turn. */
export function membersOf({ frontends }: MaglevdState): readonly Member[] {
  return frontends.get("www")?.pools.flatMap(({ backends }) => backends) ?? [];
}
