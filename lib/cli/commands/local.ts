import { newToken } from "../../token/mod.ts";
import type { Command } from "../node.ts";

/** Shells that maglevc can complete in. */
export type ShellName = "bash" | "zsh" | "fish";

/**
 * `completion SHELL`. The scripts ask `maglevc __complete` for each word, so that they follow the
 * command tree and the names of the running maglevd without being regenerated.
 */
export function completionScript(shell: ShellName): Command {
  const script = scripts[shell];
  return { kind: "local", run: () => ({ text: () => script, json: () => script, exitCode: 0 }) };
}

/** `__complete` prints a candidate a line, a tab and its help behind it. */
const scripts: Record<ShellName, string> = {
  bash: `# maglevc completion for bash: source this file, or put it into
# /usr/share/bash-completion/completions/maglevc
_maglevc() {
  local words=() piece prefix line rest=\${COMP_LINE:0:COMP_POINT} i
  # bash takes host:port and --flag=value apart.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    if [[ $i -eq 0 || $rest == [[:blank:]]* ]]; then words+=("$piece"); else words[-1]+=$piece; fi
    rest=\${rest#"\${rest%%[![:blank:]]*}"}
    rest=\${rest#"$piece"}
  done
  [[ $piece == [:=] ]] && piece=
  prefix=\${words[-1]%"$piece"}
  COMPREPLY=()
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("$(printf '%q' "\${line#"$prefix"}")")
  done < <(maglevc __complete "\${words[@]:1}" 2>/dev/null)
}
complete -F _maglevc maglevc`,
  zsh: `#compdef maglevc
# maglevc completion for zsh: put this file as _maglevc into a folder of $fpath
_maglevc() {
  local -a candidates
  local line word help
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    help=\${line#"$word"}
    candidates+=("\${word//:/\\\\:}\${help/$'\\t'/:}")
  done < <(maglevc __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe -V maglevc candidates
}
if [ "$funcstack[1]" = "_maglevc" ]; then _maglevc "$@"; else compdef _maglevc maglevc; fi`,
  fish: `# maglevc completion for fish: put this file into ~/.config/fish/completions/maglevc.fish
function __maglevc_complete
  set -l words (commandline -opc) (commandline -ct)
  maglevc __complete $words[2..-1] 2>/dev/null
end
complete -c maglevc -f -a '(__maglevc_complete)'`,
};

/** `auth token`: makes a token. Nobody else hears of it, nor of its digest. */
export const makeToken: Command = {
  kind: "local",
  async run() {
    const { token, sha256 } = await newToken();
    // In quotes, since digits alone, or with an e between, would be a number.
    const entry = `- { name: NAME, role: view, sha256: "${sha256}" }`;
    const text = [
      token,
      "",
      "Keep this in a file that nobody else can read, for maglevc --token-file, and put its digest",
      "below auth.tokens into the file of maglevd --auth, with a name and a role:",
      "",
      entry,
    ].join("\n");
    return { text: () => text, json: () => ({ token, sha256 }), exitCode: 0 };
  },
};
