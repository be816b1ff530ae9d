// SPDX-License-Identifier: MIT
// What is wired to the pins of an emulated Pico: the reference board (firmware/boards/pico_w.py)
// with its mains, meter and contactors, and one car with a cable.
//
// `pico` is the emulated chip: ns, watch(pin, (level, ns) => ..), drive(pin, level), after(ns, fn),
// adc(channel, (ns) => code), square(pin, hz), uartOut[i] = (byte) => .., uartSend(i, bytes).
import { Meter } from "./meter.mjs";

const MS = 1e6;
const PIN = {
  pwm: 2, connect: 3, main: 4, phase: 5, mainBack: 6, phaseBack: 7, rcd: 8, rcdTest: 9,
  mains: 10, earth: 11, load: 12, duty: 13, button: 15,
};
const HOLD_NS = 10 * MS; // peak detectors, as docs/hardware.md builds them
const PLUS_MV = { A: 12000, B: 9000, C: 6000 };
const CABLE_OHM = 220; // 32 A
const SENSOR = 0x48;
const VOLT_MV = 230000;
const BAUD = 19200;

export class Desk {
  /** bare: the pilot itself at the first converter pin (phase_locked) instead of its peaks */
  constructor(pico, { bare = false, hz = 50 } = {}) {
    this.pico = pico;
    this.car = { plugged: false, wants: true, state: "A", ma: 0, phases: 3, max_ma: 16000 };
    this.level = -1; // of the pilot's pin; -1: it floats, and the pull-down makes it -12 V
    this.rose = this.fell = -1e12;
    this.highNs = this.periodNs = 0;
    this.seen = { main: 0, phase: 0, closings: 0, openedMs: 0 };
    this.left = 0; // when the car was last unplugged
    this.energyMwms = 100000 * 3.6e9;
    this.moved = 0;
    this.connected = true; // its pull-up, while the pin floats
    this.meter = new Meter(() => this.measured());
    this.wire(bare, hz);
  }

  wire(bare, hz) {
    const { pico } = this;
    pico.watch(PIN.pwm, (level, ns) => this.pilotEdge(level, ns));
    pico.watch(PIN.connect, (level) => { this.connected = level !== 0; });
    pico.watch(PIN.rcdTest, (level) => pico.after(15 * MS, () => pico.drive(PIN.rcd, level === 1 ? 0 : 1)));
    for (const [coil, back, ms] of [["main", "mainBack", 20], ["phase", "phaseBack", 12]]) {
      pico.watch(PIN[coil], (level) => pico.after(ms * MS, () => this.moveContact(coil, back)));
      pico.drive(PIN[back], 0);
    }
    for (const [name, level] of [["rcd", 1], ["earth", 1], ["load", 0], ["duty", 0], ["button", 1]]) {
      pico.drive(PIN[name], level);
    }
    pico.square(PIN.mains, hz);
    pico.adc(0, (ns) => this.code(bare ? this.instantMv() : this.peakMv(ns, 1)));
    pico.adc(1, (ns) => this.code(this.peakMv(ns, 0)));
    pico.adc(2, () => Math.round(4095 * (this.car.plugged ? CABLE_OHM / (CABLE_OHM + 1000) : 1)));
    pico.uartOut[0] = (byte, ns) => {
      const answer = this.meter.byte(byte, ns);
      if (answer) pico.after(10 * MS, () => pico.uartSend(0, answer, BAUD));
    };
    const tick = () => { this.solder(); this.tick(); pico.after(10 * MS, tick); };
    pico.after(10 * MS, tick);
  }

  /** a reset makes a new chip: its I2C gets the temperature sensor again (TMP1075, 25 degrees) */
  solder() {
    const { mcu } = this.pico;
    if (mcu === this.mcu) return;
    this.mcu = mcu;
    const [bus] = mcu.i2c;
    let at = 0;
    bus.onConnect = (address) => { at = 0; bus.completeConnect(address === SENSOR); };
    bus.onWriteByte = () => bus.completeWrite(true);
    bus.onReadByte = () => bus.completeRead([25, 0][at++ & 1]);
  }

  // --- pilot

  pilotEdge(level, ns) {
    if (level === 1) {
      this.periodNs = ns - this.rose;
      this.rose = ns;
    } else if (this.level === 1) {
      this.highNs = ns - this.rose;
      this.fell = ns;
    }
    this.level = level;
    this.pico.drive(PIN.duty, level === 1 ? 1 : 0); // the comparator on the pilot
  }

