/** The thread that probes, where namespaces can be entered and not left again. */

import { libc } from "../../../lib/net/libc.ts";
import "../../../lib/probing/thread_server.ts";

let calls = 0;
Object.defineProperty(libc, "setns", { value: () => calls++ === 0 ? 0 : -1 });
