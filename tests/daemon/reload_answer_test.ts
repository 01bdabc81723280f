import { deepEqual, equal } from "node:assert/strict";
import { answerTo, type ReloadAnswer, reloadAsker } from "../../lib/daemon/reload_answer.ts";

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

Deno.test("a reload has failed if any of its files is not in force, and says which", () => {
  const config = { kind: "ok" } as const;
  const all = { config, authRejected: "", tlsRejected: "" };
  deepEqual(answerTo(all), { code: 0, message: "" });
  deepEqual(answerTo({ ...all, authRejected: "auth.yaml:1:1: no", tlsRejected: "no key" }), {
    code: 3,
    message: "the configuration is in force, and not all else\n" +
      "who may do what stays as it was: auth.yaml:1:1: no\n" +
      "certificates stay as they were: no key",
  });
  const broken = { kind: "semantic-error", message: "no such check" } as const;
  deepEqual(answerTo({ ...all, config: broken }), { code: 2, message: "no such check" });
  deepEqual(answerTo({ ...all, config: broken, tlsRejected: "no key" }), {
    code: 2,
    message: "no such check\ncertificates stay as they were: no key",
  });
});

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
