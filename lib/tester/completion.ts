import { flags } from "./flags.ts";

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
