/**
 * Calls `run`. What it throws reaches the top of the program as it would otherwise, but not through
 * the caller, who has others to serve.
 */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    surface(error);
  }
}

/** Has an error reach the top of the program, and the caller go on. */
export function surface(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
