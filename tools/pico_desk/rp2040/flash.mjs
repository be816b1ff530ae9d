// SPDX-License-Identifier: MIT
// The Pico's 2 MB of flash. The boot ROM's routines for it, which MicroPython finds by their two
// letters, become traps; what is asked of the chip itself through the SSI is its identity.
import { readFileSync } from "node:fs";
import { BasePeripheral, Ssi as StockSsi } from "./stock.mjs";

export const FLASH_BYTES = 2 << 20;
const TABLE = 0x14; // in the boot ROM: where the table of functions is
const BKPT = 0xbe00, BX_LR = 0x4770;
// What they take on the chip: typical values of its data sheet (Winbond W25Q16JV).
const PAGE_NS = 0.4e6, SECTOR_NS = 45e6, BLOCK_NS = 150e6;
const SECTOR = 4096, BLOCK = 65536;

/** the 2 MB with an image; addresses in it are absolute */
export function loadUf2(file) {
  const flash = new Uint8Array(16 << 20).fill(0xff);
  const data = readFileSync(file), words = new DataView(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 512 <= data.length; at += 512) {
    const address = words.getUint32(at + 12, true), size = words.getUint32(at + 16, true);
    if (words.getUint32(at, true) !== 0x0a324655 || address >>> 24 !== 0x10) continue;
    flash.set(data.subarray(at + 32, at + 32 + size), address & 0xffffff);
  }
  return flash;
}

/** a copy of the ROM whose flash functions are traps, and what a trap's number means */
export function withTraps(bootrom) {
  const rom = bootrom.slice(), half = new Uint16Array(rom.buffer), names = [];
  for (let at = half[TABLE / 2] / 2; half[at]; at += 2) {
    const name = String.fromCharCode(half[at] & 255, half[at] >> 8);
    if (!["IF", "EX", "RE", "RP", "FC", "CX"].includes(name)) continue;
    const code = (half[at + 1] & ~1) / 2;
    half[code] = BKPT | names.length;
    half[code + 1] = BX_LR;
    names.push(name);
  }
  if (!names.includes("RE") || !names.includes("RP")) throw new Error("boot ROM: it has no flash functions");
  return { rom, names };
}

/** the core stands at the begin of this function; returns how long it takes */
export function flashTrap(name, { rp2040, registers: [offset, from, count] }) {
  const { flash } = rp2040;
  if (name === "RE" && offset < FLASH_BYTES) { // (offset, bytes, ..)
    flash.fill(0xff, offset, Math.min(offset + from, FLASH_BYTES));
    const blocks = offset % BLOCK ? 0 : Math.floor(from / BLOCK);
    return blocks * BLOCK_NS + (from / SECTOR - (blocks * BLOCK) / SECTOR) * SECTOR_NS;
  }
  if (name === "RP") { // (offset, data, bytes): clears bits, never sets any
    for (let i = 0; i < count && offset + i < FLASH_BYTES; i++) flash[offset + i] &= rp2040.readUint8(from + i);
    return (count / 256) * PAGE_NS;
  }
  return 0;
}

const IDENTITY = { 0x9f: [0, 0xef, 0x40, 0x15], 0x4b: [0, 0, 0, 0, 0, 0xe6, 0x60, 0x58, 0x38, 0x83, 0x2a, 0x5b, 0x2c], 0x35: [0, 2], 0x05: [0, 0] };

export class Ssi extends StockSsi {
  constructor(chip) {
    super(chip, "SSI");
    [this.answers, this.command, this.index, this.selected] = [[], 0, 0, false];
  }

  /** chip select by hand (IO_QSPI): one command from here on, however it is clocked */
  select(on) {
    this.selected = on;
    this.index = 0;
  }

  readUint32(offset) {
    if (offset === 0x60) return this.answers.shift() ?? 0;
    if (offset === 0x28) return 6 | (this.answers.length ? 8 : 0); // room to send; something received
    if (offset === 0x24) return this.answers.length;
    if (offset === 0x20) return 0;
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset === 0x08 && !value) this.answers.length = 0;
    if (offset !== 0x60) {
      super.writeUint32(offset, value);
      return;
    }
    if (!this.selected && !this.answers.length) this.index = 0;
    if (this.index === 0) this.command = value & 255;
    this.answers.push(IDENTITY[this.command]?.[this.index] ?? 0);
    this.index++;
  }
}

export class IoQspi extends BasePeripheral {
  constructor(chip, ssi) {
    super(chip, "IO_QSPI");
    this.ssi = ssi;
    this.words = new Uint32Array(1024);
  }

  readUint32(offset) {
    return this.words[offset >> 2];
  }

  writeUint32(offset, value) {
    this.words[offset >> 2] = value;
    if (offset === 0x0c) this.ssi.select(((value >> 8) & 3) === 2);
  }
}
