/** The files of the page, as they are sent. */
export interface Assets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** What the bundler leaves on the global object, before any module runs. */
interface Stamped {
  readonly maglevPage?: Assets;
}

/** Where the page is built to, for a program that runs from source. */
const built = new URL("../../dist/page/", import.meta.url);

/** The page: that of the bundle, else as it was built. Throws a sentence if it was not. */
export async function loadAssets(): Promise<Assets> {
  const { maglevPage } = globalThis as Stamped;
  if (maglevPage) return maglevPage;
  const read = async (name: string) => {
    try {
      return await Deno.readTextFile(new URL(name, built));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Error("the page is not built: deno task web does that first");
    }
  };
  const [html, script, style] = await Promise.all(["index.html", "app.js", "app.css"].map(read));
  return { html: html ?? "", script: script ?? "", style: style ?? "" };
}
