import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { Broadcast } from "../../lib/web/broadcast.ts";
import { Maglevd } from "../../lib/web/maglevd.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { newToken } from "../support/tokens.ts";
import { settle, until } from "../support/until.ts";

/** A maglevd that nobody answers for, its token's file, and how many connections are held to it. */
class Bed implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  /** Clients that were made and not closed. */
  open = 0;
  readonly #path = Deno.makeTempFileSync({ prefix: "maglev-token-" });
  readonly #make = Deno.createHttpClient;
  readonly #broadcast = new Broadcast({
    ...{ clock: this.clock, servers: ["rtr1"], epoch: "e", version: "0", hasLogin: false },
  });

  constructor() {
    this.write(newToken().token);
    Deno.createHttpClient = (options) => {
      const client = this.#make.call(Deno, options);
      const close = client.close.bind(client);
      this.open++;
      client.close = () => {
        this.open--;
        close();
      };
      return client;
    };
  }

  write(token: string): void {
    Deno.writeTextFileSync(this.#path, token, { mode: 0o600 });
  }

  follow(): Promise<Maglevd> {
    const server = { name: "rtr1", address: "127.0.0.1:1", tokenFile: this.#path };
    const { clock, log } = this;
    return Maglevd.open(server, { clock, log, broadcast: this.#broadcast });
  }

  /** Passes time, and lets files be read. */
  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
    await settle(100);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.createHttpClient = this.#make;
    this.#broadcast.close();
    await Deno.remove(this.#path);
  }
}

Deno.test("another token takes another connection; the one before is closed when its calls are over", async () => {
  await using bed = new Bed();
  {
    await using maglevd = await bed.follow();
    await maglevd.renew();
    assert.deepEqual([bed.open, bed.log.named("credentials-renewed")], [1, []]);
    bed.write(newToken().token);
    await maglevd.renew();
    assert.equal(bed.open, 2);
    assert.deepEqual(bed.log.named("credentials-renewed"), [{ server: "rtr1" }]);
    // A reload of many VIPs may take a minute, which is not cut short.
    await bed.pass(119_999);
    assert.equal(bed.open, 2);
    await bed.pass(1);
    assert.equal(bed.open, 1);
    bed.write(newToken().token);
    await maglevd.renew();
    assert.equal(bed.open, 2);
  }
  assert.deepEqual([bed.open, bed.log.named("credentials-renewed").length], [0, 2]);
});

Deno.test("a file is looked at every 5 s; what is wrong with it is said once, and again if it is back", async () => {
  await using bed = new Bed();
  await using maglevd = await bed.follow();
  bed.write("");
  await bed.pass(4_999);
  assert.equal(bed.log.named("credentials-not-read").length, 0);
  await bed.pass(1);
  await until(() => bed.log.named("credentials-not-read").length === 1);
  await maglevd.renew();
  await maglevd.renew();
  assert.equal(bed.log.named("credentials-not-read").length, 1);
  bed.write(newToken().token);
  await maglevd.renew();
  bed.write("");
  await maglevd.renew();
  assert.equal(bed.log.named("credentials-not-read").length, 2);
  assert.equal(bed.log.named("credentials-renewed").length, 1);
});
