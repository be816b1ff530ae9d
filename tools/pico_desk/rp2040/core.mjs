// SPDX-License-Identifier: MIT
// A Cortex-M0+ (ARMv6-M) that runs in bursts. rp2040js's own tries some eighty conditions for each
// instruction; this one branches by its upper five bits and keeps the flags in variables.
// Exceptions and special registers are rp2040js's.
import { CortexM0Core } from "./stock.mjs";

const RAM_BYTES = 264 * 1024;
const MISS = 64; // cycles of a line's fetch from flash; measured against the times of real boards
const ENTRY = 15, EXIT = 10; // cycles of an exception
const RETURN = 1, TRAP = 2, SPECIAL = 3, SLEEP = 4, CALL = 5, UNKNOWN = 6;
const FLASH = 4, RAM = 8; // address >>> 26

export class Core extends CortexM0Core {
  constructor(chip) {
    super(chip);
    this.limit = 0; // cycles until something else is due
    this.sevOnPend = false;
    this.sleepsForEvent = false;
    this.signed = new Int32Array(this.registers.buffer);
    this.tags = new Int32Array(2048).fill(-1); // 16 KB in two ways of lines of 8 bytes
    this.trap = () => {};
    this.remember();
  }

  /** looks at the chip's memories as words; to be called when they are other ones */
  remember() {
    const { sram, flash, bootrom } = this.rp2040;
    [this.ram8, this.ram16, this.ram32] = [sram, new Uint16Array(sram.buffer), new Int32Array(sram.buffer)];
    [this.flash8, this.flash16, this.flash32] = [flash, new Uint16Array(flash.buffer), new Int32Array(flash.buffer)];
    [this.rom8, this.rom16, this.rom32] = [Uint8Array, Uint16Array, Int32Array].map((kind) => new kind(bootrom.buffer));
  }

  setInterrupt(irq, value) {
    const bit = 1 << irq;
    if (!value) this.pendingInterrupts &= ~bit;
    else if (!(this.pendingInterrupts & bit)) {
      this.pendingInterrupts |= bit;
      this.interruptsUpdated = true;
      if (this.sevOnPend) this.eventRegistered = true;
    }
  }

  /** whether WFE or WFI still waits */
  asleep() {
    if (!this.waiting) return false;
    if (this.sleepsForEvent && this.eventRegistered) this.eventRegistered = this.waiting = false;
    if (this.pendingInterrupts & this.enabledInterrupts || this.pendingPendSV || this.pendingSystick) this.waiting = false;
    return this.waiting;
  }

  xip(offset) {
    const line = offset >> 3, at = (line & 1023) << 1, { tags } = this;
    if (tags[at] === line) return;
    if (tags[at + 1] !== line) this.cycles += MISS;
    tags[at + 1] = tags[at];
    tags[at] = line;
  }

  ld32(a) {
    const where = a >>> 26;
    if (where === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; return this.ram32[(a & 0x3ffffff) >> 2]; }
    if (where === FLASH) { this.cycles++; this.xip(a & 0xffffff); return this.flash32[(a & 0xffffff) >> 2]; }
    if (a >>> 0 < 0x4000) { this.cycles++; return this.rom32[a >> 2]; }
    this.cycles += this.cyclesIO(a);
    return this.rp2040.readUint32(a >>> 0) | 0;
  }

  ld16(a) {
    const where = a >>> 26;
    if (where === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; return this.ram16[(a & 0x3ffffff) >> 1]; }
    if (where === FLASH) { this.cycles++; this.xip(a & 0xffffff); return this.flash16[(a & 0xffffff) >> 1]; }
    this.cycles += this.cyclesIO(a);
    return this.rp2040.readUint16(a >>> 0);
  }

  ld8(a) {
    const where = a >>> 26;
    if (where === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; return this.ram8[a & 0x3ffffff]; }
    if (where === FLASH) { this.cycles++; this.xip(a & 0xffffff); return this.flash8[a & 0xffffff]; }
    this.cycles += this.cyclesIO(a);
    return this.rp2040.readUint8(a >>> 0);
  }

  st32(a, value) {
    if (a >>> 26 === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; this.ram32[(a & 0x3ffffff) >> 2] = value; return; }
    this.cycles += this.cyclesIO(a, true);
    this.rp2040.writeUint32(a >>> 0, value >>> 0);
  }

  st16(a, value) {
    if (a >>> 26 === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; this.ram16[(a & 0x3ffffff) >> 1] = value; return; }
    this.cycles += this.cyclesIO(a, true);
    this.rp2040.writeUint16(a >>> 0, value & 0xffff);
  }

  st8(a, value) {
    if (a >>> 26 === RAM && (a & 0x3ffffff) < RAM_BYTES) { this.cycles++; this.ram8[a & 0x3ffffff] = value; return; }
    this.cycles += this.cyclesIO(a, true);
    this.rp2040.writeUint8(a >>> 0, value & 0xff);
  }

  /** what is rare: flags and program counter are in their registers meanwhile */
  rare(what, op, op2, value) {
    if (what === RETURN) {
      this.exceptionReturn(value & 0x0fffffff);
      this.cycles += EXIT;
    } else if (what === TRAP) this.trap(op & 0xff);
    else if (what === SPECIAL) {
      this.cycles += 2;
      if (op === 0xf3ef) this.registers[(op2 >> 8) & 15] = this.readSpecialRegister(op2 & 0xff);
      else this.writeSpecialRegister(op2 & 0xff, this.registers[op & 15]);
    } else if (what === SLEEP) {
      this.cycles++;
      this.sleepsForEvent = op === 0xbf20;
      this.waiting = true;
      if (this.asleep()) this.limit = 0;
    } else if (what === CALL) this.pendingSVCall = this.interruptsUpdated = true;
    else throw new Error(`instruction ${op.toString(16)} at ${(this.PC - 2).toString(16)} from ${this.LR.toString(16)}`);
  }

  enter() {
    if (this.checkForInterrupts()) this.cycles += ENTRY;
  }
}

Object.assign(Core, { RETURN, TRAP, SPECIAL, SLEEP, CALL, UNKNOWN, FLASH, RAM });
