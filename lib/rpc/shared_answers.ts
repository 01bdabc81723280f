import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { preEncoded } from "./encoded.ts";
import type { CallContext } from "./rpc.ts";

/** One answer in both forms; the encoded one is made when somebody asks for it. */
interface Answer<D extends DescMessage> {
  readonly plain: MessageShape<D>;
  encoded: MessageShape<D> | undefined;
}

/**
 * Answers that many callers get, converted and encoded once however many ask for them: hundreds
 * who wait for the same would otherwise hold the event loop all at once.
 */
export class SharedAnswers<T extends object, D extends DescMessage> {
  readonly #known = new WeakMap<T, Answer<D>>();

  /** `toProto` converts what is answered from. */
  constructor(
    private readonly schema: D,
    private readonly toProto: (value: T) => MessageShape<D>,
  ) {}

  /** The answer in the form that the call asks for. It must not be changed. */
  of(value: T, { binary }: Pick<CallContext, "binary">): MessageShape<D> {
    const answer = this.#answer(value);
    if (!binary) return answer.plain;
    return answer.encoded ??= preEncoded(this.schema, answer.plain).message;
  }

  #answer(value: T): Answer<D> {
    const known = this.#known.get(value);
    if (known) return known;
    const answer: Answer<D> = { plain: this.toProto(value), encoded: undefined };
    this.#known.set(value, answer);
    return answer;
  }
}
