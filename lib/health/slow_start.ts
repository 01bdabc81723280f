/** Steps in which a backend that comes up gets its weight: each makes VPP build a table anew. */
export const slowStartSteps = 10;

/** The step at so many milliseconds of so many: 1 at the beginning, the last one at the end. */
export function slowStartStep(elapsedMs: number, overMs: number): number {
  const gone = Math.floor((elapsedMs * (slowStartSteps - 1)) / overMs);
  return Math.max(1, Math.min(slowStartSteps, 1 + gone));
}

/** After how many milliseconds from its beginning a step begins. */
export function slowStartStepAt(step: number, overMs: number): number {
  return Math.ceil(((step - 1) * overMs) / (slowStartSteps - 1));
}

/** The share of its weight, in percent, that a backend has at a step. */
export function slowStartPercent(step: number): number {
  return (step * 100) / slowStartSteps;
}

/** So many percent of a weight above 0, and never 0 of it. */
export function partOf(weight: number, percent: number): number {
  return Math.max(1, Math.round((weight * percent) / 100));
}
