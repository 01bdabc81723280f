/** A 64-bit number that wraps around, as two halves: BigInt is ten times slower here. */
class Word64 {
  constructor(public high: number, public low: number) {}

  xor(high: number, low: number): void {
    this.high = (this.high ^ high) >>> 0;
    this.low = (this.low ^ low) >>> 0;
  }

  add(high: number, low: number): void {
    const sum = this.low + low;
    this.high = (this.high + high + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
    this.low = sum >>> 0;
  }

  multiply(high: number, low: number): void {
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const bottom = a0 * b0;
    const left = a1 * b0;
    const right = a0 * b1;
    const middle = (bottom >>> 16) + (left & 0xffff) + (right & 0xffff);
    const carried = a1 * b1 + (left >>> 16) + (right >>> 16) + (middle >>> 16);
    const cross = Math.imul(this.high, low) + Math.imul(this.low, high);
    this.high = (carried + cross) >>> 0;
    this.low = ((middle << 16) | (bottom & 0xffff)) >>> 0;
  }

  /** By 1 to 31 bits. */
  rotateLeft(bits: number): void {
    const high = (this.high << bits) | (this.low >>> (32 - bits));
    this.low = ((this.low << bits) | (this.high >>> (32 - bits))) >>> 0;
    this.high = high >>> 0;
  }

  /** Xors itself with itself shifted right by 1 to 31 bits. */
  xorShift(bits: number): void {
    const high = this.high >>> bits;
    const low = ((this.low >>> bits) | (this.high << (32 - bits))) >>> 0;
    this.xor(high, low);
  }
}

/**
 * VPP's clib_xxhash (src/vppinfra/xxhash.h): XXH64 of one 8-byte word, given and returned as its
 * high and low halves.
 */
export function xxhash(keyHigh: number, keyLow: number): { high: number; low: number } {
  const key = new Word64(keyHigh, keyLow);
  key.multiply(0xc2b2ae3d, 0x27d4eb4f);
  key.rotateLeft(31);
  key.multiply(0x9e3779b1, 0x85ebca87);
  const hash = new Word64(0x9e3779b9, 0x7f4a7c13);
  hash.add(0x27d4eb2f, 0x165667c5);
  hash.add(0, 8);
  hash.xor(key.high, key.low);
  hash.rotateLeft(27);
  hash.multiply(0x9e3779b1, 0x85ebca87);
  hash.add(0x85ebca77, 0xc2b2ae63);
  // A shift by more than 31 only moves bits out of the high half.
  hash.xor(0, hash.high >>> 1);
  hash.multiply(0xc2b2ae3d, 0x27d4eb4f);
  hash.xorShift(29);
  hash.multiply(0x165667b1, 0x9e3779f9);
  hash.xor(0, hash.high);
  return { high: hash.high, low: hash.low };
}
