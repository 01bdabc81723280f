import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Backend, Buckets, Frontend, Member, Pool } from "../wire.ts";
import { actionsOf } from "./actions.tsx";
import { useAnswer } from "./ask.ts";
import { useChosen } from "./chosen.ts";
import { Chunks } from "./chunks.tsx";
import { shownState, stateTone } from "./health.ts";
import { Icon, State } from "./icons.tsx";
import { Flash, memo, Name, Running, Share, Since, Spark } from "./parts.tsx";
import { maySteer } from "./rights.ts";
import { link } from "./route.ts";
import { bits, count, formatShare, measured, ms, packets } from "./words.ts";

const titles = [
  "State",
  "Backend",
  "For",
  "Last probe",
  "Probes",
  "Weight",
  "New flows",
  "In VPP",
  "Traffic",
];

/** The pools of a frontend, a row for each backend. */
export function PoolTable(
  { frontend, server }: { frontend: Frontend; server: string },
): JSX.Element {
  const total = useSignal(0);
  total.value = frontend.pools.flatMap(({ backends }) => backends)
    .reduce((sum, { effectiveWeight }) => sum + effectiveWeight, 0);
  const columns = titles.length + 1;
  const buckets = useBuckets(server, frontend.name);
  const mayAct = useChosen(server, maySteer).value ?? false;
  return (
    <table class={mayAct ? "pools steered" : "pools"}>
      <thead>
        <tr>
          {titles.map((title) => <th key={title} scope="col">{title}</th>)}
          <th scope="col">
            <span class="unseen">Marks</span>
          </th>
        </tr>
      </thead>
      {frontend.pools.map((pool, i) => [
        <tbody key={`${pool.name} head`} class="pool-head">
          <tr>
            <th colSpan={columns} scope="colgroup">
              <PoolName pool={pool} frontend={frontend} isPreferred={i === 0} />
            </th>
          </tr>
        </tbody>,
        <Chunks
          key={pool.name}
          of={pool.backends}
          columns={columns}
          rowHeight={36}
          row={(member) => (
            <Row
              key={member.name}
              server={server}
              frontend={frontend.name}
              pool={pool.name}
              member={member}
              total={total}
              isTold={frontend.state !== ""}
              buckets={bucketsIn(buckets, member.name, pool.name === frontend.activePool)}
              tableLength={buckets?.total ?? 0}
              mayAct={mayAct}
            />
          )}
        />,
      ])}
    </table>
  );
}

function PoolName(
  { pool, frontend, isPreferred }: { pool: Pool; frontend: Frontend; isPreferred: boolean },
): JSX.Element {
  const isActive = pool.name === frontend.activePool;
  const up = pool.backends.filter(({ state }) => state === "up").length;
  return (
    <span class="pool-name">
      <span class="dim">pool</span>{" "}
      <b>
        <Name of={pool.name} />
      </b>
      {isActive && (
        <span class={`tag ${isPreferred ? "good" : "warn"}`}>
          {isPreferred ? "active" : "active: fallback"}
        </span>
      )}
      {!isActive && <span class="tag">{isPreferred ? "preferred" : "standby"}</span>}
      <span class="dim num">{up}/{pool.backends.length} up</span>
    </span>
  );
}

interface RowProps {
  readonly server: string;
  readonly frontend: string;
  readonly pool: string;
  readonly member: Member;
  /** Of all effective weights of the frontend. */
  readonly total: ReadonlySignal<number>;
  /** An older maglevd does not tell some things. */
  readonly isTold: boolean;
  /** That it has in VPP's table; undefined: not known, or it is none of the active pool's. */
  readonly buckets: number | undefined;
  readonly tableLength: number;
  readonly mayAct: boolean;
}

const Row = memo(function Row(props: RowProps): JSX.Element {
  const { server, frontend, pool, member, total, isTold, buckets, tableLength, mayAct } = props;
  const { name } = member;
  const backend = useChosen(server, ({ backends }) => backends.get(name)).value;
  const shown = shownState(backend?.state ?? member.state, backend);
  const since = ms(backend?.sinceUnixNs || member.sinceUnixNs);
  return (
    <tr class={`row ${shown}`} data-backend={member.name}>
      <td class="c-state">
        <Flash of={shown}>
          <State of={shown} tone={stateTone(shown)} />
        </Flash>
      </td>
      <th class="c-name" scope="row">
        <a href={link(server, "backend", member.name)}>
          <Name of={member.name} />
        </a>
        <span class="addr">{backend?.address}</span>
      </th>
      <td class="c-since num">
        <Since at={since} />
      </td>
      <td class="c-probe">
        <Probe server={server} name={name} backend={backend} />
      </td>
      <td class="c-spark">
        <Durations server={server} name={name} />
      </td>
      <td class="c-weight num">
        <Weight member={member} isTold={isTold} />
      </td>
      <td class="c-share">
        <NewFlows weight={member.effectiveWeight} total={total} />
      </td>
      <td class="c-buckets">
        <InVpp buckets={buckets} of={tableLength} />
      </td>
      <td class="c-rate num">
        <Rate server={server} name={name} />
      </td>
      <td class="c-marks">
        <span class="marks">
          <Marks member={member} backend={backend} />
          {mayAct && backend && (
            <button
              type="button"
              class="more"
              onClick={() => actionsOf({ server, backend, place: { frontend, pool, member } })}
            >
              Act<span class="unseen">on {member.name}</span>
            </button>
          )}
        </span>
      </td>
    </tr>
  );
});

