import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type {
  CheckConfigResponse,
  OperateResponse,
  PlanVPPLBStateResponse,
} from "../../gen/maglev_pb.ts";
import type { MaglevdState } from "../state.ts";
import type { Backend, ChangeOutcome, Member, Wire } from "../wire.ts";
import { sentenceOf } from "./ask.ts";
import { Caveats, Preview } from "./outcome.tsx";
import { Dialog } from "./overlays.tsx";
import { hindrance, iCover, maySteer, type Needed } from "./rights.ts";
import { base, mayAct } from "./route.ts";
import { hasLogin, maglevds, whoAmI } from "./store.ts";

/** What an operator wants to do something about. */
export interface Subject {
  readonly server: string;
  /** Undefined: the maglevd itself. */
  readonly backend?: Backend;
  /** Where it stands in a frontend: there it has a weight. */
  readonly place?: { readonly frontend: string; readonly pool: string; readonly member: Member };
}

const subject = signal<Subject | undefined>(undefined);

/** Shows what can be done about it. */
export function actionsOf(about: Subject): void {
  subject.value = about;
}

/** Opens the actions for something; where there are none, why. */
export function ActionsButton(
  { state, about }: { state: MaglevdState; about: Omit<Subject, "server"> },
): JSX.Element | null {
  if (maySteer(state)) {
    return (
      <button
        type="button"
        class="act"
        onClick={() => actionsOf({ server: state.name, ...about })}
      >
        Actions…
      </button>
    );
  }
  const isKnown = (whoAmI.value?.name ?? "") !== "";
  if (mayAct || (isKnown && !iCover("operate"))) {
    // Before the server has said who looks, nothing is known of what it may.
    if (!whoAmI.value) return null;
    return <p class="no-act">View only: {hindrance(state, "operate")}.</p>;
  }
  if (!hasLogin.value) return null;
  const here = `/admin${location.pathname.slice(base.length)}`;
  return <a class="act" href={here}>{isKnown ? "Go to the actions" : "Log in to act"}</a>;
}

/** One operation, as the API takes it. */
interface Operation {
  readonly action: string;
  readonly backends?: readonly string[];
  readonly frontend?: string;
  readonly pool?: string;
  readonly weight?: number;
  readonly flush?: boolean;
}

/** Something to be done: how it is called, what role it takes, and what is sent. */
interface Action {
  readonly title: string;
  readonly needs?: Needed;
  readonly path: "operate" | "sync" | "reload";
  readonly body: Readonly<Record<string, unknown>>;
}

function operate(title: string, operation: Operation): Action {
  return { title, path: "operate", body: { operations: [operation] } };
}

/** What can be done about a backend in its present state. */
function actionsFor({ name, state, drain, byHand }: Backend): Action[] {
  const backends = [name];
  const all: (Action | false | undefined)[] = [
    state === "paused" && operate("Resume", { action: "resume", backends }),
    (state === "disabled" || drain) && operate("Enable", { action: "enable", backends }),
    state !== "disabled" && !drain && operate("Drain", { action: "drain", backends }),
    state !== "disabled" && state !== "paused" && operate("Pause", { action: "pause", backends }),
    state !== "disabled" && operate("Disable", { action: "disable", backends }),
    byHand && operate("Reset to the file", { action: "reset", backends }),
  ];
  return all.filter((each) => each !== false && each !== undefined);
}

const forAll: readonly Action[] = [
  { title: "Sync VPP", path: "sync", body: {} },
  { title: "Reload the configuration", needs: "admin", path: "reload", body: {} },
  operate("Reset all that was set by hand", { action: "reset-all" }),
];

/** What came of a dry run. */
export type Foreseen =
  | { readonly path: "operate"; readonly answer: Wire<OperateResponse> }
  | { readonly path: "sync"; readonly answer: Wire<PlanVPPLBStateResponse> }
  | { readonly path: "reload"; readonly answer: Wire<CheckConfigResponse> };

