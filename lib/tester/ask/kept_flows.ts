import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as HttpsAgent, request as secureRequest } from "node:https";
import { isIP } from "node:net";
import { systemClock } from "../../time/mod.ts";
import { version } from "../../version/mod.ts";
import type { Vip } from "../targets.ts";
import { type Asker, type AskOptions, goodStatuses, type TryResult } from "./types.ts";

/** Connections of a VIP that are kept open: one, unless it answers more slowly than it is asked. */
const kept = { keepAlive: true, maxFreeSockets: 1 } as const;

/** Octets of a body that are read so that the connection can be used again. */
const longestBody = 65_536;

/**
 * Asks over HTTP with connections that are kept, so that all tries of a VIP go to the server that
 * got the first. What is not HTTP is asked by `others`, which is closed with this.
 */
export class KeptFlows implements Asker {
  /** Whose answer's body is still on its way: one for each VIP. */
  readonly #unfinished = new Map<Vip, ClientRequest>();
  readonly #agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };

  /** Opens nothing yet. */
  constructor(private readonly options: AskOptions, private readonly others: Asker) {}

  ask(vip: Vip, done: (result: TryResult) => void): () => void {
    const { way } = vip;
    if (way !== "http" && way !== "https") return this.others.ask(vip, done);
    const startedAt = systemClock.now();
    const { timeoutMs } = this.options;
    const asked = this.#request(vip, way);
    let isOpen = true;
    const end = (result: TryResult) => {
      if (!isOpen) return;
      isOpen = false;
      late.cancel();
      done(result);
    };
    const late = systemClock.after(timeoutMs, () => {
      asked.destroy();
      end({
        ...{ kind: "failed", trouble: "timeout", status: "timeout" },
        text: `no response within ${timeoutMs / 1000}s`,
      });
    });
    asked.on("response", (response: IncomingMessage) => {
      end(this.#judge(response, systemClock.now() - startedAt));
      this.#drain(vip, response, asked);
    });
    asked.on("error", (error: Error) => end(brokenBy(error)));
    asked.end();
    return () => {
      isOpen = false;
      late.cancel();
      asked.destroy();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const asked of this.#unfinished.values()) asked.destroy();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    await this.others[Symbol.asyncDispose]();
  }

  /**
   * Reads the rest, so that the connection can be used again. One whose body has no end in sight, by
   * its length or because the next answer is there already, is not kept.
   */
  #drain(vip: Vip, response: IncomingMessage, asked: ClientRequest): void {
    this.#unfinished.get(vip)?.destroy();
    this.#unfinished.set(vip, asked);
    let length = 0;
    response.on("data", (bytes: Uint8Array) => {
      length += bytes.length;
      if (length > longestBody) asked.destroy();
    });
    // The try has ended with the head; a body that breaks off only costs the connection.
    response.on("error", () => asked.destroy());
    const finish = () => {
      if (this.#unfinished.get(vip) === asked) this.#unfinished.delete(vip);
    };
    response.on("end", finish);
    response.on("close", finish);
  }

  #request({ address, port }: Vip, way: "http" | "https"): ClientRequest {
    const { host, path, insecure } = this.options;
    const to = {
      host: address.text,
      port,
      path,
      headers: {
        "User-Agent": `maglevt/${version.version}`,
        Accept: "*/*",
        ...host !== undefined && { Host: host },
      },
    };
    if (way === "http") return request({ ...to, agent: this.#agents.http });
    const name = (host ?? address.text).replace(/:\d+$/, "");
    return secureRequest({
      ...to,
      agent: this.#agents.https,
      rejectUnauthorized: !insecure,
      servername: isIP(name) ? "" : name,
    });
  }

  #judge({ statusCode = 0, headers }: IncomingMessage, ms: number): TryResult {
    const value = headers[this.options.header.toLowerCase()];
    const header = Array.isArray(value) ? value[0] : value;
    const status = String(statusCode);
    if (statusCode >= goodStatuses.min && statusCode <= goodStatuses.max) {
      return { kind: "answered", ms, status, header };
    }
    return { kind: "failed", trouble: "http", status, text: `status ${status}`, header };
  }
}

/** What node:http calls by symbols, in the words of the other way to ask. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EPIPE: "connection closed",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
};

function brokenBy(error: Error): TryResult {
  const isTls = /certificate|tls|ssl|handshake/i.test(error.message);
  const [symbol = ""] =
    /\bE[A-Z]{4,}\b/.exec(`${"code" in error ? error.code : ""} ${error.message}`) ?? [];
  return {
    ...{ kind: "failed", trouble: "net", status: isTls ? "tls" : "net" },
    text: reasons[symbol] ?? error.message,
  };
}
