// SPDX-License-Identifier: MIT
// What is repaired in tools/pico_desk/rp2040, seen from outside: a chip that only sleeps, its
// registers written from here.
//
//   node pico_parts.mjs IMAGE PIO_PROGRAM    (IMAGE: a UF2 file that sleeps; the program as JSON)
import { Pico } from "../../tools/pico_desk/rp2040/pico.mjs";

const [image, words] = process.argv.slice(2);
const out = {};

// A boot ROM with a table of functions, and nothing that does anything.
const rom = new Uint32Array(4096), half = new Uint16Array(rom.buffer);
half[0x14 / 2] = 0x100;
[..."IFEXRERPFC"].join("").match(/../g).forEach((name, i) => {
  half[0x80 + 2 * i] = name.charCodeAt(0) | (name.charCodeAt(1) << 8);
  half[0x81 + 2 * i] = 0x201 + 16 * i;
});
const pico = new Pico({ bootrom: rom, uf2: image });
const write = (address, value) => pico.mcu.writeUint32(address, value);
const read = (address) => pico.mcu.readUint32(address) >>> 0;
pico.runMs(1);
out.asleep = pico.mcu.core.waiting;

// PWM on pin 2: 125 MHz / 2 / 62500 = 1 kHz
const PWM = 0x40050014, CSR = 0, DIV = 4, CC = 12, TOP = 16;
const edges = [];
pico.watch(2, (level, ns) => edges.push([level, ns]));
write(0x40014014, 4);
write(PWM + DIV, 2 << 4);
write(PWM + TOP, 62499);
write(PWM + CC, 5000);
write(PWM + CSR, 1);
pico.runMs(2.5);
write(PWM + CC, 16625); // in the middle of a period
pico.runMs(3);
out.edges = edges.splice(0);
for (const [name, cc] of [["full", 62500], ["none", 0]]) {
  write(PWM + CC, cc);
  pico.runMs(2);
  edges.length = 0;
  pico.runMs(5);
  out[name] = [edges.length, pico.lastPin[2]];
}
write(PWM + CC, 31250);
pico.runMs(2);

// a pin that is driven is read; a PIO program counts between its edges
pico.drive(10, 1);
out.pin = (read(0xd0000004) >> 10) & 1;
pico.drive(10, 0);
JSON.parse(words).forEach((word, i) => write(0x50200048 + 4 * i, word));
write(0x502000cc, (10 << 24) | ((JSON.parse(words).length - 1) << 12)); // jump pin, wrap
write(0x502000d0, (1 << 31) | (3 << 18));
write(0x50200000, 1);
pico.square(10, 50);
out.counts = [];
for (let i = 0; i < 12; i++) {
  pico.runMs(10);
  while (!(read(0x50200004) & 0x100)) out.counts.push(read(0x50200020));
}
write(0x50200000, 0);

// UART 0 at 19200 baud
pico.uartOut[0] = (byte, ns) => out.sent.push([byte, ns - begun]);
out.sent = [];
write(0x40034024, 406);
write(0x40034028, 58);
write(0x4003402c, 0x70);
write(0x40034030, 0x301);
const begun = pico.ns;
for (const byte of [1, 2, 3]) write(0x40034000, byte);
write(0x40034038, 0x20);
write(0x40034044, 0x20);
out.interrupt = read(0x40034040); // cleared is cleared
pico.runMs(2);
pico.uartSend(0, [65, 66], 19200);
pico.runMs(1);
out.early = read(0x40034018) & 0x10;
out.received = [read(0x40034000)];
pico.runMs(1);
out.received.push(read(0x40034000));

// the converter goes round channels 0 and 2
pico.adc(0, () => 100);
pico.adc(2, () => 2000);
write(0x4004c008, 1);
write(0x4004c000, (5 << 16) | 8 | 1);
pico.runMs(0.0075);
write(0x4004c000, 1);
out.codes = [1, 2, 3].map(() => read(0x4004c00c));

// flash: programming clears bits, erasing sets them, and both take their time
const { core } = pico.mcu;
const call = (name, ...values) => {
  const before = core.cycles;
  values.forEach((value, i) => { core.registers[i] = value; });
  core.trap(pico.rom.names.indexOf(name));
  return (core.cycles - before) * 8;
};
write(0x20000000, 0x0ff0aa55);
out.program_ns = call("RP", 0x100000, 0x20000000, 256);
out.programmed = read(0x10100000);
write(0x20000000, 0xffffff00);
call("RP", 0x100000, 0x20000000, 256);
out.again = read(0x10100000);
out.erase_ns = call("RE", 0x100000, 4096, 65536, 0xd8);
out.erased = read(0x10100000);
write(0x20000000, 0x12345678);
call("RP", 0x100000, 0x20000000, 256);
pico.runMs(100);

// the watchdog: pins let go, flash, RAM and scratch registers stay, time begins again
write(0x4005800c, 0xcafe);
write(0x40058004, 2000 * 500);
write(0x40058000, 1 << 30);
pico.runMs(499);
out.before = [pico.resets, pico.lastPin[2] >= 0];
pico.runMs(2);
out.after = [pico.resets, pico.lastPin[2], read(0x40058008), read(0x4005800c), read(0x20000000), read(0x10100000)];
out.time_us = read(0x40054028);
console.log(JSON.stringify(out));
