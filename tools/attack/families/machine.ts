import * as wire from "../../../tests/h2/support/wire.ts";
import { crew, pause } from "../crew.ts";
import { dial } from "../socket.ts";
import type { Attack } from "../types.ts";

/** Milliseconds between two tries: a page that an operator visits, not a flood. */
const everyMs = 50;

/** Where the backend serves that the mistyped weight is for. */
const place = { frontend_name: "f0", pool_name: "p", backend_name: "b4" };

function post(method: string, body: object, ...headers: readonly string[]): Uint8Array {
  const text = JSON.stringify(body);
  return wire.text([
    `POST /maglev.Maglev/${method} HTTP/1.1`,
    ...headers,
    "content-type: application/json",
    `content-length: ${text.length}`,
    "connection: close",
    "",
    text,
  ].join("\r\n"));
}

function repeating(
  name: string,
  does: string,
  requests: readonly Uint8Array[],
): Attack {
  return {
    name,
    does,
    section: "Clients on the machine",
    from: "machine",
    run: (arena) =>
      crew(arena, 1, 2 * requests.length, async (n) => {
        let answer = "";
        const raw = await dial(arena, {
          hear: (bytes) => answer += String.fromCharCode(...bytes.subarray(0, 12)),
        });
        if (raw === undefined) return;
        await raw.send(requests[n % requests.length] ?? wire.octets());
        await raw.gone;
        arena.count(`answers ${/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? "none"}`);
        await pause(arena.size(everyMs, 0));
      }),
  };
}

/** What a page does that an operator visits, and what an operator mistypes; each has its victim. */
export const machineAttacks: readonly Attack[] = [
  repeating("rebinding", "a page whose name was bound to 127.0.0.1 disables a backend", [
    post("DisableBackend", { name: "b2" }, "host: evil.example"),
    post("DisableBackend", { name: "b2" }, "host: evil.example", "origin: http://evil.example"),
    post("PauseBackend", { name: "b2" }, "host: evil.example", "origin: http://evil.example"),
  ]),
  repeating("other-origin", "a page of another site asks 127.0.0.1 by its own address", [
    post("DisableBackend", { name: "b3" }, "host: 127.0.0.1", "origin: http://evil.example"),
    post("DisableBackend", { name: "b3" }, "host: localhost", "origin: null"),
  ]),
  repeating("typos", "JSON with misspelt fields, which must not stand for 0 or for everything", [
    post("SetFrontendPoolBackendWeight", { ...place, wieght: 50 }, "host: 127.0.0.1"),
    post("SetFrontendPoolBackendWeight", { ...place, Weight_: 50 }, "host: 127.0.0.1"),
    post("DisableBackend", { name: "b4", nmae: "b5" }, "host: 127.0.0.1"),
  ]),
];
