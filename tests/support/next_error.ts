/** What reaches the top of the program after `cause`: an error that nobody caught. */
export async function nextError(cause: () => void): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    resolve(event.error);
  };
  globalThis.addEventListener("error", onError);
  try {
    cause();
    return await promise;
  } finally {
    globalThis.removeEventListener("error", onError);
  }
}
