import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MaglevdState } from "../state.ts";
import type { Backend, Check, JournalEntry, Step } from "../wire.ts";
import { ActionsButton } from "./actions.tsx";
import { useAnswer } from "./ask.ts";
import { Chart } from "./chart.tsx";
import { shownState, stateTone, whyDown } from "./health.ts";
import { State, Symbol } from "./icons.tsx";
import { Flash, Moment, Name, Running, Share, Since } from "./parts.tsx";
import { Hand } from "./pool_table.tsx";
import { link } from "./route.ts";
import { now } from "./store.ts";
import { Strip } from "./strip.tsx";
import { bits, clockTime, duration, formatSpan, holdLeft, measured, ms, packets } from "./words.ts";

interface Answer {
  readonly backend: Backend;
  /** Undefined from an older maglevd. */
  readonly timeline?: readonly JournalEntry[];
  readonly traffic: readonly (readonly [at: number, packets: number, bits: number])[];
  /** When, how long in milliseconds, and whether it passed; the oldest first. */
  readonly probes: readonly (readonly [at: number, ms: number, ok: boolean])[];
}

/** One backend: how it is, how it was, and who uses it. */
export function BackendPage(
  { state, name }: { state: MaglevdState; name: string },
): JSX.Element {
  const known = state.backends.get(name);
  const { sinceUnixNs } = known ?? {};
  const params = new URLSearchParams({ server: state.name, name });
  // A change of its state is worth another look at its past.
  const asked = useAnswer<Answer>(`backend?${params}&at=${sinceUnixNs ?? 0}`, 5_000);
  const last = useRef<Answer | undefined>(undefined);
  if (asked.kind === "there") last.current = asked.value;
  const answer = last.current?.backend.name === name ? last.current : undefined;
  const backend = known ?? answer?.backend;
  if (!backend) {
    return (
      <p class="empty">
        There is no backend{" "}
        <b>
          <Name of={name} />
        </b>{" "}
        at <Name of={state.name} />.
      </p>
    );
  }
  const shown = shownState(backend.state, backend);
  return (
    <>
      <header class={`subject ${stateTone(shown)}`}>
        <p class="crumbs">
          <a href={link(state.name)}>
            <Name of={state.name} />
          </a>{" "}
          / backend
        </p>
        <h1>
          <Symbol of={shown} tone={stateTone(shown)} large />
          <Name of={name} />
          <span class="addr">{backend.address}</span>
        </h1>
        <p class="lead">
          <Flash of={shown}>
            <b class={stateTone(shown)}>{shown}</b>
          </Flash>{" "}
          for <Since at={ms(backend.sinceUnixNs)} />
          {backend.state === "down" && <span class="bad">{whyDown(backend)}</span>}
          {backend.byHand && <Hand value={backend.byHand.value} file={backend.byHand.file} />}
          {backend.flapHold && (
            <span class="tag warn">
              {["kept down: it flaps", holdLeft(backend.flapHold, now.value)]
                .filter((part) => part !== "").join(", ")}
            </span>
          )}
        </p>
        {backend.drain && <Drain drain={backend.drain} />}
        <ActionsButton state={state} about={{ backend }} />
      </header>
      {asked.kind === "failed" && <p class="notice bad" role="alert">{asked.error}</p>}
      <div class="columns halves">
        <div>
          <Timeline backend={backend} entries={answer?.timeline} />
          <CheckCard check={state.checks.get(backend.healthcheck)} name={backend.healthcheck} />
        </div>
        <div>
          <Durations
            backend={answer?.backend ?? backend}
            live={backend}
            running={state.running.get(name)}
            known={answer?.probes ?? []}
          />
          <TrafficChart points={answer?.traffic ?? []} />
          <Users state={state} backend={backend} />
        </div>
      </div>
    </>
  );
}

