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

/** Where the page is built to when this program is run from source. */
const built = new URL("../../dist/page/", import.meta.url);

/** The page: part of the program, or from source what was built of it. Throws a sentence. */
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
