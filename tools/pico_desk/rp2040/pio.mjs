// SPDX-License-Identifier: MIT
// Gives rp2040js's PIO its clock: there it runs on the wall's, without dividers and delays.
//
// A state machine is stepped only when somebody could notice: before a pin changes, before a
// register is accessed, and each microsecond while it does more than wait. One that counts in a
// loop and looks at pins (the mains' time stamps do) is taken round it in one go. Pins that a
// machine drives are therefore up to a microsecond late: nothing here is driven by PIO.
import { RPPIO } from "rp2040js";

const SOON_NS = 1000;
const NOP = 0x42; // mov(y, y)

/** jumps that depend on pins and counters only, but do not compare these */
function pure(opcode) {
  if (opcode >>> 13 === 0) return [0, 2, 4, 6].includes((opcode >>> 5) & 7);
  return opcode >>> 13 === 5 && (opcode & 0xff) === NOP;
}

export class Pio extends RPPIO {
  constructor(chip, name, irq, index) {
    super(chip, name, irq, index);
    this.clock = chip.clock;
    this.alarm = chip.clock.createAlarm(() => this.catchUp(true));
    this.busy = false;
    for (const machine of this.machines) {
      Object.assign(machine, { at: 0, ran: false, slept: false, steady: false, until: 0, loop: -1, spent: 0 });
    }
  }

  run() {} // its own loop

  clkNs(machine) {
    return ((machine.clockDivInt || 65536) + machine.clockDivFrac / 256) * (1e9 / this.rp2040.clkSys);
  }

  readUint32(offset) {
    this.catchUp();
    const value = super.readUint32(offset);
    this.settle();
    return value;
  }

  writeUint32(offset, value) {
    this.catchUp();
    super.writeUint32(offset, value);
    this.upset();
  }

  pinMoved() {
    if (this.stopped || this.busy) return;
    for (const machine of this.machines) if (machine.enabled && machine.waiting) machine.checkWait();
    this.upset();
  }

  /** loops may end now */
  upset() {
    for (const machine of this.machines) [machine.steady, machine.loop] = [false, -1];
    this.settle();
  }

  /** everything up to now, with the pins as they are */
  catchUp(plan) {
    if (this.stopped || this.busy) return;
    this.busy = true;
    const now = this.clock.nanos;
    for (const machine of this.machines) if (machine.enabled && machine.ran) this.advance(machine, now);
    this.checkChangedPins();
    this.busy = false;
    if (plan) this.settle();
  }

  /** who was started or woken goes on from now; and when to look again */
  settle() {
    const now = this.clock.nanos;
    let next = Infinity;
    this.checkChangedPins();
    for (const machine of this.machines) {
      if (!machine.enabled) machine.ran = false;
      else if (!machine.ran) Object.assign(machine, { ran: true, at: now, steady: false, loop: -1, slept: false });
      if (machine.slept && !machine.waiting) {
        machine.slept = machine.steady = false;
        machine.at = now + (1 + machine.cycles - machine.spent) * this.clkNs(machine);
      }
      if (!machine.enabled || machine.waiting) continue;
      next = Math.min(next, machine.steady ? machine.until : Math.max(now, machine.at) + SOON_NS);
    }
    this.alarm.cancel();
    if (next < Infinity) this.alarm.schedule(Math.max(1, next - now));
  }

  advance(machine, now) {
    const ns = this.clkNs(machine);
    while (machine.at < now && machine.enabled && !machine.waiting) {
      const { pc } = machine, opcode = this.instructions[pc], before = machine.cycles;
      machine.step();
      if (!pure(opcode) || machine.sidesetCount) {
        machine.loop = -1;
        machine.steady = false;
      }
      if (machine.waiting) {
        machine.slept = true;
        machine.spent = machine.cycles;
        return;
      }
      machine.at += (machine.cycles - before) * ns;
      if (machine.pc <= pc) this.round(machine, now);
    }
  }

  /** back at the begin of a loop: if nothing but counters changed, the next rounds are the same */
  round(machine, now) {
    if (machine.loop === machine.pc) {
      const dx = machine.was.x - machine.x, dy = machine.was.y - machine.y, dt = machine.at - machine.was.at;
      const left = Math.min(dx > 0 ? Math.floor((machine.x - 1) / dx) : Infinity, dy > 0 ? Math.floor((machine.y - 1) / dy) : Infinity);
      if (dx >= 0 && dy >= 0 && left > 0) {
        const rounds = Math.max(0, Math.min(left, Math.floor((now - machine.at) / dt)));
        machine.x -= rounds * dx;
        machine.y -= rounds * dy;
        machine.at += rounds * dt;
        machine.steady = true;
        machine.until = machine.at + Math.min((left - rounds) * dt, 1e9);
      }
    }
    machine.loop = machine.pc;
    machine.was = { x: machine.x, y: machine.y, at: machine.at };
  }
}
