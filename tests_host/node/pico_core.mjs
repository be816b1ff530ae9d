// SPDX-License-Identifier: MIT
// The core of tools/pico_desk/rp2040 next to rp2040js's own: one random instruction at a time.
// Out: how many of each kind were compared, and the first differences.
import { RP2040 } from "rp2040js";
import { Thumb } from "../../tools/pico_desk/rp2040/thumb.mjs";

const CODE = 0x20000100, DATA = 0x20010000, STACK = 0x20020000;
const [theirs, ours] = [new RP2040(), new RP2040()];
theirs.logger = ours.logger = { debug() {}, info() {}, warn() {}, error() {} };
const mine = new Thumb(ours);
ours.core = mine;

let state = 20260;
function random() { // 31 bits
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return state >>> 1;
}
const VALUES = [0, 1, 2, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe];
const value = () => (random() & 1 ? VALUES[random() % VALUES.length] : (random() * 2 + (random() & 1)) >>> 0);

// What is left out here is in `exact` of the Python test, because rp2040js is wrong about it: shifts
// by a register of 0 or more than 31, and sums whose carry makes the second one 2 ** 32.
function known(op, registers) {
  const what = op >> 6, b = registers[(op >> 3) & 7], a = registers[op & 7];
  if ([0b0100000010, 0b0100000011, 0b0100000100, 0b0100000111].includes(what)) return (b & 255) === 0 || (b & 255) > 31;
  return (what === 0b0100000101 && a === 0xffffffff) || (what === 0b0100000110 && (b === 0xffffffff || b === 0x7fffffff));
}

function candidate() {
  const op = random() & 0xffff, top = op >> 11;
  if (top >= 29 || (top === 22 && ![0xb000, 0xb200, 0xb400, 0xb500].includes(op & 0xff00))) return null;
  if (top === 23 && ![0xba00, 0xbc00, 0xbd00].includes(op & 0xff00)) return null;
  if ((op & 0xffc0) === 0xba80 || (op & 0xf600) === 0xb400 && !(op & 0xff)) return null;
  if ((op & 0xfe00) === 0xde00 || ((top === 24 || top === 25) && (!(op & 255) || op & (1 << ((op >> 8) & 7))))) return null;
  if ((op & 0xff00) === 0x4700 && (op & 7 || (op & 0x78) === 0x78)) return null; // BX PC: theirs forgets that it is two instructions ahead
  return op;
}

function put(core, op, registers, flags) {
  core.rp2040.sramView.setUint16(CODE - 0x20000000, op, true);
  registers.forEach((one, i) => { core.registers[i] = one; });
  core.registers[15] = CODE;
  [core.N, core.Z, core.C, core.V] = [flags === 1, flags === 2, !!(flags & 4), !!(flags & 8)];
}

const look = (core) => [...core.registers].map((one, i) => (i === 15 ? one & ~1 : one)).concat([core.N, core.Z, core.C, core.V].map(Number));
const compared = {}, different = [];
for (let round = 0; round < 60000; round++) {
  const op = candidate();
  if (op === null) continue;
  const memory = op >> 11 >= 9 && op >> 11 <= 25 && op >> 11 !== 20 && op >> 11 !== 21;
  const registers = Array.from({ length: 15 }, value);
  if (memory) for (let i = 0; i < 8; i++) registers[i] = DATA + 4 * (random() & 255);
  if ((op & 0xf000) === 0x5000) registers[(op >> 6) & 7] = 4 * (random() & 255);
  if ((op & 0xf000) === 0x5000 && ((op >> 6) & 7) === ((op >> 3) & 7)) continue;
  if ((op & 0xff00) === 0x4700) registers[(op >> 3) & 15] &= 0x0fffffff;
  registers[13] = STACK + 4 * (random() & 255);
  if (known(op, registers)) continue;
  for (const core of [theirs.core, mine]) {
    if (memory) for (let i = 0; i < 2048; i += 4) core.rp2040.sramView.setUint32(0x10000 + i, (i * 2654435761) >>> 0, true);
    if ((op & 0xff00) === 0xbd00) for (let i = 0; i < 2048; i += 4) core.rp2040.sramView.setUint32(0x20000 + i, 0x10000001 + i * 16, true);
    put(core, op, registers, [0, 1, 2, 4, 5, 6, 8, 9, 10, 12][round % 10]);
  }
  theirs.core.executeInstruction();
  mine.cycles = 0;
  mine.limit = 1;
  mine.run();
  const [a, b] = [look(theirs.core), look(mine)];
  const same = a.every((one, i) => one === b[i]) && (!memory || Buffer.compare(theirs.sram, ours.sram) === 0);
  compared[op >> 11] = (compared[op >> 11] ?? 0) + 1;
  if (!same && different.length < 5) different.push([op.toString(16), registers, a, b]);
}

/** [instruction, r0, r1, flags before: C is 4, V is 8] -> [r0, N, Z, C, V] */
function exact([op, r0, r1, flags]) {
  const registers = Array(15).fill(0);
  [registers[0], registers[1], registers[13]] = [r0, r1, STACK];
  put(mine, op, registers, flags);
  mine.cycles = 0;
  mine.limit = 1;
  mine.run();
  return [mine.registers[0], ...[mine.N, mine.Z, mine.C, mine.V].map(Number)];
}
console.log(JSON.stringify({ compared, different, exact: JSON.parse(process.argv[2] ?? "[]").map(exact) }));