function Drain({ drain }: { drain: NonNullable<Backend["drain"]> }): JSX.Element {
  const { sinceUnixNs, deadlineUnixNs, drainedUnixNs, packetsPerSecond, actor } = drain;
  const left = ms(deadlineUnixNs) - now.value;
  return (
    <p class="notice info">
      {drainedUnixNs === 0 ? "Draining" : "Drained"} for{" "}
      <Since at={ms(drainedUnixNs || sinceUnixNs)} />
      {actor && actor.name !== "" && `, by ${actor.name}`}
      {packetsPerSecond !== undefined && drainedUnixNs === 0 &&
        `, ${packets(packetsPerSecond)} left`}
      {deadlineUnixNs !== 0 && drainedUnixNs === 0 && left > 0 &&
        `; what is left is moved away in ${formatSpan(left)}`}
    </p>
  );
}

/** The states of the past, each with its reason. */
function Timeline(
  { backend, entries }: { backend: Backend; entries: readonly JournalEntry[] | undefined },
): JSX.Element {
  const lines = entries ?? backend.transitions.map((each) => ({
    seq: each.atUnixNs,
    at: ms(each.atUnixNs),
    to: each.to,
    what: `${each.from} → ${each.to}`,
    why: each.detail === "" ? each.code : `${each.code} (${each.detail})`,
    actor: "",
  }));
  const steps = [...lines].reverse().map(({ at, to }): Step => [at, to]);
  const first = steps[0]?.[0] ?? now.value - 60_000;
  const from = Math.max(first, now.value - 24 * 3_600_000);
  return (
    <section class="card timeline">
      <h2>Timeline</h2>
      {lines.length > 0 && (
        <div class="span">
          <Strip
            steps={steps}
            from={from}
            to={now.value}
            state={backend.state}
            label={`states of ${backend.name}`}
          />
          <span class="ends num">
            <span>{clockTime(from, now.value)}</span>
            <span>now</span>
          </span>
        </div>
      )}
      <ol tabIndex={0} aria-label="transitions">
        {lines.map(({ seq, at, to, why, actor }, i) => (
          <li key={seq}>
            <span class="num when">
              <Moment at={at} />
            </span>
            <State of={to} tone={stateTone(to)} />
            <span class="why">{why}{actor !== "" && !why.includes(actor) && ` by ${actor}`}</span>
            <span class="num dim lasted">
              {i === 0 ? "so far" : "for"} {formatSpan((lines[i - 1]?.at ?? now.value) - at)}
            </span>
          </li>
        ))}
      </ol>
      {lines.length === 0 && <p class="empty">Nothing has happened yet.</p>}
    </section>
  );
}

/** Probes as they come, against what most of them take. */
function Durations(
  { backend, live, running, known }: {
    backend: Backend;
    live: Backend;
    running: number | undefined;
    known: Answer["probes"];
  },
): JSX.Element {
  const [fresh, set] = useState<Answer["probes"]>([]);
  const { lastProbe } = live;
  useEffect(() => {
    if (!lastProbe) return;
    const point = [ms(lastProbe.atUnixNs), ms(lastProbe.durationNs), lastProbe.ok] as const;
    set((before) => [...before.filter(([at]) => at < point[0]), point].slice(-30));
  }, [lastProbe?.atUnixNs]);
  const newest = known.at(-1)?.[0] ?? 0;
  const points = useMemo(() => [...known, ...fresh.filter(([at]) => at > newest)], [known, fresh]);
  const { probeTimes: times } = backend;
  const data = useMemo(() => ({
    at: points.map(([at]) => at),
    series: [
      {
        label: "ok",
        colour: "--good",
        dots: true,
        values: points.map(([, took, ok]) => ok ? took : null),
      },
      {
        label: "failed",
        colour: "--bad",
        dots: true,
        values: points.map(([, took, ok]) => ok ? null : took),
      },
      ...times
        ? [
          { label: "p50", colour: "--info", values: points.map(() => ms(times.p50Ns)) },
          { label: "p95", colour: "--warn", values: points.map(() => ms(times.p95Ns)) },
          { label: "max", colour: "--quiet", values: points.map(() => ms(times.maxNs)) },
        ]
        : [],
    ],
  }), [points, times]);
  return (
    <section class="card">
      <h2>Probes {running !== undefined && <Running since={running} inWords />}</h2>
      <dl class="facts">
        <Figure
          name="last"
          value={lastProbe ? `${lastProbe.code} ${measured(ms(lastProbe.durationNs))}` : "none yet"}
        />
        <Figure name="p50" value={times ? measured(ms(times.p50Ns)) : "–"} />
        <Figure name="p95" value={times ? measured(ms(times.p95Ns)) : "–"} />
        <Figure name="max" value={times ? measured(ms(times.maxNs)) : "–"} />
        <Figure name="timeout" value={backend.timeoutNs ? duration(backend.timeoutNs) : "–"} />
        <Figure name="changes in 10 min" value={String(backend.recentChanges ?? "–")} />
      </dl>
      <Chart at={data.at} series={data.series} unit="ms" label="duration of each probe" />
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{value}</dd>
    </div>
  );
}

