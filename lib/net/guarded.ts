/**
 * Calls `run`. What it throws reaches the top of the program as it would otherwise, but not through
 * the caller, who has others to serve.
 */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
