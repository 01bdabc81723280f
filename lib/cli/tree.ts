import { showBackendsByHand, showBackendsThat } from "./commands/backend_filters.ts";
import { showBackend, showBackends } from "./commands/backends.ts";
import { checkConfig, diffConfig, forceConfig, reloadConfig } from "./commands/config.ts";
import { completionScript, makeToken } from "./commands/local.ts";
import { showFrontend, showFrontends } from "./commands/frontends.ts";
import { showHealthcheck, showHealthchecks } from "./commands/healthchecks.ts";
import { addedKinds, changeKinds, showEvents } from "./commands/events.ts";
import {
  disableBackend,
  drainBackend,
  enableBackend,
  pauseBackend,
  resetAll,
  resetBackend,
  resetFrontend,
  resetWeight,
  resumeBackend,
  setWeight,
} from "./commands/set.ts";
import { waitForBackend, waitForFrontend, waitForVpp, waitUntilDrained } from "./commands/wait.ts";
import { showVersion } from "./commands/version.ts";
import { showVppCounters } from "./commands/vpp_counters.ts";
import { showVppInfo, showVppPlan, showVppState, syncVpp } from "./commands/vpp.ts";
import { showStatus } from "./commands/status.ts";
import {
  backendSlot,
  type Command,
  frontendSlot,
  healthcheckSlot,
  type Keyword,
  type Node,
  numberSlot,
  poolBackendSlot,
  poolSlot,
  spanSlot,
  wordSlot,
} from "./node.ts";

/** Every command there is. Help, completion, manuals and tests read this. */
export const commandTree: readonly Node[] = [
  keyword("show", "Show what maglevd knows", () => [
    keyword("version", "Versions of this maglevc and of maglevd", showVersion),
    keyword("status", "Whether everything is all right, and what is not", showStatus),
    keyword(
      "frontends",
      "All frontends, or one with its pools",
      showFrontends,
      () => [frontendSlot("Frontend to show", { run: showFrontend })],
    ),
    keyword(
      "backends",
      "All backends, or one with its history",
      showBackends,
      () => [
        ...backendFilters(),
        backendSlot("One, or a pattern (web*); behind -- any name", {
          run: showBackend,
          next: backendFilters,
        }),
      ],
    ),
    keyword(
      "healthchecks",
      "All health checks, or one with its settings",
      showHealthchecks,
      () => [healthcheckSlot("Health check to show", { run: showHealthcheck })],
    ),
    {
      ...keyword("events", "What has happened, newest last", showEvents, eventOptions),
      options: "[last <time>] [frontend <frontend>] [backend <backend>] [kind <kind>] " +
        "[actor <actor>] [num <n>]",
    },
    keyword("vpp", "VPP and its load balancer", () => [
      keyword("info", "Version, process and uptime of VPP", showVppInfo),
      keyword("lb", "The lb plugin", () => [
        keyword("state", "Settings, VIPs and servers as VPP has them", showVppState),
        keyword("counters", "Packets per VIP and per server", showVppCounters),
        keyword("plan", "What a sync would change right now", showVppPlan, () => [
          frontendSlot("Only this frontend", { run: showVppPlan }),
        ]),
      ]),
    ]),
  ]),
  keyword("set", "Change something by hand", () => [
    keyword("backend", "Take a backend out of service or put it back", () => [
      backendSlot("Backend to change, or a pattern such as web*", {
        next: () => [
          keyword("pause", "Stop probing; no new flows", pauseBackend),
          keyword("resume", "End a pause, start again from unknown", resumeBackend),
          keyword("disable", "Out of rotation, existing flows moved away", disableBackend),
          keyword("enable", "Back into rotation, from unknown", enableBackend),
          keyword("drain", "No new flows, existing ones may end", drainBackend, () => [
            keyword("for", "Move what is left away after a time", () => [
              spanSlot("time", "A time such as 90s, 10m or 1h, at most 24h", { run: drainBackend }),
            ]),
          ]),
          keyword("reset", "As the file says, its weights in all frontends too", resetBackend),
        ],
      }),
    ]),
    keyword("frontend", "Change a frontend's weights", () => [
      frontendSlot("Frontend to change", {
        next: () => [
          keyword("reset", "All its weights as the file says", resetFrontend),
          keyword("pool", "One of its pools", () => [
            poolSlot("Pool to change", {
              next: () => [
                keyword("backend", "One of the pool's backends", () => [
                  poolBackendSlot("Backend to weigh", {
                    next: () => [
                      keyword("weight", "Share of the traffic", () => [
                        numberSlot("weight", "0 to 100; 0 gets no new flows", {
                          min: 0,
                          max: 100,
                        }, {
                          run: setWeight,
                          next: () => [
                            keyword("flush", "Also move existing flows away", setWeight),
                          ],
                        }),
                        keyword("reset", "As the file says", resetWeight),
                      ]),
                    ],
                  }),
                ]),
              ],
            }),
          ]),
        ],
      }),
    ]),
    keyword("all", "Everything that was set by hand", () => [
      keyword("reset", "All states and weights as the file says", resetAll),
    ]),
  ]),
  keyword("sync", "Reconcile now", () => [
    keyword("vpp", "VPP", () => [
      keyword("lb", "The lb plugin", () => [
        keyword("state", "Bring VPP in line with configuration and health", syncVpp, () => [
          frontendSlot("Only this frontend; nothing is removed", { run: syncVpp }),
        ]),
      ]),
    ]),
  ]),
  keyword("wait", "Wait until something is so, for scripts", () => [
    keyword("backend", "Until a backend is up, down or drained", () => [
      backendSlot("Backend to wait for", {
        next: () => [
          untilState("up", waitForBackend("up")),
          untilState("down", waitForBackend("down")),
          untilState("drained", waitUntilDrained),
        ],
      }),
    ]),
    keyword("frontend", "Until a frontend is up or down", () => [
      frontendSlot("Frontend to wait for", {
        next: () => [
          untilState("up", waitForFrontend("up")),
          untilState("down", waitForFrontend("down")),
        ],
      }),
    ]),
    keyword("vpp", "Until VPP holds what it should", () => [
      keyword("in-step", "Until VPP holds what it should", waitForVpp),
    ]),
  ]),
  keyword("watch", "Follow what happens", () => [
    {
      ...keyword("events", "Print events as they come", { kind: "watch" }, watchOptions),
      options: `[num <n>] [log [level <level>]] [backend] [frontend] ${
        addedKinds.map((kind) => `[${kind}]`).join(" ")
      } [pretty]`,
    },
  ]),
  keyword("config", "maglevd's configuration file", () => [
    keyword("check", "Validate the file without applying it", checkConfig),
    keyword("diff", "What a reload would change, and what it would come to", diffConfig),
    keyword("reload", "Validate and apply the file", reloadConfig, () => [
      keyword("force", "However much it takes out of service", forceConfig),
    ]),
  ]),
  keyword("auth", "Who may do what", () => [
    keyword("token", "Make a token, and its digest for the file of --auth", makeToken),
  ]),
  keyword("completion", "Print a completion script", () => [
    keyword("bash", "For bash", completionScript("bash")),
    keyword("zsh", "For zsh", completionScript("zsh")),
    keyword("fish", "For fish", completionScript("fish")),
  ]),
  keyword("help", "Print all commands", { kind: "help" }),
  keyword("quit", "Leave the shell", { kind: "quit" }),
  keyword("exit", "Leave the shell", { kind: "quit" }),
];

