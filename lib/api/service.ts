import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { debugEventsRole } from "../access/mod.ts";
import type { CheckerControl, CheckerView } from "../checker/mod.ts";
import type { EventSink, Journal } from "../events/mod.ts";
import {
  CheckConfigResponseSchema,
  ListHealthChecksResponseSchema,
  Maglev,
  type ReloadConfigResponse,
  ReloadConfigResponseSchema,
  type SyncVPPLBStateRequest,
  SyncVPPLBStateResponseSchema,
} from "../gen/maglev_pb.ts";
import {
  type Answer,
  AnswersByObject,
  type CallContext,
  change,
  invalid,
  messageInSlices,
  notFound,
  type Rpc,
  serverStream,
  unary,
  written,
} from "../rpc/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import { healthcheckToProto, shownBackend, shownFrontend } from "./convert/objects.ts";
import {
  checkOutcomeToProto,
  type ConfigService,
  reloadOutcomeToProto,
} from "./convert/outcome.ts";
import { type DaemonStatus, statusToProto } from "./convert/status.ts";
import {
  changesToProto,
  countersToProto,
  lbStateToProto,
  planToProto,
  vppInfoToProto,
  VppNames,
} from "./convert/vpp.ts";
import type { CallSlotsByClass } from "./limits.ts";
import {
  backendListing,
  type EventArchive,
  frontendListing,
  listEvents,
  type Listing,
} from "./lists.ts";
import { actorOf, auditedReload, auditedSync, type Memory, steeringRpcs } from "./steering.ts";
import type { EventHub } from "./watch/hub.ts";
import { watchFilter } from "./watch/stream.ts";

/** What the API shows and steers. */
export interface ApiSources {
  readonly checker: CheckerView & CheckerControl;
  /** Keeps what the checker's stream of events has told. */
  readonly journal: Journal;
  /** Where events are that the journal holds no more; absent: nowhere. */
  readonly archive?: EventArchive | undefined;
  /** Keeps what operators say; absent: it is forgotten when the process ends. */
  readonly memory?: Memory | undefined;
  /** Tells of the daemon itself. Never rejects. */
  readonly status: () => Promise<DaemonStatus>;
  /** The same stream, to tell what operators do that the checker does not see. */
  readonly events: EventSink;
  /** Undefined when VPP integration is off. */
  readonly vpp: VppService | undefined;
  /** The configuration file. */
  readonly config: ConfigService;
}

/** What the Maglev service answers from. */
export interface MaglevDeps extends ApiSources {
  readonly hub: EventHub;
  readonly clock: Clock;
  /** How many calls of each class may be under way. */
  readonly calls: CallSlotsByClass;
}

/** The service `maglev.Maglev`, one row per RPC, in the order of the wire contract. */
export function maglevRpcs(deps: MaglevDeps): readonly Rpc[] {
  return [...showRpcs(deps), ...steeringRpcs(deps), ...configRpcs(deps), ...vppRpcs(deps)];
}

function showRpcs({ checker, hub, journal, archive, clock, calls }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  const listed = (list: Listing) => ({ details }: { details: boolean }, context: CallContext) => {
    const answer = () => list(details, context);
    return details ? calls.lists.run(context, answer) : answer();
  };
  const healthchecks = new AnswersByObject();
  return [
    unary(m.listFrontends, listed(frontendListing(checker, clock))),
    unary(m.getFrontend, ({ name }) => shownFrontend(checker, name)),
    unary(m.listBackends, listed(backendListing(checker, clock))),
    unary(m.getBackend, ({ name }) => shownBackend(checker, name)),
    unary(m.listHealthChecks, (_, { binary }) => {
      const names = checker.healthcheckNames();
      return healthchecks.of(names, binary, () => {
        const message = create(ListHealthChecksResponseSchema, { names: [...names] });
        return written(ListHealthChecksResponseSchema, message, binary);
      });
    }),
    unary(m.getHealthCheck, ({ name }) => {
      const check = checker.healthcheck(name);
      if (!check) throw notFound("healthcheck", name);
      return healthcheckToProto(check);
    }),
    serverStream(
      m.watchEvents,
      (req, context) => hub.stream(req, context),
      (req) => watchFilter(req).log === "debug" ? debugEventsRole : undefined,
    ),
    unary(m.listEvents, (req, context) => {
      const slow: EventArchive | undefined = archive &&
        { list: (query) => calls.archive.run(context, () => archive.list(query)) };
      const list = () => listEvents({ journal, archive: slow, hub }, req, context);
      return calls.lists.run(context, list);
    }),
  ];
}

