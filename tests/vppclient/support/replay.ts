/** Walks a recorded conversation with the ids that its own handshake gave out. */

import { decodeMessage, type Message, nameCrc } from "../../../lib/binapi/mod.ts";
import { allMessages, sockclntCreate } from "../../../lib/gen/vpp.ts";
import { sockclntCreateId, sockclntCreateReplyId } from "../../../lib/vppclient/connect.ts";
import { type RecordedLine, recording } from "./fixtures.ts";

/** A recorded frame and the declaration that fits it, if there is one. */
export interface ReplayedFrame {
  readonly dir: "to-vpp" | "from-vpp";
  readonly header: Uint8Array<ArrayBuffer>;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly message: Message | undefined;
}

/** A recorded line, its frame recognised. */
export type ReplayedLine = ReplayedFrame | Extract<RecordedLine, { readonly dir: "note" }>;

/** All lines of the recording `name`. */
export async function replay(name: string): Promise<ReplayedLine[]> {
  const lines = await recording(name);
  const byId = idsOf(lines);
  return lines.map((line) => {
    if (line.dir === "note") return line;
    const id = new DataView(line.payload.buffer).getUint16(0);
    return { ...line, message: byId.get(id) };
  });
}

function idsOf(lines: readonly RecordedLine[]): Map<number, Message> {
  const byId = new Map<number, Message>([[sockclntCreateId, sockclntCreate.request]]);
  byId.set(sockclntCreateReplyId, sockclntCreate.reply);
  const known = new Map(allMessages.map((message) => [nameCrc(message), message]));
  for (const line of lines) {
    if (line.dir === "note") continue;
    if (new DataView(line.payload.buffer).getUint16(0) !== sockclntCreateReplyId) continue;
    const { value } = decodeMessage(sockclntCreate.reply, line.payload);
    for (const { index, name } of value.message_table) {
      const message = known.get(name);
      if (message) byId.set(index, message);
    }
  }
  return byId;
}
