import { type Bind, listen } from "../../../lib/port/listener.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { FakeLog } from "./fake_log.ts";
import { testSupervisor, uncounted } from "./listening.ts";

/** An error of the system. */
export function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Listens by `bind`, on a fake clock. */
export function listening(bind: Bind, hostname?: string, canShare = false) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const listener = listen({ hostname, port: 0 }, {
    name: "grpc",
    clock,
    log,
    observer: uncounted,
    supervisor: testSupervisor(log, clock),
    onConn: () => {},
  }, { bind, canShare });
  return { clock, log, listener };
}
