/**
 * A regular expression looked for in slices of bounded work. re2js is linear, but its API searches a
 * body in one go: 64 KiB take it up to 0.7 s with 100 to 250 instructions, and 0.3 s with 24 (2026,
 * re2js 2.10). So this walks the program that it compiled: Thompson's simulation without captures,
 * which can stop after any character.
 */

/** What is used of re2js's compiled program (its `Prog` and `Inst`). */
export interface Program {
  readonly start: number;
  readonly inst: readonly Instruction[];
}

/** One instruction. `arg` is the second branch, or the conditions of an empty-width assertion. */
export interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
}

/** Instruction codes of re2js. */
const ALT = 1;
const ALT_MATCH = 2;
const CAPTURE = 3;
const EMPTY_WIDTH = 4;
const MATCH = 6;
const NOP = 7;
const RUNE = 8;
const RUNE1 = 9;
const RUNE_ANY = 10;
const RUNE_ANY_NOT_NL = 11;

/** Conditions of empty-width assertions. */
const BEGIN_LINE = 1;
const END_LINE = 2;
const BEGIN_TEXT = 4;
const END_TEXT = 8;
const WORD_BOUNDARY = 16;
const NO_WORD_BOUNDARY = 32;

const LF = 10;
/** Before the first and after the last character. */
const none = -1;

/** Looks for `program` anywhere in `text`. Pure. */
export class SlicedSearch {
  readonly #program: Program;
  readonly #text: string;
  #at = 0;
  #previous = none;
  /** Instructions to continue with at this position: a sparse set, and one being built. */
  #seeds: InstructionSet;
  #states: InstructionSet;
  readonly #stack: number[] = [];

  constructor(program: Program, text: string) {
    this.#program = program;
    this.#text = text;
    this.#seeds = new InstructionSet(program.inst.length);
    this.#states = new InstructionSet(program.inst.length);
  }

  /** Visits about `budget` instructions; undefined when that was not enough to tell. */
  advance(budget: number): boolean | undefined {
    for (let left = budget; left > 0;) {
      const rune = this.#text.codePointAt(this.#at) ?? none;
      this.#seeds.add(this.#program.start);
      if (this.#close(conditions(this.#previous, rune))) return true;
      if (rune === none) return false;
      left -= this.#states.size + 1;
      this.#step(rune);
      this.#previous = rune;
      this.#at += rune > 0xffff ? 2 : 1;
    }
    return undefined;
  }

  /** Follows what takes no character, from the seeds; true when that reaches the end. */
  #close(flags: number): boolean {
    const { inst } = this.#program;
    const states = this.#states;
    const stack = this.#stack;
    states.clear();
    for (let i = 0; i < this.#seeds.size; i++) {
      stack.push(this.#seeds.at(i));
      for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
        const instruction = inst[pc];
        if (!instruction || !states.add(pc)) continue;
        switch (instruction.op) {
          case MATCH:
            stack.length = 0;
            return true;
          case ALT:
          case ALT_MATCH:
            stack.push(instruction.arg, instruction.out);
            break;
          case CAPTURE:
          case NOP:
            stack.push(instruction.out);
            break;
          case EMPTY_WIDTH:
            if ((instruction.arg & ~flags) === 0) stack.push(instruction.out);
        }
      }
    }
    return false;
  }

  #step(rune: number): void {
    const { inst } = this.#program;
    this.#seeds.clear();
    for (let i = 0; i < this.#states.size; i++) {
      const instruction = inst[this.#states.at(i)];
      if (instruction && takes(instruction, rune)) this.#seeds.add(instruction.out);
    }
  }
}

function takes(instruction: Instruction, rune: number): boolean {
  switch (instruction.op) {
    case RUNE:
    case RUNE1:
      return instruction.matchRune(rune);
    case RUNE_ANY:
      return true;
    case RUNE_ANY_NOT_NL:
      return rune !== LF;
    default:
      return false;
  }
}

/** What holds between two characters. */
function conditions(before: number, after: number): number {
  let flags = isWord(before) === isWord(after) ? NO_WORD_BOUNDARY : WORD_BOUNDARY;
  if (before === none) flags |= BEGIN_TEXT | BEGIN_LINE;
  if (before === LF) flags |= BEGIN_LINE;
  if (after === none) flags |= END_TEXT | END_LINE;
  if (after === LF) flags |= END_LINE;
  return flags;
}

function isWord(rune: number): boolean {
  return rune >= 48 && rune <= 57 || rune >= 65 && rune <= 90 || rune === 95 ||
    rune >= 97 && rune <= 122;
}

/** A set of small numbers that is cleared at no cost and keeps the order of addition. */
class InstructionSet {
  readonly #sparse: Uint32Array;
  readonly #dense: Uint32Array;
  size = 0;

  constructor(room: number) {
    this.#sparse = new Uint32Array(room);
    this.#dense = new Uint32Array(room);
  }

  at(index: number): number {
    return this.#dense[index] ?? 0;
  }

  /** False when it was there already. */
  add(value: number): boolean {
    const index = this.#sparse[value] ?? 0;
    if (index < this.size && this.#dense[index] === value) return false;
    this.#sparse[value] = this.size;
    this.#dense[this.size++] = value;
    return true;
  }

  clear(): void {
    this.size = 0;
  }
}
