import type { HttpCheck } from "../config/mod.ts";
import type { IpAddress } from "../ip/mod.ts";
import type { Greeting } from "../net/mod.ts";
import type { Notes } from "./target_notes.ts";

/** Ports that a Host header leaves out. */
const defaultPorts = { http: 80, https: 443 } as const;

/** Builds each request once, because that costs as much as reading the response. */
export class HttpRequests {
  readonly #agent: string;

  /** Version and name are the program's, for the User-Agent. */
  constructor(version: string, program = "maglevd") {
    this.#agent = `${program}/${version}`;
  }

  /** What `check` sends to `address`, kept in the notes on that. */
  get(check: HttpCheck, address: IpAddress, notes: Notes): Greeting {
    const known = notes.request;
    if (known?.check === check) return known.sent;
    const bytes = new TextEncoder().encode(httpRequest(check, address, this.#agent));
    const sent = { bytes, length: BigInt(bytes.length) };
    notes.request = { check, sent };
    return sent;
  }
}

/**
 * The request of a check, as text of ASCII characters only: one GET that asks for the connection to
 * be closed. `agent` says which program asks. Pure.
 */
export function httpRequest(check: HttpCheck, address: IpAddress, agent: string): string {
  return `GET ${visible(check.path)} HTTP/1.1\r\n` +
    `Host: ${hostHeader(check, address)}\r\n` +
    `User-Agent: ${visible(agent)}\r\n` +
    "Accept: */*\r\nConnection: close\r\n\r\n";
}

/** The host as configured, else the address with the port unless it is the scheme's own. */
function hostHeader(check: HttpCheck, address: IpAddress): string {
  if (check.host !== undefined) return visible(check.host);
  const host = address.family === 6 ? `[${address.text}]` : address.text;
  return check.port === defaultPorts[check.type] ? host : `${host}:${check.port}`;
}

/** Nothing may end a line or a field early: percent-encodes all but visible ASCII characters. */
function visible(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
