import { CommandFailure } from "../errors.ts";
import { action } from "../report.ts";

/** `config check`. */
export const checkConfig = action(async ({ client, signal }) => {
  const response = await client.checkConfig({}, { signal });
  if (!response.ok) throw new CommandFailure(response.parseError || response.semanticError);
  return "config ok";
});

/** `config reload`. */
export const reloadConfig = action(async ({ client, signal }) => {
  const response = await client.reloadConfig({}, { signal });
  if (response.ok) return "config reloaded";
  const reason = response.parseError || response.semanticError || response.reloadError;
  throw new CommandFailure(`config not reloaded, nothing was changed:\n${reason}`);
});
