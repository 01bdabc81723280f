import {
  create,
  type DescField,
  type DescMessage,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Outcome } from "../checker/mod.ts";
import {
  type BackendOutcome,
  type FrontendOutcome,
  type Outcome as WireOutcome,
  OutcomeSchema,
} from "../gen/maglev_pb.ts";
import { type Clock, visitInSlices } from "../time/mod.ts";
import type { VppAway } from "../vpp/mod.ts";
import { Answer } from "./answer.ts";
import { writtenInSlices } from "./composed.ts";
import { concatenated } from "./concatenated.ts";
import {
  backendOutcomeToProto,
  frontendOutcomeToProto,
  outcomeToProto,
} from "./convert/outcome.ts";

/**
 * An outcome as the wire tells it, converted in slices: a hundred frontends with fifty weights each
 * would hold the event loop for 10 ms, and for 30 ms where they are written as JSON.
 */
export async function outcomeInSlices(
  { backends, frontends }: Outcome,
  away: VppAway | undefined,
  clock: Clock,
): Promise<WireOutcome> {
  const outcome = outcomeToProto({ backends: [], frontends: [] }, away);
  await visitInSlices(backends, clock, (some) => {
    outcome.backends.push(...some.map(backendOutcomeToProto));
  });
  await visitInSlices(frontends, clock, (some) => {
    outcome.frontends.push(...some.map(frontendOutcomeToProto));
  });
  return outcome;
}

/** A message whose field `field` is this outcome, written in slices; `rest` is the message without it. */
export async function withOutcome<D extends DescMessage>(
  schema: D,
  field: DescField,
  { backends, frontends, ...single }: WireOutcome,
  rest: MessageShape<D>,
  clock: Clock,
  binary: boolean,
): Promise<Answer> {
  const lists = OutcomeSchema.field;
  const { message: first } = await writtenInSlices(
    {
      ...{ schema: OutcomeSchema, field: lists.backends, items: backends },
      fill: (some: readonly BackendOutcome[]) => ({ backends: [...some] }),
      rest: create(OutcomeSchema),
    },
    clock,
    binary,
  );
  const { message: second } = await writtenInSlices(
    {
      ...{ schema: OutcomeSchema, field: lists.frontends, items: frontends },
      fill: (some: readonly FrontendOutcome[]) => ({ frontends: [...some] }),
      rest: { ...single, backends: [], frontends: [] },
    },
    clock,
    binary,
  );
  if (binary) {
    const writer = new BinaryWriter().tag(field.number, WireType.LengthDelimited);
    // Messages one behind the other are one message.
    return new Answer(
      writer.bytes(concatenated([first, second])).raw(toBinary(schema, rest)).finish(),
    );
  }
  const encoder = new TextEncoder();
  const outcome = merged(first, second);
  const member = [encoder.encode(`{"${field.jsonName}":`), outcome, encoder.encode("}")];
  return new Answer(merged(concatenated(member), encoder.encode(toJsonString(schema, rest))));
}

/** Two objects of JSON with different members as one. */
function merged(one: Uint8Array, other: Uint8Array): Uint8Array {
  const empty = "{}".length;
  if (one.length === empty) return other;
  if (other.length === empty) return one;
  return concatenated([one.subarray(0, -1), new TextEncoder().encode(","), other.subarray(1)]);
}
