import type {
  BackendSnapshot,
  CheckerStats,
  CheckerView,
  FrontendSnapshot,
} from "../checker/mod.ts";
import { backendStates, frontendStates } from "../health/mod.ts";
import { collector } from "./collector.ts";
import type { Collector, Sample } from "./collector.ts";
import { healthFamilies, probeFamilies } from "./families.ts";

/** The families that show the checker's present state. */
export function healthCollectors(checker: CheckerView): readonly Collector[] {
  const { backendState, backendHealth, backendEnabled } = healthFamilies;
  const { frontendState, frontendPoolActive, poolWeight } = healthFamilies;
  return [
    collector(backendState, () => perBackend(checker, stateSamples)),
    collector(backendHealth, () => perBackend(checker, (name, { health }) => [[health, name]])),
    collector(
      backendEnabled,
      () => perBackend(checker, (name, { enabled }) => [[enabled ? 1 : 0, name]]),
    ),
    collector(
      probeFamilies.certificateExpiry,
      () =>
        perBackend(
          checker,
          (name, { certificateEnd: end }) => end === undefined ? [] : [[end / 1000, name]],
        ),
    ),
    collector(frontendState, () => perFrontend(checker, frontendStateSamples)),
    collector(frontendPoolActive, () => perFrontend(checker, poolSamples)),
    collector(poolWeight, () => perFrontend(checker, weightSamples)),
  ];
}

/** The families that show how probing keeps up. */
export function probingCollectors(stats: () => CheckerStats): readonly Collector[] {
  const { probesLate, probeStalls, probesExcused, probesRunning } = probeFamilies;
  return [
    collector(probesLate, () => [[stats().late]]),
    collector(probeStalls, () => [[stats().stalls]]),
    collector(probesExcused, () => [[stats().excused]]),
    collector(probesRunning, () => [[stats().running]]),
  ];
}

/** A backend that a reload removes between two slices of a scrape is just left out. */
function* perBackend(
  checker: CheckerView,
  samples: (name: string, backend: BackendSnapshot) => readonly Sample[],
): Generator<Sample> {
  for (const name of checker.backendNames()) {
    const backend = checker.backend(name);
    if (backend) yield* samples(name, backend);
  }
}

function* perFrontend(
  checker: CheckerView,
  samples: (name: string, frontend: FrontendSnapshot) => Iterable<Sample>,
): Generator<Sample> {
  for (const name of checker.frontendNames()) {
    const frontend = checker.frontend(name);
    if (frontend) yield* samples(name, frontend);
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

function poolSamples(name: string, { config, activePool }: FrontendSnapshot): Sample[] {
  return config.pools.map((pool) => [pool.name === activePool ? 1 : 0, name, pool.name]);
}

function* weightSamples(name: string, { config }: FrontendSnapshot): Generator<Sample> {
  for (const pool of config.pools) {
    for (const { backend, weight } of pool.backends) yield [weight, name, pool.name, backend];
  }
}