function TrafficChart({ points }: { points: Answer["traffic"] }): JSX.Element {
  const data = useMemo(() => ({
    at: points.map(([at]) => at),
    series: [{
      label: "packets/s",
      colour: "--info",
      values: points.map(([, packets]) => packets),
    }],
  }), [points]);
  const last = points.at(-1);
  return (
    <section class="card">
      <h2>
        Traffic
        {last && (
          <span class="num dim">{packets(last[1])}{last[2] >= 0 && ` · ${bits(last[2])}`}</span>
        )}
      </h2>
      {points.length < 2
        ? <p class="empty">No counters yet: they come from VPP every few seconds.</p>
        : (
          <Chart
            at={data.at}
            series={data.series}
            unit="rate"
            label="packets a second from VPP"
            height={110}
          />
        )}
    </section>
  );
}

function Users({ state, backend }: { state: MaglevdState; backend: Backend }): JSX.Element {
  const users = [...state.frontends.values()].flatMap((frontend) =>
    frontend.pools.flatMap((pool) =>
      pool.backends.filter(({ name }) => name === backend.name)
        .map((member) => ({ frontend, pool, member }))
    )
  );
  return (
    <section class="card">
      <h2>Used by</h2>
      {users.length === 0 && <p class="empty">No frontend uses it.</p>}
      {users.length > 0 && (
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">Frontend</th>
              <th scope="col">Pool</th>
              <th scope="col">Weight</th>
              <th scope="col">Effective</th>
            </tr>
          </thead>
          <tbody>
            {users.map(({ frontend, pool, member }) => (
              <tr key={`${frontend.name} ${pool.name}`}>
                <th scope="row">
                  <Name of={frontend.name} />
                </th>
                <td>
                  <Name of={pool.name} />
                  {pool.name === frontend.activePool && <span class="tag good">active</span>}
                </td>
                <td class="num">
                  {member.weight}
                  {member.byHand && <Hand value="by hand" file={member.byHand.file} />}
                </td>
                <td>
                  <Share of={member.effectiveWeight / 100} text={String(member.effectiveWeight)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function CheckCard({ check, name }: { check: Check | undefined; name: string }): JSX.Element {
  const { http, tcp } = check ?? {};
  return (
    <section class="card">
      <h2>
        Check <span class="dim">{name}</span>
      </h2>
      {check && (
        <dl class="facts">
          <Figure name="type" value={`${check.type}${check.port ? ` port ${check.port}` : ""}`} />
          <Figure name="interval" value={duration(check.intervalNs)} />
          <Figure
            name="fast / down"
            value={`${duration(check.fastIntervalNs)} / ${duration(check.downIntervalNs)}`}
          />
          <Figure name="timeout" value={duration(check.timeoutNs)} />
          <Figure name="rise / fall" value={`${check.rise} / ${check.fall}`} />
          {http && <Figure name="asks for" value={`${http.host}${http.path}`} />}
          {http && (
            <Figure
              name="expects"
              value={http.responseCodeMin === http.responseCodeMax
                ? String(http.responseCodeMin)
                : `${http.responseCodeMin}–${http.responseCodeMax}`}
            />
          )}
          {http && http.responseRegexp !== "" && <Figure name="body" value={http.responseRegexp} />}
          {tcp?.ssl && <Figure name="TLS" value={tcp.serverName || "yes"} />}
          {check.flap !== "" && <Figure name="flap" value={check.flap} />}
        </dl>
      )}
    </section>
  );
}