async function send<T>(server: string, { path, body }: Action, isDry: boolean): Promise<T> {
  const answer = await fetch(`/admin/api/${path}?${new URLSearchParams({ server })}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(isDry ? { ...body, dryRun: true } : body),
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(value.error ?? `the server answered ${answer.status}`);
  return value;
}

type Stage =
  | { readonly kind: "choosing" }
  | { readonly kind: "waiting" }
  | { readonly kind: "foreseen"; readonly action: Action; readonly foreseen: Foreseen }
  | { readonly kind: "done"; readonly action: Action; readonly outcome: ChangeOutcome | undefined };

/** What came of it, as far as each kind of action tells. */
interface Done {
  readonly ok?: boolean;
  readonly reloadError?: string;
  readonly outcome?: ChangeOutcome;
}

/** What can be done, what would come of it, and then its being done. */
export function Actions(): JSX.Element | null {
  const about = subject.value;
  if (!mayAct || !about) return null;
  return <Steps key={`${about.server} ${about.backend?.name}`} about={about} />;
}

function Steps({ about }: { about: Subject }): JSX.Element {
  const { server, backend, place } = about;
  const [stage, set] = useState<Stage>({ kind: "choosing" });
  const [error, fail] = useState("");
  const attempt = async (work: () => Promise<Stage>, otherwise: Stage) => {
    fail("");
    set({ kind: "waiting" });
    try {
      set(await work());
    } catch (error) {
      fail(sentenceOf(error));
      set(otherwise);
    }
  };
  const foresee = (action: Action) =>
    attempt(async () => {
      const answer = await send<Foreseen["answer"]>(server, action, true);
      const foreseen = { path: action.path, answer } as Foreseen;
      return { kind: "foreseen", action, foreseen };
    }, { kind: "choosing" });
  const perform = (action: Action, before: Stage) =>
    attempt(async () => {
      const answer = await send<Done>(server, action, false);
      if (answer.ok === false) throw new Error(answer.reloadError || "the file is not valid");
      return { kind: "done", action, outcome: answer.outcome };
    }, before);
  const state = maglevds.value.get(server);
  const actions = backend ? actionsFor(backend) : forAll;
  const why = ({ needs = "operate" }: Action) => hindrance(state, needs);
  const title = backend ? `${backend.name} at ${server}` : server;
  return (
    <Dialog title={title} close={() => subject.value = undefined}>
      {error !== "" && <p class="notice bad" role="alert">{error}</p>}
      {stage.kind === "waiting" && <p class="empty" role="status">Asking maglevd…</p>}
      {stage.kind === "choosing" && (
        <>
          <p class="dim">Nothing is done before you have seen what would come of it.</p>
          <div class="actions">
            {actions.map((action) => (
              <button
                key={action.title}
                type="button"
                disabled={why(action) !== undefined}
                onClick={() => void foresee(action)}
              >
                {action.title}…
              </button>
            ))}
          </div>
          {actions.filter((action) => why(action) !== undefined).map((action) => (
            <p key={action.title} class="dim">
              {action.title} takes the role {action.needs ?? "operate"}: {why(action)}.
            </p>
          ))}
          {backend && place && (
            <WeightForm
              place={place}
              choose={(weight, flush) =>
                void foresee(
                  operate(`Weight ${weight} in ${place.frontend}`, {
                    ...{ action: "weight", backends: [backend.name], weight, flush },
                    ...{ frontend: place.frontend, pool: place.pool },
                  }),
                )}
            />
          )}
        </>
      )}
      {stage.kind === "foreseen" && (
        <>
          <h3>{stage.action.title}</h3>
          <Preview foreseen={stage.foreseen} />
          <div class="actions">
            <button type="button" onClick={() => set({ kind: "choosing" })}>Back</button>
            <button
              type="button"
              class={isDangerous(stage.foreseen) ? "go bad" : "go"}
              disabled={isImpossible(stage.foreseen) || why(stage.action) !== undefined}
              onClick={() => void perform(stage.action, stage)}
            >
              {stage.action.title} now
            </button>
          </div>
        </>
      )}
      {stage.kind === "done" && (
        <>
          <p class="notice good" role="status">Done: {stage.action.title}.</p>
          <Caveats of={stage.outcome} />
        </>
      )}
    </Dialog>
  );
}

function WeightForm(
  { place, choose }: {
    place: NonNullable<Subject["place"]>;
    choose: (weight: number, flush: boolean) => void;
  },
): JSX.Element {
  const [weight, setWeight] = useState(place.member.weight);
  const [flush, setFlush] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    choose(weight, flush);
  };
  return (
    <form class="weight" onSubmit={submit}>
      <label>
        Weight in {place.frontend}, pool {place.pool}
        <input
          type="number"
          min="0"
          max="100"
          required
          value={weight}
          onInput={({ currentTarget }) => setWeight(currentTarget.valueAsNumber)}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={flush}
          onChange={({ currentTarget }) => setFlush(currentTarget.checked)}
        />
        also move the flows that it has
      </label>
      <button type="submit">Set…</button>
    </form>
  );
}

function isDangerous({ path, answer }: Foreseen): boolean {
  if (path === "sync") return false;
  return answer.outcome?.frontends.some(({ danger }) => danger !== "") ?? false;
}

function isImpossible({ path, answer }: Foreseen): boolean {
  return path === "reload" && (!answer.ok || answer.refusal !== "");
}
