import type { JSX } from "preact";
import type { ChangeOutcome } from "../wire.ts";
import { Moment, Name } from "./parts.tsx";
import type { Foreseen } from "./actions.tsx";
import { formatShare, isolated, ms } from "./words.ts";
import { Plan } from "./vpp_page.tsx";

/** What would come of an action. */
export function Preview({ foreseen }: { foreseen: Foreseen }): JSX.Element {
  switch (foreseen.path) {
    case "operate":
      return <Outcome of={foreseen.answer.outcome} />;
    case "sync":
      return <Plan plan={foreseen.answer} />;
    case "reload": {
      const { ok, parseError, semanticError, refusal, changes, outcome, warnings } =
        foreseen.answer;
      if (!ok) return <pre class="notice bad">{parseError || semanticError}</pre>;
      return (
        <>
          {refusal !== "" && <p class="notice bad">{refusal}</p>}
          {warnings.map((line) => <p key={line} class="notice warn">{line}</p>)}
          {changes.length === 0
            ? <p class="empty">The file says what is in force.</p>
            : (
              <ul class="diff">
                {changes.slice(0, 100).map(({ kind, change, name, details }) => (
                  <li key={`${kind} ${name}`} class={change}>
                    {marks[change] ?? "~"} {kind}{" "}
                    <b>
                      <Name of={name} />
                    </b>
                    <span class="dim">{details.join(", ")}</span>
                  </li>
                ))}
              </ul>
            )}
          <Outcome of={outcome} />
        </>
      );
    }
  }
}

const marks: Readonly<Record<string, string>> = { added: "+", removed: "−" };

const dangers: Readonly<Record<string, string>> = {
  "goes-down": "goes down: nothing carries its traffic",
  "loses-most": "loses most of its weight",
  removed: "is removed: its VIP is withdrawn",
};

/** What becomes of frontends and of the share of new flows. */
export function Outcome({ of }: { of: ChangeOutcome | undefined }): JSX.Element {
  if (!of) return <p class="empty">This maglevd does not tell what would come of it.</p>;
  return (
    <div class="outcome">
      <Caveats of={of} />
      {of.backends.map(({ backendName, stateFrom, stateTo }) => (
        <p key={backendName}>
          <Name of={backendName} /> {stateFrom} → <b>{stateTo}</b>
        </p>
      ))}
      {of.frontends.length === 0 && <p class="dim">No frontend's weights change.</p>}
      {of.frontends.map(({ frontendName, danger, before, after, weights, hasMore }) => (
        <section key={frontendName} class={danger === "" ? "" : "danger"}>
          <h4>
            <Name of={frontendName} /> {danger !== ""
              ? dangers[danger] ?? danger
              : before && after && before.activePool !== after.activePool
              ? `fails over from ${isolated(before.activePool)} to ${isolated(after.activePool)}`
              : before && after && before.state !== after.state
              ? `${before.state} → ${after.state}`
              : ""}
          </h4>
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">Backend</th>
                <th scope="col">Weight</th>
                <th scope="col">New flows</th>
              </tr>
            </thead>
            <tbody>
              {weights.map((each) => (
                <tr key={`${each.poolName} ${each.backendName}`}>
                  <th scope="row">
                    <Name of={each.backendName} />
                  </th>
                  <td class="num">{arrow(weight(each.effectiveFrom), weight(each.effectiveTo))}</td>
                  <td class="num">
                    {arrow(formatShare(each.shareFrom), formatShare(each.shareTo))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {hasMore && <p class="dim">and more</p>}
        </section>
      ))}
    </div>
  );
}

/** What keeps a change from what it is meant for: a VPP that does not hear of it, or the disk. */
export function Caveats({ of }: { of: ChangeOutcome | undefined }): JSX.Element | null {
  if (!of) return null;
  const { vppAway, notKept, frontends } = of;
  return (
    <>
      {vppAway && frontends.length > 0 && (
        <p class="notice warn">
          Traffic stays as it is until VPP is back: it is away since{" "}
          <Moment at={ms(vppAway.sinceUnixNs)} />
          {vppAway.reason !== "" && ` (${vppAway.reason})`}.
        </p>
      )}
      {notKept !== "" && (
        <p class="notice bad">
          This is not kept, and forgotten when maglevd restarts: {notKept}
        </p>
      )}
    </>
  );
}

function weight(
  told: ChangeOutcome["frontends"][number]["weights"][number]["effectiveFrom"],
): string {
  if (told?.kind === "set") return String(told.weight ?? 0);
  return told?.kind === "kept" ? "kept" : "none";
}

function arrow(from: string, to: string): string {
  return from === to ? from : `${from} → ${to}`;
}
