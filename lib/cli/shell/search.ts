/** A reverse search through history, newest first. Immutable. */
export interface Search {
  /** What has been typed. */
  readonly query: string;
  /** Index of the match in the history, -1 when nothing matches. */
  readonly at: number;
  /** What the line was before, to go back to. */
  readonly original: string;
}

/** A search in which nothing has been typed yet. */
export function startSearch(original: string): Search {
  return { query: "", at: -1, original };
}

/** The search with another query, looked for from the newest entry on. */
export function withQuery(search: Search, history: readonly string[], query: string): Search {
  return { ...search, query, at: query === "" ? -1 : find(history, query, 0) };
}

/** The next older match; the present one when there is none. */
export function olderMatch(search: Search, history: readonly string[]): Search {
  if (search.query === "") return search;
  const at = find(history, search.query, search.at + 1);
  return at < 0 ? search : { ...search, at };
}

/** What the line shows. */
export function matchedLine(search: Search, history: readonly string[]): string {
  return history[search.at] ?? (search.query === "" ? search.original : "");
}

/** What stands before the line while searching. */
export function searchPrompt(search: Search): string {
  const failed = search.query !== "" && search.at < 0 ? "failed " : "";
  return `(${failed}reverse-search) '${search.query}': `;
}

function find(history: readonly string[], query: string, from: number): number {
  return history.findIndex((line, i) => i >= from && line.includes(query));
}
