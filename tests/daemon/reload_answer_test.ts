import { deepEqual, equal } from "node:assert/strict";
import { type ReloadAnswer, reloadAsker } from "../../lib/daemon/reload_answer.ts";

/** Runs with the environment of a unit, whose runtime directory is at `folder`. */
async function inUnit(
  work: (environment: { get(name: string): string | undefined }, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-reload-" });
  const get = (name: string) => name === "RUNTIME_DIRECTORY" ? `${folder}:/other` : undefined;
  try {
    await work({ get }, `${folder}/reload.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("who waits for a reload is told what became of it", () =>
  inUnit(async (environment, path) => {
    const answer: ReloadAnswer = { code: 2, message: "web1: no such check" };
    using listener = Deno.listen({ transport: "unix", path });
    const accepted = listener.accept();
    {
      using asker = await reloadAsker(environment);
      await asker?.tell(answer);
    }
    deepEqual(await new Response((await accepted).readable).json(), answer);
  }));

Deno.test("who reads slowly is told all of a long answer", () =>
  inUnit(async (environment, path) => {
    const answer: ReloadAnswer = { code: 2, message: "web1: no such check\n".repeat(100_000) };
    using listener = Deno.listen({ transport: "unix", path });
    const accepted = listener.accept();
    const asker = await reloadAsker(environment);
    const told = asker?.tell(answer).finally(() => asker[Symbol.dispose]());
    deepEqual(await new Response((await accepted).readable).json(), answer);
    await told;
  }));

Deno.test("where nobody waits, or who did has left his socket behind, nobody is told", () =>
  inUnit(async (environment, path) => {
    equal(await reloadAsker({ get: () => undefined }), undefined);
    equal(await reloadAsker(environment), undefined);
    const listener = Deno.listen({ transport: "unix", path });
    await Deno.rename(path, `${path}.old`);
    listener.close();
    await Deno.rename(`${path}.old`, path);
    equal(await reloadAsker(environment), undefined);
  }));

Deno.test("who has gone meanwhile cannot be told, and nothing is left open", () =>
  inUnit(async (environment, path) => {
    using listener = Deno.listen({ transport: "unix", path });
    const accepted = listener.accept();
    let failed = 0;
    {
      using asker = await reloadAsker(environment);
      (await accepted).close();
      await asker?.tell({ code: 0, message: "" }).catch(() => failed++);
    }
    equal(failed, 1);
  }));
