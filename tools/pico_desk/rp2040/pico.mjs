// SPDX-License-Identifier: MIT
// An emulated Pico with a program in its flash: an RP2040 of rp2040js, repaired where this
// project's firmware would notice (each file of this folder says what), and what can be connected.
//
//   const pico = new Pico({ bootrom, uf2: "RPI_PICO.uf2" });
//   pico.onSerial = (bytes) => process.stdout.write(bytes);
//   pico.runMs(1000);
//
// Not here: core 1's programs, faults, the second stage in flash, time on the buses.
import { ChipClock, Clock } from "./clock.mjs";
import { Chip } from "./chip.mjs";
import { loadUf2, withTraps } from "./flash.mjs";

const PINS = 30;

export class Pico {
  /** bootrom: 4096 words; uf2: path of the image */
  constructor({ bootrom, uf2 }) {
    this.clock = new Clock();
    this.flash = loadUf2(uf2);
    this.rom = withTraps(bootrom);
    this.lastPin = Array(PINS).fill(-1); // what the chip drives: 0, 1, -1 for nothing
    this.watchers = this.lastPin.map(() => []);
    this.levels = this.lastPin.map(() => -1); // what is driven from outside
    this.inputs = [];
    this.uartOut = [null, null];
    this.uartBusy = [0, 0];
    this.onSerial = null;
    this.resets = 0;
    this.start();
  }

  get ns() {
    return this.clock.nanos;
  }

  get ms() {
    return this.clock.nanos / 1e6;
  }

  runMs(ms) {
    this.clock.runUntil(this.clock.base + ms * 1e6);
  }

  // --- the chip

  start() {
    const view = new ChipClock(this.clock);
    const mcu = new Chip(view, this, this.flash, this.rom);
    this.mcu = mcu;
    mcu.adc.inputs = this.inputs;
    mcu.uart.forEach((uart, i) => { uart.sent = (byte) => this.uartOut[i]?.(byte, this.ns); });
    mcu.serial.onSerialData = (bytes) => this.onSerial?.(bytes);
    this.levels.forEach((level, pin) => { if (level >= 0) mcu.gpio[pin].drive(level); });
    mcu.boot();
    this.clock.begin(mcu.core, 1e9 / mcu.clkSys);
  }

  /** watchdog: its time ran out (1) or somebody asked for it (2). RAM and scratch registers stay. */
  chipReset(reason) {
    const { sram, watchdog, clock } = this.mcu;
    clock.stop();
    this.lastPin.forEach((level, pin) => { if (level >= 0) this.onPin(pin, -1); });
    this.start();
    this.mcu.sram.set(sram);
    this.mcu.watchdog.scratchData.set(watchdog.scratchData);
    this.mcu.watchdog.reason = reason;
    this.resets++;
  }

  onClock(hz) {
    this.clock.begin(this.mcu.core, 1e9 / hz);
  }

  onPin(pin, level) {
    this.lastPin[pin] = level;
    for (const watcher of this.watchers[pin]) watcher(level, this.ns);
  }

  // --- what is connected

  /** (level, ns) at each change of what the chip drives */
  watch(pin, watcher) {
    this.watchers[pin].push(watcher);
  }

  drive(pin, level) {
    this.levels[pin] = level;
    this.mcu.gpio[pin].drive(level);
  }

  after(ns, callback) {
    this.clock.createAlarm(callback).schedule(ns);
  }

  square(pin, hz) {
    const half = 5e8 / hz;
    const alarm = this.clock.createAlarm(() => {
      this.drive(pin, this.levels[pin] === 1 ? 0 : 1);
      alarm.schedule(half);
    });
    alarm.schedule(half);
  }

  /** (ns) => 0 to 4095, asked at the begin of each conversion */
  adc(channel, code) {
    this.inputs[channel] = code;
  }

  uartSend(index, bytes, baud) {
    const byteNs = 1e10 / baud;
    let at = Math.max(this.uartBusy[index], this.ns);
    for (const byte of bytes) {
      at += byteNs;
      this.after(at - this.ns, () => this.mcu.uart[index].feedByte(byte));
    }
    this.uartBusy[index] = at;
  }

  /** to its prompt */
  send(bytes) {
    this.mcu.serial.send(bytes);
  }
}
