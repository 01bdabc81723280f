import type { LogAttributes, Logger } from "../log/mod.ts";
import type { Engine } from "../net/mod.ts";
import type { ProbeContext } from "./attempt.ts";
import { BodySearch } from "./body_search.ts";
import { HttpRequests } from "./http_request.ts";
import { IcmpHubs } from "./icmp_hubs.ts";
import { Run } from "./run.ts";
import { TargetNotes } from "./target_notes.ts";
import type { ProbeResult, ProbeTarget, StartProbe } from "./types.ts";

/** What a prober needs from the program around it. */
export interface ProberOptions {
  readonly log: Logger;
  /** The program's version, for the User-Agent. */
  readonly version: string;
  /** The program's name, for the same; maglevd unless given. */
  readonly program?: string;
  /** The header of HTTP's responses whose value results have; none unless given. */
  readonly header?: string;
  /** PEM certificates to trust instead of the authorities that the process was started with. */
  readonly ca?: readonly string[];
}

/** Starts probes, and owns what they share. */
export interface Prober extends Disposable {
  /** Starts one probe. */
  readonly start: StartProbe;
  /** Cancels what is under way and closes every socket. The engine stays its owner's. */
  close(): void;
}

/** Makes a prober; close it before the engine. */
export function createProber(engine: Engine, options: ProberOptions): Prober {
  const { log } = options;
  const context = contextOf(engine, options);
  const runs: Run[] = [];
  const forget = (run: Run) => {
    if (runs[run.place] !== run) return;
    const last = runs.pop();
    if (!last || last === run) return;
    runs[run.place] = last;
    last.place = run.place;
  };
  const start: StartProbe = (target, done) => {
    if (log.enabled("debug")) log.debug("probe-start", describe(target));
    const run = new Run(context, target, (result, run) => {
      forget(run);
      if (log.enabled("debug")) {
        log.debug("probe-done", { ...describe(target), ...verdict(result) });
      }
      done(result);
    });
    run.place = runs.push(run) - 1;
    run.start();
    return () => {
      run.cancel();
      forget(run);
    };
  };
  const close = () => {
    for (const run of runs) run.cancel();
    runs.length = 0;
    context.icmp[Symbol.dispose]();
  };
  return { start, close, [Symbol.dispose]: close };
}

/** What the probes of one prober share. */
export function contextOf(
  engine: Engine,
  { version, program, header, ca = [] }: ProberOptions,
): ProbeContext {
  return {
    engine,
    icmp: new IcmpHubs(engine),
    requests: new HttpRequests(version, program),
    search: new BodySearch(engine.clock),
    notes: new TargetNotes(),
    ca,
    wantedHeader: header === undefined ? undefined : new TextEncoder().encode(header.toLowerCase()),
  };
}

function describe({ backend, address, check, netns }: ProbeTarget): LogAttributes {
  return {
    backend,
    address: address.text,
    type: check.type,
    healthcheck: check.name,
    port: check.type === "icmp" ? undefined : check.port,
    netns: netns || undefined,
  };
}

function verdict({ ok, code, detail, durationMs }: ProbeResult): LogAttributes {
  return { ok, code, detail, "duration-ms": Math.round(durationMs * 1000) / 1000 };
}
