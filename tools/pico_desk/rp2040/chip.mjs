// SPDX-License-Identifier: MIT
// rp2040js's RP2040 with the parts of this folder in it, from a reset to the next one.
import { Pad } from "./gpio.mjs";
import { flashTrap, IoQspi, Ssi } from "./flash.mjs";
import { Adc, Ppb, Psm, Resets, Rosc, Sio, Timer, Watchdog } from "./peripherals.mjs";
import { Pio } from "./pio.mjs";
import { Pwm } from "./pwm.mjs";
import { quiet, RP2040 } from "./stock.mjs";
import { Thumb } from "./thumb.mjs";
import { Uart } from "./uart.mjs";
import { SerialHost } from "./usb.mjs";

const VECTORS = 0x10000100; // after the second stage, whose work flash does not need here

export class Chip extends RP2040 {
  /** host: ns, onPin(pin, level), chipReset(reason), onClock(hz) */
  constructor(clock, host, flash, { rom, names }) {
    super(clock);
    this.host = host;
    this.logger = quiet;
    this.inputs = 0; // levels as the chip sees them
    this.flash = flash;
    this.flash16 = new Uint16Array(flash.buffer);
    this.flashView = new DataView(flash.buffer);
    this.bootrom = rom;
    this.core = new Thumb(this);
    this.core.trap = (number) => {
      this.core.cycles += Math.round((flashTrap(names[number], this.core) * this.clkSys) / 1e9);
    };
    this.sio = new Sio(this);
    this.ppb = new Ppb(this, "PPB");
    this.pwm = new Pwm(this);
    this.adc = new Adc(this);
    this.uart = [0, 1].map((i) => new Uart(this, i, 20 + i, { rx: 21 + 2 * i, tx: 20 + 2 * i }));
    this.pio = [new Pio(this, "PIO0", 7, 0), new Pio(this, "PIO1", 9, 1)];
    this.gpio = this.gpio.map((_, pin) => new Pad(this, pin));
    this.watchdog = new Watchdog(this);
    this.replace();
    this.serial = new SerialHost(this.usbCtrl);
  }

  replace() {
    const { adc, dma, peripherals, pio, pwm, uart, watchdog } = this;
    peripherals[0x18000] = new Ssi(this);
    peripherals[0x40018] = new IoQspi(this, peripherals[0x18000]);
    peripherals[0x4000c] = new Resets(this, { 0: () => adc.reset(), 14: () => pwm.reset(), 22: () => uart[0].reset(), 23: () => uart[1].reset() });
    peripherals[0x40010] = new Psm(this, "PSM");
    peripherals[0x40034] = uart[0];
    peripherals[0x40038] = uart[1];
    peripherals[0x4004c] = adc;
    peripherals[0x40050] = pwm;
    peripherals[0x40054] = new Timer(this, "TIMER");
    peripherals[0x40058] = watchdog;
    peripherals[0x40060] = new Rosc(this);
    peripherals[0x50200] = pio[0];
    peripherals[0x50300] = pio[1];
    const read = dma.readUint32.bind(dma);
    dma.readUint32 = (offset) => (offset === 0x444 ? 0 : read(offset)); // aborts take no time
  }

  /** as the boot ROM leaves the chip when it finds a program */
  boot() {
    const { core } = this;
    core.VTOR = VECTORS;
    core.reset();
  }

  onPin(pin, level) {
    this.host.onPin(pin, level);
  }

  get gpioValues() {
    return this.inputs >>> 0;
  }

  updateClkSys() {
    const hz = this.clocks.sysFreq;
    if (!hz || hz === this.clkSys) return;
    this.pwm.clockChanged(() => { this.clkSys = hz; });
    this.ppb.systickTimer.frequency = hz;
    this.host.onClock(hz);
  }
}
