// SPDX-License-Identifier: MIT
// Time: the cycles of the core within a burst, and alarms between bursts.
//
// The time is exact inside a burst, too, because it is the burst's begin plus the cycles so far;
// an alarm that is set meanwhile ends the burst when it is due.

class Alarm {
  constructor(clock, callback) {
    this.clock = clock;
    this.callback = callback;
    this.at = 0;
    this.set = false;
    this.next = null;
  }

  schedule(ns) {
    if (this.set) this.clock.unlink(this);
    this.at = this.clock.nanos + ns;
    this.clock.link(this);
  }

  cancel() {
    if (this.set) this.clock.unlink(this);
  }
}

export class Clock {
  constructor() {
    this.base = 0; // ns at which the burst began
    this.nsPerCycle = 8;
    this.core = { cycles: 0, limit: 0 };
    this.first = null;
    this.firing = false;
    this.now = 0; // while firing: the alarm's time, even if the burst went on for longer
    this.end = 0;
  }

  get nanos() {
    return this.firing ? this.now : this.base + this.core.cycles * this.nsPerCycle;
  }

  createAlarm(callback) {
    return new Alarm(this, callback);
  }

  link(alarm) {
    let before = null, next = this.first;
    while (next && next.at <= alarm.at) [before, next] = [next, next.next];
    alarm.next = next;
    alarm.set = true;
    if (before) before.next = alarm;
    else {
      this.first = alarm;
      this.setLimit();
    }
  }

  unlink(alarm) {
    let before = null, one = this.first;
    while (one !== alarm) [before, one] = [one, one.next];
    if (before) before.next = alarm.next;
    else this.first = alarm.next;
    alarm.set = false;
    alarm.next = null;
  }

  /** the burst's length in cycles */
  setLimit() {
    const until = this.first ? Math.min(this.first.at, this.end) : this.end;
    this.core.limit = Math.max(0, Math.ceil((until - this.base) / this.nsPerCycle));
  }

  /** the chip's frequency changed, or there is another core */
  begin(core, nsPerCycle) {
    this.base += this.core.cycles * this.nsPerCycle;
    this.core.cycles = this.core.limit = 0;
    this.core = core;
    core.cycles = 0;
    this.nsPerCycle = nsPerCycle;
    this.setLimit();
  }

  runUntil(end) {
    this.end = end;
    while (this.base < end) {
      this.setLimit();
      const { core } = this;
      if (core.asleep()) core.cycles = core.limit;
      else core.run();
      const reached = this.base + this.core.cycles * this.nsPerCycle;
      this.core.cycles = 0;
      this.base = reached;
      this.fire(reached);
    }
  }

  fire(until) {
    this.firing = true;
    while (this.first && this.first.at <= until) {
      const alarm = this.first;
      this.first = alarm.next;
      alarm.set = false;
      alarm.next = null;
      this.now = Math.max(alarm.at, this.now);
      alarm.callback();
    }
    this.firing = false;
    this.now = 0;
  }
}

/** One chip's view: its time began with its reset, and its alarms end with it. */
export class ChipClock {
  constructor(clock) {
    this.clock = clock;
    this.begin = clock.nanos;
    this.alarms = [];
  }

  get nanos() {
    return this.clock.nanos - this.begin;
  }

  get micros() {
    return this.nanos / 1000;
  }

  createAlarm(callback) {
    const alarm = this.clock.createAlarm(callback);
    this.alarms.push(alarm);
    return alarm;
  }

  stop() {
    for (const alarm of this.alarms) {
      alarm.cancel();
      alarm.schedule = () => {};
    }
  }
}
