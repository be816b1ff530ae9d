// SPDX-License-Identifier: MIT
// The classes of rp2040js that the package has but does not export; the files here extend them.
import { RP2040 } from "rp2040js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const chip = new RP2040();
const kind = (address) => chip.peripherals[address >>> 12].constructor;

export { RP2040, GPIOPin, USBCDC, BasePeripheral } from "rp2040js";
export const CortexM0Core = chip.core.constructor;
export const Adc = chip.adc.constructor;
export const Pwm = chip.pwm.constructor;
export const Uart = chip.uart[0].constructor;
export const Sio = chip.sio.constructor;
export const Ppb = chip.ppb.constructor;
export const Ssi = kind(0x18000000);
export const Resets = kind(0x4000c000);
export const Psm = kind(0x40010000);
export const Timer = kind(0x40054000);
export const Watchdog = kind(0x40058000);
export { quiet };
