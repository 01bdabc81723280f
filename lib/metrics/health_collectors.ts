import type {
  BackendSnapshot,
  CheckerStats,
  CheckerView,
  FrontendSnapshot,
} from "../checker/mod.ts";
import { backendStates, frontendStates } from "../health/mod.ts";
import type { Clock } from "../time/mod.ts";
import { type Collector, collector, type Sample } from "./exposition.ts";
import { type Family, healthFamilies, probeFamilies } from "./families.ts";

/** The families that show the checker's present state. */
export function healthCollectors(checker: CheckerView, clock: Clock): readonly Collector[] {
  const ofBackends = (family: Family, samples: Parameters<typeof perBackend>[1]) =>
    collector(family, () => perBackend(checker, samples));
  const ofFrontends = (family: Family, samples: Parameters<typeof perFrontend>[1]) =>
    collector(family, () => perFrontend(checker, samples));
  const f = healthFamilies;
  return [
    ofBackends(f.backendState, stateSamples),
    ofBackends(f.backendHealth, (name, { health }) => [[health, name]]),
    ofBackends(f.backendEnabled, (name, { enabled }) => [[enabled ? 1 : 0, name]]),
    ofBackends(f.backendDrain, (name, { drain }) => drainSamples(name, drain, clock)),
    ofBackends(f.backendDrained, drainedSamples),
    ofBackends(f.backendDrainDeadline, deadlineSamples),
    ofBackends(
      probeFamilies.certificateExpiry,
      (name, { certificateEnd: end }) => end === undefined ? [] : [[end / 1000, name]],
    ),
    ofFrontends(f.frontendState, frontendStateSamples),
    ofBackends(f.backendFlapHold, (name, { config: { healthcheck }, flapHold }) => {
      const hasRule = checker.healthcheck(healthcheck)?.flap !== undefined;
      return hasRule ? [[flapHold ? 1 : 0, name]] : [];
    }),
    ofFrontends(f.backendSlowStart, slowStartSamples),
    ofFrontends(f.frontendFailOpen, failOpenSamples),
    ofFrontends(f.frontendPoolActive, poolSamples),
    ofFrontends(f.frontendPoolIndex, poolIndexSamples),
    ofFrontends(f.effectiveWeight, effectiveSamples),
    ofFrontends(f.poolWeight, weightSamples),
  ];
}

/** The families that show how probing keeps up. */
export function probingCollectors(stats: () => CheckerStats): readonly Collector[] {
  const { probesDelayed, probesLate, probeStalls, probesExcused, probesRunning } = probeFamilies;
  return [
    collector(probesDelayed, () => [[stats().delayed]]),
    collector(probesLate, () => [[stats().late]]),
    collector(probeStalls, () => [[stats().stalls]]),
    collector(probesExcused, () => [[stats().excused]]),
    collector(probesRunning, () => [[stats().running]]),
  ];
}

/**
 * A backend that a reload removes between two slices of a scrape is just left out. Ten thousand that
 * have nothing to show are as much work as if they had.
 */
function* perBackend(
  checker: CheckerView,
  samples: (name: string, backend: BackendSnapshot) => readonly Sample[],
): Generator<Sample | undefined> {
  for (const name of checker.backendNames()) {
    const backend = checker.backend(name);
    const shown = backend ? samples(name, backend) : [];
    if (shown.length > 0) yield* shown;
    else yield undefined;
  }
}

function* perFrontend(
  checker: CheckerView,
  samples: (name: string, frontend: FrontendSnapshot) => Iterable<Sample>,
): Generator<Sample | undefined> {
  for (const name of checker.frontendNames()) {
    const frontend = checker.frontend(name);
    if (frontend) yield* samples(name, frontend);
    yield undefined;
  }
}

function stateSamples(name: string, { config, state: now }: BackendSnapshot): readonly Sample[] {
  const { address, healthcheck } = config;
  return backendStates.map((state) => [
    state === now ? 1 : 0,
    name,
    address.text,
    healthcheck,
    state,
  ]);
}

function drainSamples(
  name: string,
  drain: BackendSnapshot["drain"],
  clock: Clock,
): readonly Sample[] {
  if (!drain) return [];
  const end = drain.drainedAt ?? clock.wall();
  return [[Math.max(0, end - drain.said.at) / 1000, name]];
}

function drainedSamples(name: string, { drain }: BackendSnapshot): readonly Sample[] {
  return drain ? [[drain.drainedAt === undefined ? 0 : 1, name]] : [];
}

function deadlineSamples(name: string, { drain }: BackendSnapshot): readonly Sample[] {
  return drain?.deadlineAt === undefined ? [] : [[(drain.deadlineAt - drain.said.at) / 1000, name]];
}

function frontendStateSamples(name: string, { config, state: now }: FrontendSnapshot): Sample[] {
  const { address, protocol, port } = config;
  return frontendStates.map((state) => [
    state === now ? 1 : 0,
    name,
    address.text,
    protocol,
    String(port),
    state,
  ]);
}

function failOpenSamples(name: string, { config, failOpenSince }: FrontendSnapshot): Sample[] {
  return config.failOpen === "never" ? [] : [[failOpenSince === undefined ? 0 : 1, name]];
}

function* slowStartSamples(
  name: string,
  { config: { slowStartMs, pools }, slowStarts }: FrontendSnapshot,
): Generator<Sample> {
  if (slowStartMs === 0) return;
  for (const { backends } of pools) {
    for (const { backend } of backends) {
      yield [(slowStarts.get(backend) ?? 100) / 100, name, backend];
    }
  }
}

function poolSamples(name: string, { config, activePool }: FrontendSnapshot): Sample[] {
  return config.pools.map((pool) => [pool.name === activePool ? 1 : 0, name, pool.name]);
}

function poolIndexSamples(name: string, { config, activePool }: FrontendSnapshot): Sample[] {
  return [[config.pools.findIndex((pool) => pool.name === activePool), name]];
}

function* effectiveSamples(name: string, { weights }: FrontendSnapshot): Generator<Sample> {
  for (const { pool, backend, weight } of weights) {
    if (weight !== "kept") yield [weight, name, pool, backend];
  }
}

function* weightSamples(name: string, { config }: FrontendSnapshot): Generator<Sample> {
  for (const pool of config.pools) {
    for (const { backend, weight } of pool.backends) yield [weight, name, pool.name, backend];
  }
}
