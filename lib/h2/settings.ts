import { ConnectionError, ErrorCode } from "./errors.ts";
import { largestWindow } from "./flow.ts";
import { defaultMaxFrameSize, largestMaxFrameSize, type Setting } from "./frames/mod.ts";
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

/** Octets of a window before SETTINGS (RFC 9113 section 6.9.2). */
export const defaultWindow = 65_535;

/** Octets of an HPACK table before SETTINGS (RFC 9113 section 6.5.2). */
export const defaultTableSize = 4096;

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

interface Range {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly code: ErrorCode;
}

const ranges = new Map<number, Range>([
  [SettingId.ENABLE_PUSH, {
    name: "SETTINGS_ENABLE_PUSH",
    least: 0,
    most: 1,
    code: ErrorCode.PROTOCOL_ERROR,
  }],
  [SettingId.INITIAL_WINDOW_SIZE, {
    name: "SETTINGS_INITIAL_WINDOW_SIZE",
    least: 0,
    most: largestWindow,
    code: ErrorCode.FLOW_CONTROL_ERROR,
  }],
  [SettingId.MAX_FRAME_SIZE, {
    name: "SETTINGS_MAX_FRAME_SIZE",
    least: defaultMaxFrameSize,
    most: largestMaxFrameSize,
    code: ErrorCode.PROTOCOL_ERROR,
  }],
  [SettingId.NO_RFC7540_PRIORITIES, {
    name: "SETTINGS_NO_RFC7540_PRIORITIES",
    least: 0,
    most: 1,
    code: ErrorCode.PROTOCOL_ERROR,
  }],
]);

/** Throws the error that section 6.5.2 asks for when a value is out of range. */
export function checkSetting({ id, value }: Setting): void {
  const range = ranges.get(id);
  if (range === undefined || (value >= range.least && value <= range.most)) return;
  throw new ConnectionError(
    range.code,
    `${range.name} of ${value} is not between ${range.least} and ${range.most}`,
  );
}
