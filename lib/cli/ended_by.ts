/**
 * A response whose body ends when `signal` is aborted, with its connection; a read that is waiting
 * rejects. fetch itself promises this, but Deno 2.9.6 holds the signal of a response whose head has
 * come by a weak reference only: after the next collection of garbage nothing ends the body.
 */
export function endedBy(signal: AbortSignal | null | undefined, response: Response): Response {
  const { body, status, statusText, headers } = response;
  if (!signal || !body) return response;
  const reader = body.getReader();
  let over = () => {};
  const ended = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      const end = () => {
        controller.error(signal.reason);
        // What ends with it has been said; why the connection may fail on top of that has no reader.
        void Promise.allSettled([reader.cancel(signal.reason)]);
      };
      over = () => signal.removeEventListener("abort", end);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    },
    async pull(controller) {
      try {
        const { value, done } = await reader.read();
        if (signal.aborted) return;
        if (value) return controller.enqueue(value);
        if (done) controller.close();
      } catch (error) {
        if (!signal.aborted) controller.error(error);
      }
      over();
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return new Response(ended, { status, statusText, headers });
}
