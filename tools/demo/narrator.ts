/** Turns maglevd's log into lines that a person likes to read. */

interface Entry {
  readonly time?: string;
  readonly level?: string;
  readonly msg?: string;
  readonly [attribute: string]: unknown;
}

/** Terminal colours by what a word means; without colour all are empty. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** Colours, or none. */
export function painter(colour: boolean): Paint {
  const sgr = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: sgr(32), bad: sgr(31), faint: sgr(2), strong: sgr(1) };
}

/**
 * One line of maglevd's log as a line for people, or undefined when it would tell them nothing new.
 * What isn't a record comes back as it is.
 */
export function narrate(line: string, paint: Paint): string | undefined {
  const entry = parse(line);
  if (!entry) return line;
  if (entry.level === "INFO" && uninteresting.has(entry.msg ?? "")) return undefined;
  const time = paint.faint(entry.time?.slice(11, 23) ?? "");
  return `${time} ${sentence(entry, paint)}`;
}

/** Each change that VPP is sent has a record of its own. */
const uninteresting = new Set(["vpp-lbsync-start", "vpp-lbsync-done", "vpp-warmup"]);

/** What the demo itself does, in the same column as maglevd's records. */
export function announce(text: string, now: Date, paint: Paint): string {
  return `${paint.faint(localTime(now))} ${paint.strong(`* ${text}`)}`;
}

function localTime(date: Date): string {
  const two = (n: number, width = 2) => String(n).padStart(width, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${
    two(date.getMilliseconds(), 3)
  }`;
}

function parse(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line);
    return typeof entry === "object" && entry !== null && "msg" in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

function sentence(entry: Entry, paint: Paint): string {
  switch (entry.msg) {
    case "backend-transition":
      return `  backend ${entry.backend}: ${change(entry, paint)}${because(entry)}`;
    case "frontend-transition":
      return `  frontend ${entry.frontend}: ${change(entry, paint)}${pool(entry)}`;
    case "frontend-failover":
      return `  frontend ${entry.frontend}: pool ${entry.from} -> ${
        paint.strong(String(entry.to))
      }`;
    case "fail-open-begun":
      return `  frontend ${entry.frontend}: ${paint.bad("fails open")} (${entry.detail})`;
    case "fail-open-ended":
      return `  frontend ${entry.frontend}: follows its checks again (${entry.detail})`;
    case "flap-hold-begun":
      return `  backend ${entry.backend}: ${paint.bad("kept down")} (${entry.detail})`;
    case "flap-hold-ended":
      return `  backend ${entry.backend}: kept down no more (${entry.detail})`;
    case "backend-drain":
      return `  backend ${entry.backend}: drain ${paint.strong(String(entry.change))}`;
    case "vpp-connect":
      return `  vpp: connected, version ${entry.version}`;
    case "vpp-lbsync-vip-add":
      return `  vpp: new vip ${vip(entry)}, ${entry.encap}`;
    case "vpp-lbsync-as-add":
      return `  vpp: new server ${entry.address} of ${vip(entry)}, weight ${entry.weight}`;
    case "vpp-lbsync-as-weight":
      return `  vpp: server ${entry.address} of ${vip(entry)}, weight ${entry.from} -> ${
        paint.strong(String(entry.to))
      }${entry.flush === true ? ", flows flushed" : ""}`;
    default:
      return `  ${paint.faint(plain(entry))}`;
  }
}

function change({ from, to }: Entry, paint: Paint): string {
  const shade = to === "up" ? paint.good : to === "down" ? paint.bad : paint.strong;
  return `${from} -> ${shade(String(to))}`;
}

function because({ code, detail }: Entry): string {
  if (code === undefined) return "";
  return detail ? ` (${code}: ${detail})` : ` (${code})`;
}

function vip({ vip, protocol, port }: Entry): string {
  return `${vip} ${protocol} ${port}`;
}

function pool({ pool }: Entry): string {
  return pool === undefined ? "" : ` (pool ${pool})`;
}

function plain({ time: _time, level, msg, ...attributes }: Entry): string {
  const shown = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return [level === "INFO" ? "" : level, msg, ...shown].filter((part) => part).join(" ");
}
