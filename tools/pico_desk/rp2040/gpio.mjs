// SPDX-License-Identifier: MIT
// Pads: what is on a pin is what drives it, the chip or the desk, or else its pull resistor, and the
// chip sees that at its outputs, too. Edges latch only where the level changes.
import { GPIOPin } from "./stock.mjs";

const FUNCTION_PWM = 4;
const LEVEL_LOW = 1, LEVEL_HIGH = 2, EDGE_LOW = 4, EDGE_HIGH = 8;

export class Pad extends GPIOPin {
  constructor(chip, index) {
    super(chip, index);
    this.padValue = 0x56; // after a reset pads listen, with a pull-down
    this.driven = -1; // by what is connected: 0, 1, or -1 for nothing
    this.out = -1; // by the chip
    this.seen = false;
    this.irqStatus = LEVEL_LOW;
  }

  /** as everything in the chip sees it: it changes when all have been told */
  get inputValue() {
    return this.seen;
  }

  /** the chip has changed something about the pin */
  checkForUpdates() {
    const out = this.outputEnable && !this.outputDisable ? (this.outputValue ? 1 : 0) : -1;
    if (out !== this.out) {
      this.out = out;
      this.rp2040.onPin(this.index, out);
    }
    this.refreshInput();
  }

  drive(level) {
    this.driven = level;
    this.refreshInput();
  }

  refreshInput() {
    const { out, driven } = this;
    this.setInputValue(out >= 0 ? out === 1 : driven >= 0 ? driven === 1 : this.pullupEnabled);
  }

  setInputValue(level) {
    this.rawInputValue = level;
    const seen = super.inputValue;
    if (seen === this.seen) return;
    const { rp2040: chip, index } = this;
    for (const pio of chip.pio) pio.catchUp(); // with the old level
    this.seen = seen;
    if (seen) chip.inputs |= 1 << index;
    else chip.inputs &= ~(1 << index);
    this.irqStatus = (this.irqStatus & (EDGE_LOW | EDGE_HIGH)) | (seen ? EDGE_HIGH | LEVEL_HIGH : EDGE_LOW | LEVEL_LOW);
    if (this.irqEnableMask) chip.updateIOInterrupt();
    if (this.functionSelect === FUNCTION_PWM) chip.pwm.gpioOnInput(index);
    for (const pio of chip.pio) pio.pinMoved();
  }
}
