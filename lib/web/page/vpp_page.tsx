import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PlanVPPLBStateResponse } from "../../gen/maglev_pb.ts";
import type { MaglevdState } from "../state.ts";
import type { Vpp, VppTables, Wire } from "../wire.ts";
import { useAnswer } from "./ask.ts";
import { Chart } from "./chart.tsx";
import { Chunks } from "./chunks.tsx";
import { State } from "./icons.tsx";
import { Moment, Name, Share, Since } from "./parts.tsx";
import { link } from "./route.ts";
import { VppCallsCard } from "./vpp_calls_card.tsx";
import { bits, count, formatShare, ms, packets } from "./words.ts";

interface Answer {
  readonly info: Vpp;
  readonly state: VppTables;
  /** Undefined from an older maglevd. */
  readonly plan?: Wire<PlanVPPLBStateResponse>;
}

/** VPP behind one maglevd: the way to it, what it holds, and what differs. */
export function VppPage({ state }: { state: MaglevdState }): JSX.Element {
  const params = new URLSearchParams({ server: state.name });
  const asked = useAnswer<Answer>(`vpp?${params}`, 5_000);
  const crumbs = (
    <h1 class="crumbs">
      <a href={link(state.name)}>
        <Name of={state.name} />
      </a>{" "}
      / VPP
    </h1>
  );
  if (asked.kind === "waiting") {
    return (
      <>
        {crumbs}
        <p class="empty">Asking VPP…</p>
      </>
    );
  }
  if (asked.kind === "failed") {
    const away = state.status?.vppAway;
    return (
      <>
        {crumbs}
        <section class="verdict bad">
          <h1>VPP cannot be asked</h1>
          <p>{asked.error}</p>
          {away && (
            <p>
              Away since <Moment at={ms(away.sinceUnixNs)} />: {away.reason}
            </p>
          )}
        </section>
        <VppCallsCard server={state.name} />
      </>
    );
  }
  const { info, state: tables, plan } = asked.value;
  const { conf } = tables;
  return (
    <>
      {crumbs}
      <div class="columns halves">
        <section class="card">
          <h2>
            VPP
            <State
              of={info.inStep ? "in-step" : info.stepSinceNs === 0 ? "settling" : "out-of-step"}
              tone={info.inStep ? "good" : info.stepSinceNs === 0 ? "info" : "warn"}
              word={info.inStep
                ? "in step"
                : info.stepSinceNs === 0
                ? "being looked at"
                : "out of step"}
            />
          </h2>
          <dl class="facts">
            <Fact name="version">{info.version}</Fact>
            <Fact name="up">
              <Since at={ms(info.boottimeNs)} />
            </Fact>
            <Fact name="connected">
              <Since at={ms(info.connecttimeNs)} />
            </Fact>
            {info.stepSinceNs > 0 && (
              <Fact name={info.inStep ? "in step" : "out of step"}>
                <Since at={ms(info.stepSinceNs)} />
              </Fact>
            )}
            {info.checkedNs > 0 && (
              <Fact name="looked at">
                <Since at={ms(info.checkedNs)} />
              </Fact>
            )}
          </dl>
          {info.differs.length > 0 && (
            <ul class="lines">{info.differs.map((line) => <li key={line}>{line}</li>)}</ul>
          )}
        </section>
        {conf && (
          <section class="card">
            <h2>Configuration of the plugin</h2>
            <dl class="facts">
              <Fact name="IPv4 source">{conf.ip4SrcAddress}</Fact>
              <Fact name="IPv6 source">{conf.ip6SrcAddress}</Fact>
              <Fact name="sticky buckets per core">{count(conf.stickyBucketsPerCore)}</Fact>
              <Fact name="flow timeout">{conf.flowTimeout} s</Fact>
            </dl>
          </section>
        )}
        <section class="card wide">
          <h2>
            Plan <span class="dim">what a sync would change now</span>
          </h2>
          <Plan plan={plan} />
        </section>
      </div>
      <VppCallsCard server={state.name} />
      <Vips tables={tables} state={state} />
    </>
  );
}

function Fact(
  { name, children }: { name: string; children: preact.ComponentChildren },
): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

