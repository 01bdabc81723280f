/** After how many milliseconds the server of `bench accuracy` answers. */
export const delaysMs = [0, 1, 3, 10, 50] as const;

/** The delay of backend number `index`, in milliseconds. */
export function delayOf(index: number): number {
  return delaysMs[index % delaysMs.length] ?? 0;
}
