// SPDX-License-Identifier: MIT
// Reads the RP2040's boot ROM, which is not part of this repository: the 16 KB file of a release of
// github.com/raspberrypi/pico-bootrom-rp2040 (b1.bin), or a source file that lists its 4096 words in hex.
import { readFileSync } from "node:fs";

const BYTES = 16384;

export function bootrom(file) {
  const data = readFileSync(file);
  if (data.length === BYTES) return new Uint32Array(new Uint8Array(data).buffer);
  const words = data.toString("latin1").match(/\b0x[0-9a-f]{1,8}\b/gi) ?? [];
  if (words.length < 1024 || words.length > BYTES / 4) {
    throw new Error(`${file}: expected a boot ROM of ${BYTES} bytes or its words in hex, found ${words.length} words`);
  }
  const rom = new Uint32Array(BYTES / 4);
  rom.set(words.map(Number));
  return rom;
}
