import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import type { Page } from "puppeteer-core";
import { certFile, serverIdentity, textOf } from "../../support/certificates.ts";
import { needing } from "../../support/programs.ts";
import { haveChromium, startChromium } from "../../web/support/chromium.ts";
import { serve } from "../../api/support/harness.ts";

/** What has a browser trust one key, whoever vouches for it: Chromium reads no file of authorities. */
function trusting(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  const pin = createHash("sha256").update(key).digest("base64");
  return `--ignore-certificate-errors-spki-list=${pin}`;
}

/** How a page asks. */
interface Asking {
  readonly method: string;
  readonly message?: object;
  readonly type?: string;
  readonly init?: RequestInit;
}

/** What a page sees of the answer; the browser shows it nothing of one that it may not read. */
async function asked(page: Page, base: string, asking: Asking): Promise<string> {
  const { method, message = {}, type = "application/json", init = {} } = asking;
  const request = {
    ...{ method: "POST", body: JSON.stringify(message), ...init },
    headers: { "content-type": type, "connect-protocol-version": "1", ...init.headers },
  };
  const url = `${base}/maglev.Maglev/${method}`;
  const script = `fetch(${JSON.stringify(url)}, ${JSON.stringify(request)}).then(
    async (answer) => answer.type + " " + answer.status + " " + await answer.text(),
    (error) => String(error))`;
  return await page.evaluate(script) as string;
}

/** Reads a stream of events until it tells of the backend; what HTTP it came by. */
function watched(page: Page, base: string, backend: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const message = new TextEncoder().encode("{}");
    const body = new Uint8Array([0, 0, 0, 0, message.length, ...message]);
    const headers = { "content-type": "application/connect+json", "connect-protocol-version": "1" };
    const url = ${JSON.stringify(`${base}/maglev.Maglev/WatchEvents`)};
    const answer = await fetch(url, { method: "POST", headers, body });
    const reader = answer.body.getReader();
    for (let text = ""; !text.includes(${JSON.stringify(`"${backend}"`)});) {
      const { done, value } = await reader.read();
      if (done) return "the stream has ended: " + text;
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    const [entry] = performance.getEntriesByName(url);
    return answer.status + " " + (entry ? entry.nextHopProtocol : "h2");
  })()`);
}

/** A site with one page that says nothing. */
function site(): Deno.HttpServer<Deno.NetAddr> {
  const page = () =>
    new Response("<!doctype html>", {
      headers: { "content-type": "text/html", "connection": "close" },
    });
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, page);
}

const denied = "TypeError: Failed to fetch";

Deno.test(
  needing(
    haveChromium,
    "chromium",
    "a browser calls the API over TLS, and other sites' pages don't",
  ),
  async () => {
    await using listed = site();
    await using foreign = site();
    const origins = new Set([`http://localhost:${listed.addr.port}`]);
    await using harness = await serve({
      tls: { identity: await serverIdentity(true) },
      browsers: { hostNames: new Set(), origins },
    });
    await using chromium = await startChromium(trusting(textOf(certFile("server"))));
    const base = `https://localhost:${harness.server.port}`;
    const { checker } = harness.bed;
    const web0 = { name: "web0" };
    const reading: Asking = { method: "GetBackend", message: web0 };
    const changing: Asking = { method: "DisableBackend", message: web0 };

    // From the port itself: what it says of a path that it does not have is a page as well.
    const own = await chromium.page();
    await own.goto(base);
    assert.match(await asked(own, base, reading), /^basic 200 \{"name":"web0"/);
    assert.equal(await watched(own, base, "web1"), "200 h2");
    assert.match(await asked(own, base, { ...changing, type: "text/plain" }), /^basic 415 /);
    assert.equal(checker.backend("web0")?.state, "unknown");
    assert.match(await asked(own, base, changing), /^basic 200 .*"disabled"/);
    assert.equal(checker.backend("web0")?.state, "disabled");

    const web1 = { name: "web1" };
    const other = await chromium.page();
    await other.goto(`http://127.0.0.1:${foreign.addr.port}`);
    assert.equal(await asked(other, base, reading), denied);
    const plain = { mode: "no-cors" } as const;
    for (
      const wrong of [
        { ...changing, message: web1 },
        { ...changing, message: web1, type: "application/grpc-web+proto" },
        // What a form may send as well, and whose answer nobody may read.
        { ...changing, message: web1, type: "text/plain", init: plain },
        // The browser leaves out a type that a form may not send.
        { ...changing, message: web1, init: plain },
        { ...changing, message: web1, type: "application/grpc", init: plain },
      ]
    ) {
      const said = await asked(other, base, wrong);
      assert.ok(said === denied || said === "opaque 0 ", `${JSON.stringify(wrong)}: ${said}`);
    }
    assert.ok(harness.log.named("grpc-page-refused").length > 0);
    assert.equal(checker.backend("web1")?.state, "unknown");

    const friend = await chromium.page();
    await friend.goto(`http://localhost:${listed.addr.port}`);
    assert.match(await asked(friend, base, reading), /^cors 200 \{"name":"web0"/);
    assert.match(await asked(friend, base, { ...changing, message: web1 }), /^cors 200 /);
    assert.equal(checker.backend("web1")?.state, "disabled");
  },
);

Deno.test(
  needing(
    haveChromium,
    "chromium",
    "a browser does not call a maglevd whose certificate it distrusts",
  ),
  async () => {
    await using harness = await serve({ tls: { identity: await serverIdentity() } });
    await using chromium = await startChromium(trusting(textOf(certFile("server-new"))));
    const page = await chromium.page();
    const url = `https://localhost:${harness.server.port}/`;
    await assert.rejects(page.goto(url), /net::ERR_CERT_AUTHORITY_INVALID/);
  },
);
