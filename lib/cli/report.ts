import { type JsonObject, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { file_maglev } from "../gen/maglev_pb.ts";
import { type ExitCode, exitCodes } from "./errors.ts";
import type { Command, CommandContext, Listing, Report, View } from "./node.ts";
import { formatTable } from "./table.ts";

type ReportCommand = Extract<Command, { readonly kind: "report" }>;

/** A command that fetches a value and shows it, as text or as JSON. */
export function report<T>(spec: {
  readonly fetch: (context: CommandContext) => Promise<T>;
  readonly text: (value: T, view: View) => string;
  readonly json: (value: T) => JsonValue;
  /** Rows, which may stand among those of other servers. */
  readonly listing?: (value: T, view: View) => Listing;
  /** What maglevc ends with; 0 where nothing is said. */
  readonly code?: (value: T) => ExitCode;
}): ReportCommand {
  return {
    kind: "report",
    async run(context): Promise<Report> {
      const value = await spec.fetch(context);
      const { listing: rows } = spec;
      return {
        text: (view) => spec.text(value, view),
        ...(rows && { listing: (view: View) => rows(value, view) }),
        json: () => spec.json(value),
        exitCode: spec.code?.(value) ?? exitCodes.done,
      };
    },
  };
}

/** A command whose text is one table, or a sentence where there is no row for it. */
export function listing<T>(spec: {
  readonly fetch: (context: CommandContext) => Promise<T>;
  readonly listing: (value: T, view: View) => Listing;
  readonly none: string;
  readonly json: (value: T) => JsonValue;
}): ReportCommand {
  return report({
    ...spec,
    text(value, view) {
      const { columns, rows } = spec.listing(value, view);
      return rows.length === 0 ? spec.none : formatTable(view, columns, rows);
    },
  });
}

const schemas = new Map(file_maglev.messages.map((schema) => [schema.typeName, schema]));

/** A message as JSON with every field present, so that scripts need not know the defaults. */
export function messageJson(message: Message): JsonObject {
  const schema = schemas.get(message.$typeName);
  if (!schema) throw new TypeError(`${message.$typeName} is no message of maglevd's`);
  return toJson(schema, message, { alwaysEmitImplicit: true }) as JsonObject;
}

/** The word that filled slot `name`. Reaching a command without it is a mistake in the tree. */
export function slotValue(context: CommandContext, name: string): string {
  const value = context.args.values.get(name);
  if (value === undefined) throw new TypeError(`the command tree has no slot <${name}> here`);
  return value;
}
