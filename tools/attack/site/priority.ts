/** Puts all of this session above others, where the kernel groups by sessions (sched(7)). */
export function lift(priority: number): void {
  try {
    Deno.writeTextFileSync("/proc/self/autogroup", String(-priority));
  } catch (error) {
    // Then nice(1) alone decides.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
