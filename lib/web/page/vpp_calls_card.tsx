import type { JSX } from "preact";
import type { VppActivity } from "../wire.ts";
import { useAnswer } from "./ask.ts";
import { Moment } from "./parts.tsx";

/** What VPP was asked lately, when, and what came of it. */
export function VppCallsCard({ server }: { server: string }): JSX.Element {
  const asked = useAnswer<VppActivity>(`calls?${new URLSearchParams({ server })}`, 5_000);
  const calls = asked.kind === "there" ? asked.value.calls : [];
  return (
    <section class="card calls">
      <h2>
        API activity <span class="dim">what VPP was asked, the newest first</span>
      </h2>
      {asked.kind === "failed" && <p class="notice bad" role="alert">{asked.error}</p>}
      {calls.length === 0
        ? <p class="empty">Nothing since this maglevd is followed.</p>
        : (
          <ol tabIndex={0} aria-label="calls to VPP">
            {calls.map(({ at, call, about, detail, ok }, i) => (
              <li key={`${at} ${calls.length - i}`}>
                <span class="num when">
                  <Moment at={at} />
                </span>
                <span class="call">{call}</span>
                <span class="target">{about}</span>
                <span class={ok ? "result" : "result bad"}>
                  {ok ? "ok" : "failed"}
                  {detail !== "" && <span class="dim">{detail}</span>}
                </span>
              </li>
            ))}
          </ol>
        )}
    </section>
  );
}
