// SPDX-License-Identifier: MIT
// Replays register writes into an emulated RP2040 and lets its peripherals run, without any program.
//
//   node emulate.mjs < JSON > JSON
//
// In:  { ram: [[address, [bytes]]], steps: [{ writes: [[address, value]], run_us, drive: [[us, pin, level]] }],
//        cp: { pwm_pin, tau_us, high, low }, pp: code, loop: [out, in] or null }
// Out: { conversions: [[channel, us]], edges: [[us, level]], ram: [bytes], registers: {address: value}, counts: n }
//
// rp2040js 1.4.1 differs from the chip in ways that matter here; each is repaired below and named.
import { readFileSync, writeSync } from "node:fs";
import { GPIOPinState, RP2040, Simulator } from "rp2040js";

const SimulationClock = new Simulator().clock.constructor;
const RAM = 0x20010000;
const RAM_BYTES = 0x1000;
const input = JSON.parse(readFileSync(0, "utf8"));
const clock = new SimulationClock();
const chip = new RP2040(clock);
chip.logger = { debug() {}, info() {}, warn() {}, error: (part, text) => { throw new Error(`${part}: ${text}`); } };
chip.pwm.reset();

// The request of a PWM wrap is a pulse; the emulator never takes it back.
const wrapped = chip.pwm.channelInterrupt.bind(chip.pwm);
chip.pwm.channelInterrupt = (i) => { wrapped(i); chip.dma.clearDREQ(24 + i); };

// The B pin gates its slice; the emulator returns early on every pin because of `&&` for `&`.
chip.pwm.gpioOnInput = (pin) => {
  for (const slice of chip.pwm.channels) if (slice.pinB1 === pin || slice.pinB2 === pin) slice.gpioBChanged();
};
// Pads listen after a reset of the chip; there they are deaf.
for (const pin of chip.gpio) pin.padValue = 0x56;

// PIO runs on the wall clock there: here it is stepped clock by clock, delays included.
for (const pio of chip.pio) pio.run = () => {};
const machine = chip.pio[0].machines[0];
function runPio(until) {
  const target = Math.round(until * 0.125); // ns to clocks at 125 MHz
  while (machine.enabled && machine.cycles < target) machine.step();
}

// A pilot with rounded edges; what a conversion sees is what it was at that time.
const out = { conversions: [], edges: [] };
const full = input.cp ?? { pwm_pin: -1 };
let level = 0, changed = 0, from = full.low;
function pilot() {
  const to = level ? full.high : full.low;
  return Math.round(to + (from - to) * Math.exp(-(clock.nanos - changed) / (full.tau_us * 1000)));
}
if (full.pwm_pin >= 0) {
  chip.gpio[full.pwm_pin].addListener((state) => {
    const now = state === GPIOPinState.High ? 1 : 0;
    if (now === level) return;
    from = pilot();
    level = now;
    changed = clock.nanos;
    out.edges.push([clock.nanos / 1000, now]);
    if (input.loop) chip.gpio[input.loop[1]].setInputValue(!!now);
  });
}
chip.adc.onADCRead = (channel) => {
  out.conversions.push([channel, clock.nanos / 1000]);
  chip.adc.currentChannel = channel;
  chip.adc.channelValues[channel] = channel === 0 ? pilot() : input.pp;
  chip.adc.sampleAlarm.schedule(chip.adc.sampleTime * 1000);
};

for (const [address, bytes] of input.ram) bytes.forEach((byte, i) => chip.writeUint8(address + i, byte));
for (const step of input.steps) {
  for (const [address, value] of step.writes) chip.writeUint32(address, value);
  const start = clock.nanos;
  const events = (step.drive ?? []).map(([us, pin, high]) => [start + us * 1000, pin, high]);
  events.push([start + step.run_us * 1000, -1, 0]);
  for (const [at, pin, high] of events) {
    runPio(at);
    clock.tick(at - clock.nanos);
    if (pin >= 0) chip.gpio[pin].setInputValue(!!high);
  }
}

const registers = {};
for (let channel = 0; channel < 12; channel++) {
  for (const offset of [0, 4, 8, 0x0c]) {
    const address = 0x50000000 + 0x40 * channel + offset;
    registers[address] = chip.readUint32(address) >>> 0;
  }
}
const ram = [];
for (let i = 0; i < RAM_BYTES; i++) ram.push(chip.readUint8(RAM + i));
writeSync(1, JSON.stringify({ ...out, registers, ram, clocks: machine.cycles }));
