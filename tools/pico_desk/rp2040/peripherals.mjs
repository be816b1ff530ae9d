// SPDX-License-Identifier: MIT
// Small repairs of rp2040js's peripherals, each with what is wrong there.
import { Adc as StockAdc, BasePeripheral, Ppb as StockPpb, Psm as StockPsm, Resets as StockResets,
  Sio as StockSio, Timer as StockTimer, Watchdog as StockWatchdog } from "./stock.mjs";

/** Counts down again with no delay at all if the reset is not instant, and there is none. */
export class Watchdog extends StockWatchdog {
  constructor(chip) {
    super(chip, "WATCHDOG");
    [this.on, this.load] = [false, 0];
    this.bite = chip.clock.createAlarm(() => chip.host.chipReset(1));
  }

  readUint32(offset) {
    return offset === 0 ? (this.on ? 1 << 30 : 0) | 0x07000000 : super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset === 0x00) {
      if (value & (1 << 31)) return this.rp2040.host.chipReset(2);
      const on = !!(value & (1 << 30));
      if (on && !this.on) this.bite.schedule(this.load * 500);
      if (!on) this.bite.cancel();
      this.on = on;
    } else if (offset === 0x04) {
      this.load = value & 0xffffff; // half microseconds: erratum RP2040-E1
      if (this.on) this.bite.schedule(this.load * 500);
    } else if (offset >= 0x0c && offset < 0x2c) this.scratchData[(offset - 0x0c) >> 2] = value;
    else if (offset === 0x2c) this.tickEnable = !!(value & 0x200);
  }
}

/** Alarms fire up to a microsecond before the counter has reached them. */
export class Timer extends StockTimer {
  writeUint32(offset, value) {
    super.writeUint32(offset, value);
    if (offset < 0x10 || offset > 0x1c) return;
    const { nanos } = this.clock, micros = Math.floor(nanos / 1000);
    this.alarms[(offset - 0x10) >> 2].clockAlarm.schedule(Math.max(0, (micros + ((value - micros) >>> 0)) * 1000 - nanos));
  }
}

/** Takes no notice of a peripheral's reset. `actions` has what some of them do then, by their bit. */
export class Resets extends StockResets {
  constructor(chip, actions) {
    super(chip, "RESETS");
    this.actions = actions;
  }

  readUint32(offset) {
    return offset === 0x08 ? ~this.reset & 0x1ffffff : super.readUint32(offset);
  }

  writeUint32(offset, value) {
    const before = this.reset;
    super.writeUint32(offset, value);
    const begun = this.reset & ~before;
    for (const bit of Object.keys(this.actions)) if (begun & (1 << bit)) this.actions[bit]();
  }
}

/** Has no FIFO between the cores. Here core 1 answers as its boot ROM does, and never runs more. */
export class Sio extends StockSio {
  constructor(chip) {
    super(chip);
    this.mail = [];
  }

  post(value) {
    this.mail.push(value);
    this.rp2040.core.eventRegistered = true;
    this.rp2040.setInterrupt(15, true);
  }

  readUint32(offset) {
    if (offset === 0x50) return 2 | (this.mail.length ? 1 : 0);
    if (offset !== 0x58) return super.readUint32(offset);
    const value = this.mail.shift() ?? 0;
    if (!this.mail.length) this.rp2040.setInterrupt(15, false);
    return value;
  }

  writeUint32(offset, value) {
    if (offset === 0x54) this.post(value);
    else if (offset !== 0x50) super.writeUint32(offset, value);
  }
}

/** Core 1 says 0 when it comes out of reset; a soft reset of MicroPython waits for that. */
export class Psm extends StockPsm {
  writeUint32(offset, value) {
    const before = this.frceOff;
    super.writeUint32(offset, value);
    if (before & ~this.frceOff & 0x10000) this.rp2040.sio.post(0);
  }
}

/** Has no system control register: SEVONPEND, with which MicroPython sleeps. */
export class Ppb extends StockPpb {
  readUint32(offset) {
    return offset === 0xd10 ? (this.rp2040.core.sevOnPend ? 16 : 0) : super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset === 0xd10) this.rp2040.core.sevOnPend = !!(value & 16);
    else super.writeUint32(offset, value);
  }
}

/** Round robin selects wrong channels, START_ONCE stays set, and there is nothing to convert. */
export class Adc extends StockAdc {
  constructor(chip) {
    super(chip, "ADC");
    this.inputs = []; // (ns) => code
  }

  get activeChannel() {
    return (this.cs >> 12) & 7;
  }

  set activeChannel(channel) {
    this.cs = (this.cs & ~0x7000) | (channel << 12);
  }

  startADCRead() {
    this.cs &= ~4;
    const { activeChannel: channel } = this;
    this.channelValues[channel] = this.inputs[channel]?.(this.rp2040.host.ns) ?? (channel === 4 ? 876 : 0); // 27 degrees
    super.startADCRead();
  }

  reset() {
    this.sampleAlarm.cancel();
    this.multiShotAlarm.cancel();
    [this.cs, this.fcs, this.clockDiv, this.intEnable, this.busy] = [0, 0, 0, 0, false];
    this.fifo.reset();
    this.checkInterrupts();
  }
}

/** Is missing. Its random bits are the same in each run. */
export class Rosc extends BasePeripheral {
  constructor(chip) {
    super(chip, "ROSC");
    this.state = 0x2545f491;
  }

  readUint32(offset) {
    if (offset !== 0x1c) return offset === 0x18 ? 0x80001000 : 0;
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state & 1;
  }

  writeUint32() {}
}
