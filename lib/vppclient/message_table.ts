import { type Message, messagesOf, nameCrc } from "../binapi/mod.ts";
import { allMessages, type MessageTableEntry, neededExchanges } from "../gen/vpp.ts";
import { IncompatibleError } from "./errors.ts";

/** The ids that one VPP gives to messages, and back. */
export interface MessageTable {
  /** The ids to send declared messages under; those that VPP lacks are missing. */
  readonly ids: ReadonlyMap<Message, number>;
  /** The declared message that came under an id. */
  readonly messages: ReadonlyMap<number, Message>;
  /** Whatever VPP calls an id, `name_crc`, declared here or not. */
  readonly names: ReadonlyMap<number, string>;
}

/** The table in the reply to the handshake. */
export function messageTable(entries: readonly MessageTableEntry[]): MessageTable {
  const declared = new Map(allMessages.map((message) => [nameCrc(message), message]));
  const ids = new Map<Message, number>();
  const messages = new Map<number, Message>();
  for (const { index, name } of entries) {
    const message = declared.get(name);
    if (!message) continue;
    ids.set(message, index);
    messages.set(index, message);
  }
  return { ids, messages, names: new Map(entries.map(({ index, name }) => [index, name])) };
}

/** Requests that came with weights: VPP's lb plugin has them from 26.10 on. */
const weightRequests = new Set([
  "lb_add_del_as_v2",
  "lb_as_set_weight",
  "lb_as_v2_dump",
  "lb_conf_get",
]);

/**
 * Throws {@link IncompatibleError}, naming each message, when VPP lacks one that is needed or has
 * it with another CRC, which means another layout.
 */
export function checkTable(entries: readonly MessageTableEntry[]): void {
  const announced = new Map(entries.map(({ name }) => [nameWithoutCrc(name), name]));
  const lacking: string[] = [];
  const changed: string[] = [];
  for (const exchange of neededExchanges) {
    if (!announced.has(exchange.request.name)) {
      lacking.push(exchange.request.name);
      continue;
    }
    for (const message of messagesOf(exchange)) {
      const theirs = announced.get(message.name);
      if (theirs === undefined) lacking.push(message.name);
      else if (theirs !== nameCrc(message)) changed.push(changedSentence(message, theirs));
    }
  }
  const faults = lacking.length > 0 ? [lackingSentence(lacking), ...changed] : changed;
  if (faults.length > 0) throw new IncompatibleError(faults.join("; "));
}

function lackingSentence(names: readonly string[]): string {
  const lacks = `this VPP lacks ${names.join(", ")}`;
  if (names.every((name) => weightRequests.has(name))) {
    return `${lacks}; weights need VPP 26.10 or later`;
  }
  return names.some((name) => name.startsWith("lb_"))
    ? `${lacks}; is its lb plugin loaded?`
    : lacks;
}

function changedSentence(message: Message, announced: string): string {
  return `this VPP has ${message.name} with the CRC ${announced.slice(-8)} instead of ` +
    `${message.crc}, so its layout is not the one known here`;
}

function nameWithoutCrc(name: string): string {
  return name.replace(/_[0-9a-f]{8}$/, "");
}
