// SPDX-License-Identifier: MIT
// The desk of tools/pico_desk with a chip that only has pins: what a board would see of a visit.
import { Desk } from "../../tools/pico_desk/desk.mjs";
import { crc16 } from "../../tools/pico_desk/meter.mjs";

const MS = 1e6;
const events = [];
const watchers = new Map();
const pico = {
  ns: 0, lastPin: new Array(30).fill(null), pins: {}, adcs: {}, uartOut: [null, null], sent: [],
  get ms() { return this.ns / MS; },
  mcu: { i2c: [{ completeConnect(on) { this.on = on; }, completeWrite() {}, completeRead(v) { this.value = v; } }] },
  watch(pin, fn) { watchers.set(pin, fn); },
  drive(pin, level) { this.pins[pin] = level; },
  after(ns, fn) { events.push([this.ns + ns, fn]); },
  square() {},
  adc(channel, fn) { this.adcs[channel] = fn; },
  uartSend(_port, bytes) { this.sent = bytes; },
  set(pin, level) { if (this.lastPin[pin] !== level) { this.lastPin[pin] = level; watchers.get(pin)?.(level, this.ns); } },
};
const desk = new Desk(pico);
let duty = 0; // in ms of each ms; 1: static
function run(ms) {
  const end = pico.ns + ms * MS;
  for (let edge = pico.ns; ; ) {
    events.sort((a, b) => a[0] - b[0]);
    const next = events[0][0];
    while (edge <= Math.min(next, end)) { // one period of the pilot
      pico.ns = edge;
      pico.set(2, 1);
      if (duty < 1) { pico.ns = edge + duty * MS; pico.set(2, 0); }
      edge += MS;
    }
    if (next > end) break;
    pico.ns = Math.max(pico.ns, next);
    events.shift()[1]();
  }
  pico.ns = end;
}
const mv = () => [0, 1].map((channel) => ((pico.adcs[channel](pico.ns) * 3300) / 4096 - 1650) * 8);
const out = {};
duty = 1;
run(100);
out.empty_mv = mv();
desk.order(["plug"]);
duty = 0.266;
run(1000);
out.plugged_mv = mv();
run(2000);
out.ready_mv = mv();
out.duty_ppm = desk.dutyPpm();
out.offer_ma = desk.offerMa();
const asked = pico.ns;
pico.set(4, 1);
run(10);
const before = pico.pins[6];
run(10);
out.late_ms = before === 0 && pico.pins[6] === 1 ? (pico.ns - asked) / MS : -1;
run(12000);
out.ma = desk.car.ma;
const request = [1, 4, 0, 0, 0, 18];
const crc = crc16(request);
for (const byte of [...request, crc & 255, crc >> 8]) pico.uartOut[0](byte, pico.ns);
run(20);
out.meter = pico.sent;
desk.order(["unplug"]);
run(50);
out.unplugged = { state: desk.car.state, ma: desk.car.ma };
const [bus] = pico.mcu.i2c;
bus.onConnect(0x48);
bus.onWriteByte(0);
bus.onConnect(0x48);
out.temperature = [bus.onReadByte() ?? bus.value, bus.onReadByte() ?? bus.value];
console.log(JSON.stringify(out));