/** A plan in words: a line for each call that would be made. */
export function Plan({ plan }: { plan: Answer["plan"] }): JSX.Element {
  if (!plan) return <p class="empty">An older maglevd does not tell.</p>;
  if (plan.changes.length === 0) {
    return <p class="empty">Nothing: VPP holds all that is desired.</p>;
  }
  return (
    <ul class="lines">
      {plan.changes.slice(0, 100).map((change, i) => (
        <li key={i}>
          <span class="tag">{change.kind}</span> {change.frontend || change.prefix}{" "}
          {change.backend || change.address} <span class="dim">{change.detail}</span>
        </li>
      ))}
      {plan.changes.length > 100 && <li class="dim">and {plan.changes.length - 100} more</li>}
      {plan.moves.map((move) => (
        <li key={`${move.prefix} ${move.port}`} class="dim">
          {formatShare(move.share)} of new flows to {move.frontend || move.prefix} move
        </li>
      ))}
    </ul>
  );
}

interface TrafficAnswer {
  readonly points: readonly (readonly [at: number, packets: number, bits: number])[];
}

/** The traffic of the last quarter of an hour, once somebody asks for it. */
function VipTraffic({ server, frontend }: { server: string; frontend: string }): JSX.Element {
  const [isOpen, open] = useState(false);
  return (
    <details class="traffic" onToggle={({ currentTarget }) => open(currentTarget.open)}>
      <summary>Traffic of the last quarter of an hour</summary>
      {isOpen && <VipChart server={server} frontend={frontend} />}
    </details>
  );
}

function VipChart({ server, frontend }: { server: string; frontend: string }): JSX.Element {
  const params = new URLSearchParams({ server, frontend });
  const asked = useAnswer<TrafficAnswer>(`traffic?${params}`, 5_000);
  const points = asked.kind === "there" ? asked.value.points : [];
  if (points.length < 2) return <p class="empty">No counters yet.</p>;
  return (
    <Chart
      at={points.map(([at]) => at)}
      series={[{ label: "packets/s", colour: "--info", values: points.map(([, each]) => each) }]}
      unit="rate"
      label={`packets a second to ${frontend}`}
      height={110}
    />
  );
}

const protocols: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp" };

function Vips({ tables, state }: { tables: VppTables; state: MaglevdState }): JSX.Element {
  return (
    <div class="cards">
      {tables.vips.map((vip) => {
        const rate = state.frontendRates.get(vip.frontend);
        const servers = [...vip.applicationServers].sort((a, b) => b.numBuckets - a.numBuckets);
        return (
          <section class="card vip" key={`${vip.prefix} ${vip.protocol} ${vip.port}`}>
            <h2>
              <Name of={vip.frontend || "no frontend asks for it"} />
              <span class="addr">
                {vip.prefix.replace(/\/(32|128)$/, "")} {protocols[vip.protocol] ?? "any"}
                {vip.port > 0 && `/${vip.port}`}
              </span>
              <span class="tag">{vip.encap}</span>
              {vip.srcIpSticky && <span class="tag">sticky by source</span>}
              <span class="num dim push">
                {rate && packets(rate[0])} {rate && rate[1] >= 0 && `· ${bits(rate[1])}`}
              </span>
            </h2>
            <table class="plain-table">
              <thead>
                <tr>
                  <th scope="col">Server</th>
                  <th scope="col">Weight</th>
                  <th scope="col">Buckets</th>
                  <th scope="col">Share of the table</th>
                  <th scope="col">Traffic</th>
                </tr>
              </thead>
              <Chunks
                of={servers}
                columns={4}
                rowHeight={34}
                row={(server) => {
                  const share = server.numBuckets / Math.max(1, vip.flowTableLength);
                  const flow = state.backendRates.get(server.backend);
                  return (
                    <tr key={server.address}>
                      <th scope="row">
                        {server.backend && (
                          <a href={link(state.name, "backend", server.backend)}>
                            <Name of={server.backend} />
                          </a>
                        )}
                        <span class="addr">{server.address}</span>
                      </th>
                      <td class="num">
                        {server.weight}
                        {(server.flags & 2) !== 0 && <span class="tag">flushed</span>}
                      </td>
                      <td class="num">{count(server.numBuckets)}</td>
                      <td>
                        <Share of={share} text={formatShare(share)} />
                      </td>
                      <td class="num">{flow ? packets(flow[0]) : "–"}</td>
                    </tr>
                  );
                }}
              />
            </table>
            {vip.frontend !== "" && <VipTraffic server={state.name} frontend={vip.frontend} />}
          </section>
        );
      })}
    </div>
  );
}
