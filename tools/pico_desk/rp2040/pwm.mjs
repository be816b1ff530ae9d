// SPDX-License-Identifier: MIT
// PWM slices by their events: compare A, compare B, wrap (datasheet 4.5). Counting up only: nothing
// here uses the phase-correct mode, nor an edge of B as clock.
import { Pwm as StockPwm } from "./stock.mjs";

const CSR = 0x00, DIV = 0x04, CTR = 0x08, CC = 0x0c, TOP = 0x10;
const REGISTERS = 0x14, EN = 0xa0, INTR = 0xa4;
const DREQ_WRAP0 = 24;
const GATED = 1;

class Slice {
  constructor(pwm, index) {
    this.pwm = pwm;
    this.index = index;
    this.pins = [2 * index, 2 * index + 16].filter((pin) => pin < 30);
    this.alarm = pwm.rp2040.clock.createAlarm(() => this.event());
    this.reset();
  }

  reset() {
    [this.csr, this.div, this.cc, this.top] = [0, 16, 0, 0xffff];
    [this.a, this.b, this.liveTop] = [0, 0, 0xffff]; // the buffered ones
    [this.count, this.since, this.runs, this.due] = [0, 0, false, 0];
    this.alarm.cancel();
  }

  /** of one count */
  get ns() {
    return (((this.div >> 4 || 256) + (this.div & 15) / 16) * 1e9) / this.pwm.rp2040.clkSys;
  }

  get now() {
    if (!this.runs) return this.count;
    // an event's own time may lie a rounding error before its count
    return Math.floor(this.count + (this.pwm.rp2040.clock.nanos - this.since) / this.ns + 1e-6) % (this.liveTop + 1);
  }

  read(register) {
    return [this.csr, this.div, this.now, this.cc, this.top][register >> 2];
  }

  write(register, value) {
    this.hold();
    if (register === CSR) this.csr = value & 0x3f;
    else if (register === DIV) this.div = value & 0xfff;
    else if (register === CTR) this.count = value & 0xffff;
    else if (register === CC) this.cc = value;
    else if (register === TOP) this.top = value & 0xffff;
    this.go();
  }

  /** stops counting for a change of what it depends on; the part of a count that has passed is kept */
  hold() {
    if (!this.runs) return;
    const { nanos } = this.pwm.rp2040.clock;
    this.count = this.now;
    this.since = nanos - ((nanos - this.since) % this.ns);
    this.alarm.cancel();
  }

  get mode() {
    return (this.csr >> 4) & 3;
  }

  go() {
    const { pwm } = this;
    const runs = !!(this.csr & 1) && (this.mode === 0 || (this.mode === GATED && this.pins.some((pin) => pwm.gpioRead(pin + 1))));
    for (const pin of this.pins) pwm.gpioSetDir(pin + 1, this.mode === 0);
    if (!runs || !this.runs) this.since = pwm.rp2040.clock.nanos;
    this.runs = runs;
    if (!runs) this.latch();
    else this.plan();
    this.show();
  }

  latch() {
    [this.a, this.b, this.liveTop] = [this.cc & 0xffff, this.cc >>> 16, this.top];
  }

  plan() {
    const { count } = this;
    let due = this.liveTop + 1;
    if (this.a > count && this.a < due) due = this.a;
    if (this.b > count && this.b < due) due = this.b;
    this.due = Math.max(due, count + 1);
    this.alarm.schedule(this.since + (this.due - count) * this.ns - this.pwm.rp2040.clock.nanos);
  }

  event() {
    this.since += (this.due - this.count) * this.ns;
    this.count = this.due;
    if (this.count > this.liveTop) {
      this.count = 0;
      this.latch();
      this.pwm.channelInterrupt(this.index);
    }
    this.show();
    this.plan();
  }

  show() {
    const a = this.count < this.a !== !!(this.csr & 4), b = this.count < this.b !== !!(this.csr & 8);
    for (const pin of this.pins) {
      this.pwm.gpioSet(pin, a);
      if (this.mode === 0) this.pwm.gpioSet(pin + 1, b);
    }
  }
}

export class Pwm extends StockPwm {
  constructor(chip) {
    super(chip, "PWM");
    for (const slice of this.channels) slice.reset(); // its alarms
    this.gpioDirection = -1;
    this.channels = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => new Slice(this, index));
  }

  reset() {
    for (const slice of this.channels) slice.reset();
    this.intRaw = this.intEnable = this.intForce = 0;
  }

  readUint32(offset) {
    if (offset < EN) return this.channels[Math.floor(offset / REGISTERS)].read(offset % REGISTERS);
    if (offset === EN) return this.channels.reduce((bits, slice) => bits | ((slice.csr & 1) << slice.index), 0);
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset < EN) this.channels[Math.floor(offset / REGISTERS)].write(offset % REGISTERS, value);
    else if (offset === EN) {
      for (const slice of this.channels) slice.write(CSR, (slice.csr & ~1) | ((value >> slice.index) & 1));
    } else if (offset === INTR) super.writeUint32(offset, this.rawWriteValue); // write 1 to clear
    else super.writeUint32(offset, value);
  }

  /** the request of a wrap is a pulse: it starts one transfer, and only one that waits for it */
  channelInterrupt(index) {
    super.channelInterrupt(index);
    this.rp2040.dma.clearDREQ(DREQ_WRAP0 + index);
  }

  /** the frequency is about to change, or has changed */
  clockChanged(change) {
    for (const slice of this.channels) slice.hold();
    change();
    for (const slice of this.channels) slice.go();
  }

  gpioOnInput(pin) {
    const slice = this.channels[(pin >> 1) & 7];
    if (pin & 1 && slice.mode === GATED) {
      slice.hold();
      slice.go();
    }
  }
}
