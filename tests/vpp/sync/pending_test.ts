import assert from "node:assert/strict";
import { Pending, type SyncOutcome } from "../../../lib/vpp/sync/pending.ts";
import { rejectAll, resolveAll } from "../../../lib/vpp/sync/pending.ts";
import { Run } from "../../../lib/vpp/sync/changes.ts";

const never = new AbortController().signal;
const outcome: SyncOutcome = { counts: new Run("all").counts, differs: [] };

/** Whether work that is not waited for has ended by now. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  let over = false;
  work.then(() => over = true, () => over = true);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return over;
}

const asks: Readonly<Record<string, (pending: Pending) => unknown>> = {
  "the settings": (pending) => pending.addConf(),
  "a change": (pending) => pending.addChanged("web", "other"),
  "a change that a probe found": (pending) => pending.addChanged("web", "probe"),
  "everything": (pending) => pending.addAll(),
  "an operator's sync": (pending) => void pending.ask().catch(() => {}),
  "an operator's sync of a frontend": (pending) => void pending.ask("web").catch(() => {}),
};

for (const [name, ask] of Object.entries(asks)) {
  Deno.test(`${name} that is asked for wakes who waits, before and after`, async () => {
    const waiting = new Pending();
    assert.equal(waiting.isEmpty, true);
    const some = waiting.some(never);
    assert.equal(await isOver(some), false);
    ask(waiting);
    assert.deepEqual([waiting.isEmpty, await isOver(some)], [false, true]);
    assert.equal(await isOver(waiting.some(never)), true, "it was not taken");
    const controller = new AbortController();
    const urgent = waiting.urgent();
    assert.equal(await isOver(urgent), name.startsWith("a change"));

    waiting.takeConf();
    waiting.takeProbed();
    waiting.takeChanged();
    waiting.takeAsked();
    waiting.takeAll();
    assert.equal(waiting.isEmpty, true);
    const later = waiting.some(controller.signal);
    assert.equal(await isOver(later), false, "what was taken wakes nobody");
    controller.abort(new Error("over"));
    await assert.rejects(later, /over/);
    await assert.rejects(waiting.some(controller.signal), /over/);
  });
}

Deno.test("each thing is handed out once, and what is asked for twice once as well", () => {
  const pending = new Pending();
  assert.deepEqual([pending.takeConf(), pending.takeChanged()], [false, []]);
  assert.deepEqual([pending.takeAll(), pending.isAllPending], [undefined, false]);
  for (let i = 0; i < 2; i++) {
    pending.addConf();
    pending.addChanged("web", "other");
    pending.addChanged("dns", "other");
    pending.addAll();
  }
  assert.equal(pending.isAllPending, true);
  assert.deepEqual([pending.takeConf(), pending.takeConf()], [true, false]);
  assert.deepEqual([pending.takeChanged(), pending.takeChanged()], [["web", "dns"], []]);
  assert.deepEqual([pending.takeAll(), pending.takeAll()], [[], undefined]);
  assert.equal(pending.isAllPending, false);
});

Deno.test("only what has changed is urgent, until it is taken", async () => {
  const pending = new Pending();
  const urgent = pending.urgent();
  pending.addConf();
  pending.addAll();
  assert.equal(await isOver(urgent), false);
  pending.addChanged("web", "other");
  assert.equal(await isOver(urgent), true);
  pending.takeChanged();
  assert.equal(await isOver(pending.urgent()), false);
  pending.addChanged("web", "probe");
  assert.equal(await isOver(pending.urgent()), true);
  pending.takeProbed();
  assert.equal(await isOver(pending.urgent()), false);
});

Deno.test("what a probe has found goes first, whoever else has changed the same", () => {
  const pending = new Pending();
  pending.addChanged("web", "other");
  pending.addChanged("dns", "other");
  pending.addChanged("web", "probe");
  pending.addChanged("ntp", "probe");
  pending.addChanged("ntp", "other");
  pending.addChanged("web", "probe");
  assert.deepEqual([pending.takeProbed(), pending.takeChanged()], [["web", "ntp"], ["dns"]]);
  assert.deepEqual([pending.takeProbed(), pending.takeChanged()], [[], []]);
});

Deno.test("all who ask hear the outcome, of what they asked for", async () => {
  const pending = new Pending();
  const [web, again, dns] = [pending.ask("web"), pending.ask("web"), pending.ask("dns")];
  const all = [pending.ask(), pending.ask()];
  const asked = pending.takeAsked();
  assert.deepEqual([...asked].map(([name, waiters]) => [name, waiters.length]), [
    ["web", 2],
    ["dns", 1],
  ]);
  assert.equal(pending.takeAsked().size, 0);
  resolveAll(asked.get("web") ?? [], outcome);
  assert.deepEqual([await web, await again], [outcome, outcome]);
  assert.equal(await isOver(dns), false);
  const waiters = pending.takeAll() ?? [];
  assert.equal(waiters.length, 2);
  rejectAll(waiters, new Error("gone"));
  for (const each of all) await assert.rejects(each, /gone/);
});

Deno.test("when VPP is gone nobody waits, and what has to be done remains", async () => {
  const pending = new Pending();
  const waiting = [pending.ask(), pending.ask("web")];
  pending.addChanged("dns", "other");
  pending.addChanged("web", "probe");
  pending.addConf();
  pending.rejectWaiters(new Error("VPP was disconnected"));
  for (const each of waiting) await assert.rejects(each, /VPP was disconnected/);
  assert.deepEqual(pending.takeAll(), []);
  assert.deepEqual([pending.takeProbed(), pending.takeChanged()], [["web"], ["dns"]]);
  assert.equal(pending.takeConf(), true);
  assert.equal(pending.takeAsked().size, 0);
  pending.rejectWaiters(new Error("again"));
  assert.equal(pending.takeAll(), undefined, "nobody asked for it");
});

Deno.test("frontends that are gone do not wait", () => {
  const pending = new Pending();
  for (const name of ["web", "dns", "ntp"]) pending.addChanged(name, "other");
  for (const name of ["www", "smtp"]) pending.addChanged(name, "probe");
  pending.keepFrontends((name) => name === "dns" || name === "smtp");
  assert.deepEqual([pending.takeProbed(), pending.takeChanged()], [["smtp"], ["dns"]]);
});