const watch: Command = { kind: "watch" };

/** Options of `watch events`, in any order. */
function watchOptions(): readonly Node[] {
  return [
    keyword("num", "Stop after so many events", () => [
      numberSlot("num", "Number of events", { min: 1, max: 1e9 }, {
        run: watch,
        next: watchOptions,
      }),
    ]),
    keyword("log", "Log records", watch, () => [
      keyword(
        "level",
        "Least level of the records",
        () =>
          ["debug", "info", "warn", "error"].map((level) =>
            keyword(level, `Records of level ${level} and above`, watch, watchOptions)
          ),
      ),
      ...watchOptions(),
    ]),
    ...kindWords(watch, watchOptions),
    keyword("pretty", "A readable line per event instead of JSON", watch, watchOptions),
  ];
}

/** A word for each kind of change. */
function kindWords(run: Command, next: () => readonly Node[]): readonly Node[] {
  return Object.entries(changeKinds).map(([kind, help]) => keyword(kind, help, run, next));
}

/** Options of `show events`, in any order. */
function eventOptions(): readonly Node[] {
  const after = { run: showEvents, next: eventOptions };
  return [
    keyword("last", "Only what is younger", () => [
      spanSlot("time", "A time such as 15m, 1h30m or 2d", after),
    ]),
    keyword("frontend", "Only about this frontend and its backends", () => [
      frontendSlot("Frontend", after),
    ]),
    keyword("backend", "Only about this backend", () => [backendSlot("Backend", after)]),
    keyword(
      "kind",
      "Only of this kind; several may be named",
      () => kindWords(showEvents, eventOptions),
    ),
    keyword("actor", "Only what this one asked for", () => [
      wordSlot("actor", "Who asked, such as operator or signal", after),
    ]),
    keyword("num", "Only so many, the newest", () => [
      numberSlot("num", "Number of events", { min: 1, max: 1e9 }, after),
    ]),
  ];
}

/** Which backends are shown. Names may stand there as well, so they are not shortened. */
function backendFilters(): readonly Node[] {
  const filter = (word: string, help: string, run: Command): Node => ({
    ...keyword(word, help, run),
    isWhole: true,
  });
  return [
    filter("down", "Only those that are down", showBackendsThat("down")),
    filter(
      "flapping",
      "Only those that changed often in the last 10 minutes",
      showBackendsThat("flapping"),
    ),
    filter(
      "slow",
      "Only those whose probes take over half of their timeout",
      showBackendsThat("slow"),
    ),
    filter(
      "by-hand",
      "Only those with something set by hand",
      showBackendsByHand,
    ),
  ];
}

/** `up`, to be waited for. */
function untilState(state: string, run: Command): Keyword {
  return keyword(state, `Until it is ${state}`, run);
}

/** A word with what it runs, what follows it, or both. */
function keyword(
  word: string,
  help: string,
  ...rest: readonly (Command | (() => readonly Node[]))[]
): Keyword {
  const next = rest.find((item) => typeof item === "function");
  const run = rest.find((item) => typeof item !== "function");
  return { kind: "keyword", word, help, ...(next && { next }), ...(run && { run }) };
}
