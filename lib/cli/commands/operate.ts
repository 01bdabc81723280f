import type { BackendInfo } from "../../gen/maglev_pb.ts";
import type { MaglevClient } from "../node.ts";
import { action, slotValue } from "../report.ts";

/** `set backend NAME pause`. */
export const pauseBackend = operate((client, name, signal) =>
  client.pauseBackend({ name }, { signal })
);

/** `set backend NAME resume`. */
export const resumeBackend = operate((client, name, signal) =>
  client.resumeBackend({ name }, { signal })
);

/** `set backend NAME disable`. */
export const disableBackend = operate((client, name, signal) =>
  client.disableBackend({ name }, { signal })
);

/** `set backend NAME enable`. */
export const enableBackend = operate((client, name, signal) =>
  client.enableBackend({ name }, { signal })
);

/** Does `call` to the backend named and says what came of it. */
function operate(
  call: (client: MaglevClient, name: string, signal: AbortSignal) => Promise<BackendInfo>,
) {
  return action(async (context) => {
    const backend = await call(context.client, slotValue(context, "backend"), context.signal);
    const until = backend.state === "unknown" ? " until it is probed" : "";
    return `backend ${backend.name} is ${backend.state}${until}`;
  });
}
