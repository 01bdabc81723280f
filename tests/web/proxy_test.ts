import assert from "node:assert/strict";
import { serve } from "../api/support/harness.ts";
import { within } from "../support/deadline.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { startNginxAs } from "../e2e/support/nginx.ts";
import { credentials, entryIn, Events, operator, startWeb, untilRead } from "./support/bed.ts";

const guide = await Deno.readTextFile(new URL("../../docs/user-guide.md", import.meta.url));

/** The server of the guide, without its TLS, on loopback in front of this address. */
function serverOfGuide(port: number, frontend: string): string {
  const [, server] = /```nginx\n([^`]+)```/.exec(guide) ?? [];
  assert.ok(server);
  return server.replace("listen 443 ssl;", `listen 127.0.0.1:${port};`)
    .replaceAll(/^.*ssl_certificate.*\n/gm, "")
    .replace("127.0.0.1:9093", frontend);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test(
  needing(havePrograms("nginx"), "nginx", "the proxy of the guide passes on events and actions"),
  async () => {
    await using maglevd = await serve();
    const host = "maglev.example.net";
    await using web = await startWeb([maglevd.address], {
      credentials: operator,
      hostNames: [host],
    });
    const port = freePort();
    await using _nginx = await startNginxAs(serverOfGuide(port, web.address));
    const url = `http://127.0.0.1:${port}`;
    const { id } = await untilRead(url);
    await using events = await Events.open(url, id);
    maglevd.bed.move("web0", "up");
    const told = events.until((each) => entryIn(each, "web0") !== undefined);
    assert.ok(await within(30_000, "the event", told));
    using client = Deno.createHttpClient({ allowHost: true });
    const act = async (origin: string) => {
      const path = `/admin/api/operate?server=${encodeURIComponent(maglevd.address)}`;
      const answer = await fetch(url + path, {
        ...{ method: "POST", client },
        headers: { ...credentials, host, origin, "content-type": "application/json" },
        body: JSON.stringify({ operations: [{ action: "pause", backends: ["web0"] }] }),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await act("https://other.example.net"), 403);
    assert.equal(await act(`https://${host}`), 200);
    assert.equal(maglevd.bed.checker.backend("web0")?.state, "paused");
  },
);
