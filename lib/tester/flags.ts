import { commonFlags, describeFlags, type Flag, flagMakers } from "../flags/mod.ts";

const { text, onOff } = flagMakers();

/** The flags, in the order of the help. */
export const flags = [
  flagMakers("MAGLEV").list(
    "config",
    "configuration whose VIPs are asked; several times for several",
    "/etc/vpp-maglev/maglev.yaml",
  ),
  text("interval", "between two tries of a VIP, give or take a tenth", "100ms"),
  text("timeout", "an answer that takes longer is none", "2s"),
  text("scheme", "http, https or tcp: how ports besides 80 and 443 are asked; empty: tcp"),
  text("host", "Host header, and the name that certificates are for; empty: the VIP's address"),
  text("path", "what is asked for over HTTP", "/.well-known/ipng/healthz"),
  text(
    "header",
    "response header whose values are counted: they tell which server answered",
    "X-IPng-Frontend",
  ),
  onOff("insecure", "take any certificate"),
  onOff("keepalive", "keep connections of HTTP; else each try is a new flow, hashed anew"),
  text("filter", "ask only VIPs whose name or address matches this regular expression"),
  onOff(
    "json",
    "no screen: print figures as JSON at the end, after 10s unless --duration says so",
  ),
  text("duration", "end after this long; empty: when told to"),
  text(
    "max-loss",
    "with --json or --duration: exit with 5 if a VIP lost more percent of its tries",
    "0",
  ),
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

/** What `--help` prints, without a final line end. */
export function usage(): string {
  return [
    "maglevt asks the VIPs of maglev.yaml from outside, and shows how they answer.",
    "",
    "usage: maglevt [flags]",
    "       maglevt completion bash|zsh|fish",
    "",
    ...describeFlags(flags, 20),
    "",
    "On the screen, ? tells the keys. Exit codes: 0 as it should be, 1 something went",
    "wrong, 2 wrong flags or configuration, 5 too much was lost.",
  ].join("\n");
}

/** Shells that maglevt can be completed in. */
export const shells = ["bash", "zsh", "fish"] as const;

/** One of {@link shells}. */
export type ShellName = (typeof shells)[number];

/** What follows a flag, where that is known. */
const values: Readonly<Record<string, "file" | readonly string[]>> = {
  config: "file",
  scheme: ["http", "https", "tcp"],
  interval: ["100ms", "500ms", "1s"],
  timeout: ["1s", "2s", "5s"],
  duration: ["10s", "1m", "10m"],
};

/** The script for a shell, without a final line end. It knows the flags of this build. */
export function completionScript(shell: ShellName): string {
  switch (shell) {
    case "bash":
      return bash();
    case "zsh":
      return zsh();
    case "fish":
      return fish();
  }
}

function bash(): string {
  const cases = flags.filter(({ kind }) => kind !== "switch").map(({ name }) => {
    const known = values[name] ?? [];
    const words = known === "file" ? '-f -- "$word"' : `-W '${known.join(" ")}' -- "$word"`;
    return `    --${name}) COMPREPLY=($(compgen ${words})) ;;`;
  });
  const names = flags.map(({ name }) => `--${name}`).join(" ");
  return `# maglevt completion for bash: source this file, or put it into
# /usr/share/bash-completion/completions/maglevt
_maglevt() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  # bash takes --flag=value apart.
  [[ $word == = ]] && word=
  [[ $before == = ]] && before=\${COMP_WORDS[COMP_CWORD - 2]}
  case $before in
${cases.join("\n")}
    completion) COMPREPLY=($(compgen -W '${shells.join(" ")}' -- "$word")) ;;
    *) COMPREPLY=($(compgen -W '${names}' -- "$word")) ;;
  esac
}
complete -o filenames -F _maglevt maglevt`;
}

function zsh(): string {
  const specs = flags.map(({ name, kind, help }) => {
    const known = values[name];
    const value = known === "file" ? "file:_files" : `value:(${(known ?? []).join(" ")})`;
    const repeated = kind === "list" ? "\\*" : "";
    const suffix = kind === "switch" ? "" : `:${value}`;
    const equals = kind === "switch" ? "" : "=";
    return `  ${repeated}'--${name}${equals}[${help.replaceAll(/['[\]:]/g, " ")}]${suffix}'`;
  });
  return `#compdef maglevt
# maglevt completion for zsh: put this file as _maglevt into a folder of $fpath
_maglevt() { _arguments \\
${specs.join(" \\\n")}
}
if [ "$funcstack[1]" = "_maglevt" ]; then _maglevt "$@"; else compdef _maglevt maglevt; fi`;
}

function fish(): string {
  const lines = flags.map(({ name, kind, help }) => {
    const known = values[name];
    const value = kind === "switch"
      ? ""
      : known === "file"
      ? " -r -F"
      : ` -x${known ? ` -a '${known.join(" ")}'` : ""}`;
    return `complete -c maglevt -l ${name}${value} -d '${help.replaceAll("'", "")}'`;
  });
  return [
    "# maglevt completion for fish: put this file into ~/.config/fish/completions/maglevt.fish",
    "complete -c maglevt -f",
    ...lines,
    `complete -c maglevt -n __fish_use_subcommand -a completion -d 'Print a completion script'`,
  ].join("\n");
}
