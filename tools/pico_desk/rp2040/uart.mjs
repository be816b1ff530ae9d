// SPDX-License-Identifier: MIT
// A PL011 with FIFOs and a baud rate (datasheet 4.2); rp2040js's sends at once and raises the
// transmit interrupt again whenever it is cleared. No errors, no breaks, no flow control.
import { Uart as StockUart } from "./stock.mjs";

const DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR = 0x2c, CR = 0x30, IFLS = 0x34;
const IMSC = 0x38, RIS = 0x3c, MASKED = 0x40, ICR = 0x44, DMACR = 0x48;
const RX = 1 << 4, TX = 1 << 5, RX_TIMEOUT = 1 << 6;
const LEVELS = [4, 8, 16, 24, 28]; // of the 32 in a FIFO: an eighth to seven eighths

export class Uart extends StockUart {
  constructor(chip, index, irq, dreq) {
    super(chip, `UART${index}`, irq, dreq);
    this.clock = chip.clock;
    this.sent = () => {};
    this.sending = this.clock.createAlarm(() => this.byteSent());
    this.silence = this.clock.createAlarm(() => {
      if (this.rx.length) this.raise(RX_TIMEOUT);
    });
    this.reset();
  }

  reset() {
    [this.tx, this.rx] = [[], []];
    [this.ibrd, this.fbrd, this.lcr, this.cr, this.ifls, this.imsc, this.ris, this.dmacr] = [0, 0, 0, 0x300, 0x12, 0, 0, 0];
    this.sending.cancel();
    this.silence.cancel();
    this.shifting = -1;
  }

  get bitNs() {
    return (16 * (this.ibrd + this.fbrd / 64) * 1e9) / this.rp2040.clkPeri;
  }

  get depth() {
    return this.lcr & 0x10 ? 32 : 1;
  }

  get txLevel() {
    return this.depth === 1 ? 0 : LEVELS[this.ifls & 7];
  }

  get rxLevel() {
    return this.depth === 1 ? 1 : LEVELS[(this.ifls >> 3) & 7];
  }

  raise(bits) {
    this.ris |= bits;
    this.tell();
  }

  clear(bits) {
    this.ris &= ~bits;
    this.tell();
  }

  tell() {
    this.rp2040.setInterrupt(this.irq, !!(this.ris & this.imsc));
  }

  // --- out

  next() {
    if (this.shifting >= 0 || !this.tx.length || (this.cr & 0x101) !== 0x101) return;
    this.shifting = this.tx.shift();
    this.sending.schedule(10 * this.bitNs);
    if (this.tx.length <= this.txLevel) this.raise(TX);
  }

  byteSent() {
    const byte = this.shifting;
    this.shifting = -1;
    this.next();
    this.sent(byte);
  }

  // --- in

  /** a byte has arrived at the pin */
  feedByte(byte) {
    if ((this.cr & 0x201) !== 0x201 || this.rx.length >= this.depth) return;
    this.rx.push(byte);
    if (this.rx.length >= this.rxLevel) this.raise(RX);
    this.silence.schedule(32 * this.bitNs);
  }

  take() {
    const byte = this.rx.shift() ?? 0;
    if (this.rx.length < this.rxLevel) this.clear(RX);
    if (!this.rx.length) {
      this.silence.cancel();
      this.clear(RX_TIMEOUT);
    }
    return byte;
  }

  get flags() {
    const { tx, rx, depth } = this;
    const busy = this.shifting >= 0 || tx.length ? 8 : 0;
    return busy | (rx.length ? 0 : 0x10) | (tx.length >= depth ? 0x20 : 0) | (rx.length >= depth ? 0x40 : 0) | (tx.length ? 0 : 0x80);
  }

  readUint32(offset) {
    switch (offset) {
      case DR: return this.take();
      case FR: return this.flags;
      case IBRD: return this.ibrd;
      case FBRD: return this.fbrd;
      case LCR: return this.lcr;
      case CR: return this.cr;
      case IFLS: return this.ifls;
      case IMSC: return this.imsc;
      case RIS: return this.ris;
      case MASKED: return this.ris & this.imsc;
      case DMACR: return this.dmacr;
      case ICR: case 0x04: return 0;
      default: return super.readUint32(offset);
    }
  }

  writeUint32(offset, value) {
    switch (offset) {
      case DR:
        if (this.tx.length < this.depth) this.tx.push(value & 0xff);
        if (this.tx.length > this.txLevel) this.clear(TX);
        this.next();
        break;
      case IBRD: this.ibrd = value & 0xffff; break;
      case FBRD: this.fbrd = value & 63; break;
      case LCR: this.lcr = value & 0xff; break;
      case CR: this.cr = value & 0xffff; this.next(); break;
      case IFLS: this.ifls = value & 63; break;
      case IMSC: this.imsc = value & 0x7ff; this.tell(); break;
      case ICR: this.clear(this.rawWriteValue); break;
      case DMACR: this.dmacr = value & 7; break;
      default: // the rest is of no use here
    }
  }
}
