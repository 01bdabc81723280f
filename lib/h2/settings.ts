import type { Core } from "./core.ts";
import { calm, ConnectionError, ErrorCode, flowControlError } from "./errors.ts";
import type { FieldSections } from "./field_sections.ts";
import { defaultWindow, largestWindow } from "./flow.ts";
import {
  defaultMaxFrameSize,
  largestMaxFrameSize,
  type Setting,
  writeSettings,
  writeSettingsAck,
} from "./frames/mod.ts";
import type { H2Limits } from "./limits.ts";

/** Parameters (RFC 9113 section 6.5.2; the last one RFC 9218 section 2.1). */
export const SettingId = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  NO_RFC7540_PRIORITIES: 0x9,
} as const;

/** What the peer has set, as far as a server cares. */
export interface PeerSettings {
  initialWindowSize: number;
  maxFrameSize: number;
}

/** What holds until the peer's SETTINGS arrive (RFC 9113 section 6.5.2). */
export function initialPeerSettings(): PeerSettings {
  return { initialWindowSize: defaultWindow, maxFrameSize: defaultMaxFrameSize };
}

/** The SETTINGS this server sends. */
export function ownSettings(limits: H2Limits): Setting[] {
  return [
    { id: SettingId.HEADER_TABLE_SIZE, value: limits.headerTableSize },
    { id: SettingId.MAX_CONCURRENT_STREAMS, value: limits.maxConcurrentStreams },
    { id: SettingId.INITIAL_WINDOW_SIZE, value: limits.streamWindow },
    { id: SettingId.MAX_FRAME_SIZE, value: limits.maxFrameSize },
    { id: SettingId.MAX_HEADER_LIST_SIZE, value: limits.maxHeaderListSize },
    { id: SettingId.NO_RFC7540_PRIORITIES, value: 1 },
  ];
}

/** Values that a parameter may have, and the error that any other is (section 6.5.2). */
type Range = readonly [name: string, least: number, most: number, code: ErrorCode];

const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR } = ErrorCode;
const ranges = new Map<number, Range>([
  [SettingId.ENABLE_PUSH, ["SETTINGS_ENABLE_PUSH", 0, 1, PROTOCOL_ERROR]],
  [
    SettingId.INITIAL_WINDOW_SIZE,
    ["SETTINGS_INITIAL_WINDOW_SIZE", 0, largestWindow, FLOW_CONTROL_ERROR],
  ],
  [
    SettingId.MAX_FRAME_SIZE,
    ["SETTINGS_MAX_FRAME_SIZE", defaultMaxFrameSize, largestMaxFrameSize, PROTOCOL_ERROR],
  ],
  [SettingId.NO_RFC7540_PRIORITIES, ["SETTINGS_NO_RFC7540_PRIORITIES", 0, 1, PROTOCOL_ERROR]],
]);

/** Throws the error that section 6.5.2 asks for when a value is out of range. */
export function checkSetting({ id, value }: Setting): void {
  const range = ranges.get(id);
  if (!range) return;
  const [name, least, most, code] = range;
  if (value >= least && value <= most) return;
  throw new ConnectionError(code, `${name} of ${value} is not between ${least} and ${most}`);
}

/** A frame has no use for more parameters than there are. */
const mostSettings = 64;

/** Applies the peer's SETTINGS in order and acknowledges them (RFC 9113 sections 6.5.2 and 6.5.3). */
export function applyPeerSettings(core: Core, settings: readonly Setting[]): void {
  if (settings.length > mostSettings) {
    throw calm(`SETTINGS with ${settings.length} parameters, more than ${mostSettings}`);
  }
  let window: number | undefined;
  for (const setting of settings) {
    checkSetting(setting);
    if (setting.id === SettingId.INITIAL_WINDOW_SIZE) window = setting.value;
    else applyPeerSetting(core, setting);
  }
  // It touches every stream: of several values only the last is worth that.
  if (window !== undefined) changeInitialWindow(core, window);
  // The acknowledgement comes first: what follows it may make use of the new values.
  writeSettingsAck(core.sender.out);
  core.sender.resume(core.now);
}

function applyPeerSetting(core: Core, { id, value }: Setting): void {
  switch (id) {
    case SettingId.HEADER_TABLE_SIZE:
      return core.sender.encoder.setPeerLimit(value);
    case SettingId.MAX_FRAME_SIZE:
      core.sender.peer.maxFrameSize = value;
      return;
    default:
      // The others bind servers that push, and unknown ones are ignored (section 6.5.2).
  }
}

/** The change applies to all streams at once (section 6.9.2). */
function changeInitialWindow(core: Core, value: number): void {
  const { peer } = core.sender;
  const delta = value - peer.initialWindowSize;
  peer.initialWindowSize = value;
  if (delta === 0) return;
  for (const stream of core.streams.all()) {
    if (!stream.sendWindow.adjust(delta)) {
      throw flowControlError(
        `SETTINGS_INITIAL_WINDOW_SIZE of ${value} makes the window of stream ${stream.id} too large`,
      );
    }
    core.sender.windowChanged(stream);
  }
}

/** Our SETTINGS: what they change holds from the acknowledgement on (section 6.5.3). */
export class OwnSettings {
  #acknowledged = false;

  constructor(private readonly core: Core, private readonly sections: FieldSections) {}

  /** Sends SETTINGS and opens the connection's window. */
  send(): void {
    const { sender, limits, receiveWindow } = this.core;
    writeSettings(sender.out, ownSettings(limits));
    sender.announce(0, limits.connectionWindow - defaultWindow);
    receiveWindow.resize(limits.connectionWindow);
  }

  /** Notes that the client preface is complete. */
  handshakeDone(): void {
    const { deadlines, limits, now } = this.core;
    this.core.phase = "open";
    deadlines.set("idle", now + limits.idleMs);
  }

  /** Applies them. Any further acknowledgement has nothing to acknowledge and is ignored. */
  acknowledged(): void {
    if (this.#acknowledged) return;
    this.#acknowledged = true;
    const { limits, streams, deadlines } = this.core;
    deadlines.clear("handshake");
    this.sections.decoder.setLimit(limits.headerTableSize);
    this.sections.streamWindow = limits.streamWindow;
    for (const stream of streams.all()) stream.receiveWindow.resize(limits.streamWindow);
  }
}
