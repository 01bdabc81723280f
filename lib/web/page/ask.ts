import { useEffect, useState } from "preact/hooks";

/** What came of a question to the server. */
export type Asked<T> =
  | { readonly kind: "waiting" }
  | { readonly kind: "failed"; readonly error: string }
  | { readonly kind: "there"; readonly value: T };

/** Asks below `/view/api/`. Throws a sentence. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(`/view/api/${path}`, { cache: "no-store", ...signal && { signal } });
  const value: T & { readonly error?: string } = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(value.error ?? `the server answered ${answer.status}`);
  return value;
}

/**
 * Asks whenever the path is another one, and every `everyMs`. What was there stays meanwhile. An empty
 * path asks nothing.
 */
export function useAnswer<T>(path: string, everyMs: number): Asked<T> {
  const [asked, set] = useState<{ path: string; is: Asked<T> }>({ path, is: { kind: "waiting" } });
  useEffect(() => {
    if (path === "") return;
    const over = new AbortController();
    const once = () =>
      ask<T>(path, over.signal).then(
        (value) => set({ path, is: { kind: "there", value } }),
        (error: unknown) => {
          if (!over.signal.aborted) set({ path, is: { kind: "failed", error: sentenceOf(error) } });
        },
      );
    void once();
    const timer = setInterval(once, everyMs);
    return () => {
      clearInterval(timer);
      over.abort();
    };
  }, [path, everyMs]);
  return asked.path === path ? asked.is : { kind: "waiting" };
}

/** What an error says. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
