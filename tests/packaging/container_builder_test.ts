import assert from "node:assert/strict";
import { findBuilder, type RunScript } from "./support/container_builder.ts";

/** A machine that has these builders; each says which of its commands work. */
function machine(has: Readonly<Record<string, readonly string[]>>): RunScript {
  return (script) => {
    const [, there] = script.match(/^command -v (\w+)$/) ?? [];
    const works = there === undefined
      ? script.split(/ \|\| |; ?/).some((part) => {
        const [, program = "", command = ""] = part.match(/^(\w+) (\w+)/) ?? [];
        return has[program]?.includes(command);
      })
      : there in has;
    return Promise.resolve({ code: works ? 0 : 1, stdout: "", stderr: "" });
  };
}

const all = ["info", "pull", "run"];

Deno.test("the first builder that works is taken", async () => {
  const nameOf = async (has: Readonly<Record<string, readonly string[]>>) => {
    const found = await findBuilder(machine(has));
    return "name" in found ? found.name : found.why;
  };
  assert.equal(await nameOf({ podman: all, docker: all, buildah: all }), "podman");
  assert.equal(await nameOf({ docker: [], buildah: all }), "buildah");
  assert.equal(await nameOf({ podman: ["info"], docker: all }), "docker");
  assert.equal(
    await nameOf({ podman: ["info", "image", "run"], docker: all }),
    "podman",
    "it has it",
  );
  assert.equal(await nameOf({ buildah: ["info", "inspect", "run"] }), "buildah", "it has it");
  assert.equal(
    await nameOf({ docker: [], buildah: ["info"] }),
    "no podman, a docker that does not work, buildah without debian:bookworm-slim",
  );
  assert.equal(
    await nameOf({ podman: ["info", "pull"] }),
    "a podman that runs nothing, no docker, no buildah",
  );
});