/** What a backend gets of the new flows of a frontend. */
function NewFlows(
  { weight, total }: { weight: number; total: ReadonlySignal<number> },
): JSX.Element {
  const share = weight === 0 ? 0 : weight / Math.max(total.value, weight);
  return <Share of={share} text={formatShare(share)} tone={share > 0 ? "info" : "quiet"} />;
}

/** Pages look at VPP's tables that often, in milliseconds. */
const bucketsMs = 5_000;

/** Of an open table: how VPP's own is shared out; undefined where that is not known. */
function useBuckets(server: string, frontend: string): Buckets | undefined {
  const hasVpp = useChosen(server, ({ vpp }) => vpp !== undefined && "version" in vpp).value;
  const params = new URLSearchParams({ server, frontend });
  const asked = useAnswer<Buckets>(hasVpp ? `buckets?${params}` : "", bucketsMs);
  return asked.kind === "there" && asked.value.total > 0 ? asked.value : undefined;
}

/** A server that VPP does not know has none, which is worth seeing where it is to have some. */
function bucketsIn(
  buckets: Buckets | undefined,
  name: string,
  isActive: boolean,
): number | undefined {
  if (!buckets) return undefined;
  if (Object.hasOwn(buckets.of, name)) return buckets.of[name];
  return isActive ? 0 : undefined;
}

/** What VPP gives a backend of the new flows: its buckets, of all that the table has. */
function InVpp({ buckets, of }: { buckets: number | undefined; of: number }): JSX.Element {
  if (buckets === undefined) return <span class="dim">–</span>;
  const share = buckets / Math.max(1, of);
  return (
    <span class="in-vpp" title={`${count(buckets)} of ${count(of)} buckets`}>
      <Share of={share} text={formatShare(share)} tone={share > 0 ? "good" : "quiet"} />
    </span>
  );
}

interface Place {
  readonly server: string;
  readonly name: string;
}

function Durations({ server, name }: Place): JSX.Element {
  return <Spark of={useChosen(server, ({ durations }) => durations?.get(name)).value} />;
}

function Rate({ server, name }: Place): JSX.Element {
  const rate = useChosen(server, ({ backendRates }) => backendRates.get(name)).value;
  if (!rate) return <span class="dim">–</span>;
  return (
    <span class="rate">
      <span>{packets(rate[0])}</span>
      {rate[1] >= 0 && <span class="dim">{bits(rate[1])}</span>}
    </span>
  );
}

/** The last probe; of a backend that is not probed any more it is of the past. */
function Probe(
  { server, name, backend }: Place & { backend: Backend | undefined },
): JSX.Element {
  const since = useChosen(server, ({ running }) => running.get(name)).value;
  const probe = backend?.lastProbe;
  if (!probe) {
    return (
      <span class="probe dim">
        {since !== undefined && <Running since={since} />}
        {backend?.sinceUnixNs ? "none yet" : "not told"}
      </span>
    );
  }
  const isPast = backend.state === "paused" || backend.state === "disabled";
  return (
    <span class={`probe ${isPast ? "dim" : probe.ok ? "" : "bad"}`} title={probe.detail}>
      {since === undefined
        ? <span class="beat" key={probe.atUnixNs} aria-hidden="true" />
        : <Running since={since} />}
      <span class="code">{probe.code}</span>
      <span class="took num">{measured(ms(probe.durationNs))}</span>
      {!probe.ok && <span class="detail">{probe.detail}</span>}
    </span>
  );
}

function Weight({ member, isTold }: { member: Member; isTold: boolean }): JSX.Element {
  const { weight, effectiveWeight, reason } = member;
  const isKept = reason === "kept" || (reason === "fail-open" && effectiveWeight === 0);
  const effective = isKept ? "kept" : String(effectiveWeight);
  const isSame = isTold && effective === String(weight);
  return (
    <Flash of={`${weight} ${effective}`}>
      <span title={isSame ? "" : `configured ${weight}, VPP is to have ${effective}`}>
        {isSame ? weight : (
          <>
            <b>{isTold ? effective : "?"}</b>
            <span class="dim">/{weight}</span>
          </>
        )}
      </span>
    </Flash>
  );
}

/** Why things are as they are, where that is not plain to see. */
function Marks({ member, backend }: { member: Member; backend: Backend | undefined }): JSX.Element {
  const byHand = backend?.byHand;
  return (
    <>
      {member.reason === "fail-open" && <span class="tag warn">fail-open</span>}
      {backend?.flapHold && <span class="tag warn">flapping</span>}
      {member.slowStartPercent > 0 && (
        <span class="tag info">slow start {member.slowStartPercent}%</span>
      )}
      {member.reason === "standby" && <span class="tag">standby</span>}
      {byHand && <Hand value={byHand.value} file={byHand.file} />}
      {member.byHand && <Hand value={`weight ${member.byHand.value}`} file={member.byHand.file} />}
    </>
  );
}

/** Something that an operator has said, with what the file says. */
export function Hand({ value, file }: { value: string; file: string }): JSX.Element {
  return (
    <span class="tag hand" title={`${value} by hand; the file says ${file}`}>
      <Icon name="hand" size={12} />
      {value} <span class="dim">file {file}</span>
    </span>
  );
}
