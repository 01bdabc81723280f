import type { Core } from "./core.ts";
import { ConnectionError, ErrorCode } from "./errors.ts";
import type { FieldSections } from "./field_sections.ts";
import { type Setting, writeSettings, writeSettingsAck } from "./frames/mod.ts";
import { checkSetting, defaultWindow, ownSettings, SettingId } from "./settings.ts";

/** A frame has no use for more parameters than there are. */
const mostSettings = 64;

/** Applies the peer's SETTINGS in order and acknowledges them (RFC 9113 sections 6.5.2 and 6.5.3). */
export function applyPeerSettings(core: Core, settings: readonly Setting[]): void {
  if (settings.length > mostSettings) {
    throw new ConnectionError(
      ErrorCode.ENHANCE_YOUR_CALM,
      `SETTINGS with ${settings.length} parameters, more than ${mostSettings}`,
    );
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
      throw new ConnectionError(
        ErrorCode.FLOW_CONTROL_ERROR,
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