  /** what the driver makes of the pin, seen behind the car */
  instantMv() {
    return this.level === 1 ? PLUS_MV[this.connected ? this.car.state : "A"] : -12000;
  }

  /** the highest (1) or lowest (0) level of the last milliseconds */
  peakMv(ns, high) {
    const plus = PLUS_MV[this.connected ? this.car.state : "A"];
    if (high) return this.level === 1 || ns - this.fell < HOLD_NS ? plus : -12000;
    return this.level !== 1 || ns - this.rose < HOLD_NS ? -12000 : plus;
  }

  code(mv) {
    return Math.max(0, Math.min(4095, Math.round(((1650 + mv / 8) * 4096) / 3300)));
  }

  /** duty in ppm; 0 and 1000000 for static levels */
  dutyPpm() {
    const quiet = this.pico.ns - Math.max(this.rose, this.fell) > 3 * MS;
    if (quiet) return this.level === 1 ? 1000000 : 0;
    return Math.round((1e6 * this.highNs) / this.periodNs);
  }

  /** what the duty offers (IEC 61851-1 table A.8), 0 for none */
  offerMa() {
    const ppm = this.dutyPpm();
    if (ppm < 80000 || ppm > 970000) return 0;
    return Math.round(ppm <= 850000 ? ppm * 0.06 : (ppm - 640000) * 0.25);
  }

  // --- contacts, current

  moveContact(coil, back) {
    const on = this.pico.lastPin[PIN[coil]] === 1 ? 1 : 0;
    if (on === this.seen[coil]) return;
    this.seen[coil] = on;
    if (coil === "main") {
      this.seen.closings += on;
      if (!on) this.seen.openedMs = (this.pico.ns - this.left) / MS;
    }
    this.pico.drive(PIN[back], on);
    if (coil === "main") this.pico.drive(PIN.load, on);
  }

  /** each 10 ms: the car looks at the pilot and draws what it may */
  tick() {
    const { car } = this;
    const now = this.pico.ns;
    const offer = this.connected ? this.offerMa() : 0;
    if (!car.plugged) car.state = "A";
    else if (car.state === "A") { car.state = "B"; this.moved = now; }
    else if (car.state === "B" && car.wants && offer && now - this.moved > 2000 * MS) { car.state = "C"; this.moved = now; }
    else if (car.state === "C" && !(car.wants && offer) && car.ma === 0) { car.state = "B"; this.moved = now; }
    const target = car.state === "C" && car.wants && this.seen.main ? Math.min(offer, car.max_ma) : 0;
    if (!this.seen.main || !car.plugged) car.ma = 0;
    else car.ma += Math.max(-40, Math.min(20, target - car.ma)); // 4 A/s down, 2 A/s up
    this.energyMwms += ((VOLT_MV * car.ma) / 1000) * (this.seen.phase ? car.phases : 1) * 10;
  }

  measured() {
    const { car, seen } = this;
    const ma = [car.ma, seen.phase && car.phases === 3 ? car.ma : 0, seen.phase && car.phases === 3 ? car.ma : 0];
    return { v: [VOLT_MV / 1000, VOLT_MV / 1000, VOLT_MV / 1000], a: ma.map((x) => x / 1000), kwh: this.energyMwms / 3.6e12, hz: 50 };
  }

  // --- for whoever asks

  /** one word, perhaps with a number: plug, unplug, ready 0|1, look */
  order(words) {
    const [word, value] = words;
    if (word === "plug") this.car.plugged = true;
    else if (word === "unplug") [this.car.plugged, this.left] = [false, this.pico.ns];
    else if (word === "ready") this.car.wants = value === "1";
    else if (word !== "look") return { error: `unknown order ${word}: expected plug, unplug, ready or look` };
    return {
      ms: Math.round(this.pico.ms), state: this.car.state, duty_ppm: this.dutyPpm(), offer_ma: this.offerMa(),
      ma: Math.round(this.car.ma), contactor: this.seen.main, phases: this.seen.phase ? 3 : 1, closings: this.seen.closings,
      opened_ms: Math.round(this.seen.openedMs), // from being unplugged
    };
  }
}
