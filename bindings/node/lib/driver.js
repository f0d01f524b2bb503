// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// A context on Node's loop: it is dispatched when its event is readable, or its time has come, as long as somebody waits
// for something or listens to its devices.

const core = require('./core.js');

class Driver {
  #native;
  #passesTime;
  #fail;
  #loop = null;
  #jobs = new Set();
  #isListening = false;
  #isKept = true;
  #passMs = 0;

  /**
   * passesTime: its clock is virtual, so that time passes while it is dispatched.
   * fail: who is told that it can't be dispatched.
   */
  constructor(native, passesTime, fail) {
    this.#native = native;
    this.#passesTime = passesTime;
    this.#fail = fail;
  }

  /** Waits until isDone() is true after a dispatch. `end()` of what comes back ends that early. */
  add(isDone) {
    const job = { isDone };
    job.promise = new Promise((resolve, reject) => {
      job.end = (error) => {
        if (!this.#jobs.delete(job)) return;
        if (error) reject(error);
        else resolve();
        this.wake();
      };
    });
    this.#jobs.add(job);
    this.wake();
    return job;
  }

  /** Whether it is dispatched with nobody waiting. */
  set isListening(value) {
    this.#isListening = value;
    this.wake();
  }

  /** Whether listening keeps Node alive. */
  set isKept(value) {
    this.#isKept = value;
    this.wake();
  }

  /** Looks soon whether there is something to do; from inside a turn, too, which plans anew at its end. */
  wake() {
    if (this.#jobs.size || this.#isListening) {
      this.#loop ??= core.loopNew(this.#native, () => this.#turn());
      this.#plan(0);
    } else {
      this.#stop();
    }
  }

  /** Nobody is called any more, and those who wait get an error each. */
  close(makeError) {
    this.#isListening = false;
    for (const job of [...this.#jobs]) job.end(makeError());
    this.#stop();
  }

  #stop() {
    if (this.#loop) core.loopClose(this.#loop);
    this.#loop = null;
  }

  #plan(timeoutMs) {
    const isBusy = this.#jobs.size > 0;
    const passes = this.#passesTime && isBusy && timeoutMs > 0;
    this.#passMs = passes ? timeoutMs : 0;
    core.loopPlan(this.#loop, passes ? 0 : timeoutMs, isBusy || this.#isKept);
  }

  #turn() {
    let failure = null;
    try {
      core.contextDispatch(this.#native, this.#passMs);
    } catch (error) {
      failure = error;
    }
    for (const job of [...this.#jobs]) {
      if (failure) job.end(failure.anew?.() ?? failure);
      else if (job.isDone()) job.end();
    }
    if (failure) this.#fail(failure);
    if (this.#loop) this.#plan(core.contextGetTimeoutMs(this.#native));
  }
}

module.exports = { Driver };
