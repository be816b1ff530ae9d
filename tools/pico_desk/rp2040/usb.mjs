// SPDX-License-Identifier: MIT
// The host's side of the USB serial port. rp2040js's answers each offer to receive at once, with
// nothing if there is nothing, and the processor drowns in interrupts; this one keeps it waiting.
import { USBCDC } from "./stock.mjs";

export class SerialHost extends USBCDC {
  constructor(usb) {
    super(usb);
    this.queue = [];
    this.offered = 0; // bytes that the chip is ready to take
    usb.onEndpointRead = (endpoint, size) => {
      if (endpoint !== this.outEndpoint) return;
      this.offered = size;
      this.pass();
    };
    this.onDeviceConnected = () => this.pass();
  }

  send(bytes) {
    for (const byte of bytes) this.queue.push(byte);
    this.pass();
  }

  pass() {
    if (!this.offered || !this.queue.length || !this.initialized) return;
    const bytes = Uint8Array.from(this.queue.splice(0, this.offered));
    this.offered = 0;
    this.usb.endpointReadDone(this.outEndpoint, bytes);
  }
}