function configRpcs({ config, checker, calls, clock }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  const write = (response: ReloadConfigResponse, { binary }: CallContext) =>
    messageInSlices(ReloadConfigResponseSchema, response, clock, binary);
  return [
    unary(m.checkConfig, async ({ diff }, call) => {
      if (!diff) {
        return checkOutcomeToProto(await calls.checks.run(call, () => config.check()), clock);
      }
      const foreseen = await calls.checks.run(call, () => config.foresee());
      if (foreseen.kind === "reload-error" || foreseen.kind === "refused") {
        throw new ConnectError(foreseen.message, Code.FailedPrecondition);
      }
      const message = await checkOutcomeToProto(foreseen, clock);
      return messageInSlices(CheckConfigResponseSchema, message, clock, call.binary);
    }),
    change(
      m.reloadConfig,
      ({ force }) => auditedReload(checker, force),
      async ({ dryRun, force }, call) => {
        if (dryRun) {
          const foreseen = await calls.checks.run(call, () => config.foresee());
          return write(await reloadOutcomeToProto(foreseen, clock), call);
        }
        const reload = () => config.reload(actorOf(call), force);
        return reloadOutcomeToProto(await calls.reloads.run(call, reload), clock);
      },
      (_, response, call) => write(response, call),
    ),
  ];
}

function vppRpcs({ vpp, events, checker, calls, status, clock }: MaglevDeps): readonly Rpc[] {
  const m = Maglev.method;
  const stateAnswer = answersAbout(m.getVPPLBState.output, clock);
  const syncAnswer = answersAbout(m.syncVPPLBState.output, clock);
  const countersAnswer = answersAbout(m.getVPPLBCounters.output, clock);
  const planAnswer = answersAbout(m.planVPPLBState.output, clock);
  let latest: VppNames | undefined;
  const names = () =>
    latest = latest?.config === checker.config ? latest : new VppNames(checker.config);
  return [
    unary(m.getStatus, async (_, { principal }) => statusToProto(await status(), vpp, principal)),
    unary(m.getVPPInfo, () => {
      const connected = enabled(vpp);
      return vppInfoToProto(present(connected, connected.info()), connected.step());
    }),
    unary(m.getVPPLBState, async (_, call) => {
      const state = await calls.vppReads.run(call, () => enabled(vpp).state(call.signal));
      return await stateAnswer(state, call, () => lbStateToProto(state, names(), clock));
    }),
    change(m.syncVPPLBState, ({ frontendName }) => auditedSync(frontendName), async (req, call) => {
      const syncing = enabled(vpp);
      const frontend = scope(req, checker);
      if (req.dryRun) {
        const plan = await calls.vppReads.run(call, () => syncing.plan(frontend, call.signal));
        return await syncAnswer(plan, call, async () => {
          const changes = await changesToProto(plan.changes, names(), clock);
          return create(SyncVPPLBStateResponseSchema, { changes });
        });
      }
      // That it failed, if it does, is told by the audit.
      await calls.vppSyncs.run(call, async () => {
        events.emit([{
          ...{
            kind: "operator",
            action: "sync",
            backend: "",
            frontend: frontend ?? "",
            // Told before anything comes of it, so it must not read as done.
            detail: "asked for",
          },
          cause: { kind: "operator" },
          actor: actorOf(call),
        }]);
        await syncing.sync(frontend, call.signal);
      });
      return create(SyncVPPLBStateResponseSchema);
    }),
    unary(m.getVPPLBCounters, (_, call) => {
      const connected = enabled(vpp);
      const counters = present(connected, connected.counters());
      return countersAnswer(counters, call, () => countersToProto(counters, names(), clock));
    }),
    unary(m.planVPPLBState, async (req, call) => {
      const frontend = scope(req, checker);
      const planning = enabled(vpp);
      const plan = await calls.vppReads.run(call, () => planning.plan(frontend, call.signal));
      return await planAnswer(plan, call, () => {
        return planToProto(plan, planning.warmup(), names(), clock);
      });
    }),
  ];
}

/** Answers about what was read of VPP: each is made once, in slices, for whoever shares the reading. */
function answersAbout<D extends DescMessage>(output: D, clock: Clock) {
  const answers = new AnswersByObject<Promise<Answer>>();
  return (read: object, { binary }: CallContext, convert: () => Promise<MessageShape<D>>) =>
    answers.of(read, binary, async () => {
      return await messageInSlices(output, await convert(), clock, binary);
    });
}

/**
 * The frontend that is meant; undefined when none is named, which means everything. A name that is
 * empty has been forgotten, most likely, and must not mean everything as well.
 */
function scope(
  { frontendName }: Pick<SyncVPPLBStateRequest, "frontendName">,
  checker: CheckerView,
): string | undefined {
  if (frontendName === undefined) return undefined;
  if (frontendName === "") {
    throw invalid("frontend_name is empty: leave it out to mean everything");
  }
  if (!checker.frontend(frontendName)) throw notFound("frontend", frontendName);
  return frontendName;
}

function enabled(vpp: VppService | undefined): VppService {
  if (!vpp) throw new ConnectError("VPP integration is disabled", Code.Unavailable);
  return vpp;
}

/** What there is only while VPP is connected. */
function present<T>(vpp: VppService, value: T | undefined): T {
  if (value !== undefined) return value;
  const away = vpp.away();
  const why = away ? ` since ${new Date(away.since).toISOString()}: ${away.reason}` : "";
  throw new ConnectError(`not connected to VPP${why}`, Code.Unavailable);
}
