// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Jobs on a device, each a promise.

const core = require('./core.js');
const { checks, erases, reportTypes, restarts, states, verified, verifies } = require('./enums.js');
const { DfutError } = require('./errors.js');
const { Image } = require('./image.js');
const { toArray, toNull } = require('./lists.js');

/** What can be set before the start, by the name of the option. */
const SETTINGS = {
  alternate: (session, value) => core.sessionSetAlternate(session, String(value)),
  trigger: (session, value) => core.sessionSetTrigger(session, value),
  triggerRequest: (session, { requestType, request, value = 0, index = 0, data = null }) =>
    core.sessionSetTriggerRequest(session, requestType, request, value, index, data),
  triggerReport: (session, { type = 'feature', id = 0, data = null, interfaceNumber = -1 }) =>
    core.sessionSetTriggerReport(session, interfaceNumber, reportTypes.value(type), id, data),
  triggerTouch: (session, { baud = 1200, interfaceNumber = -1 }) =>
    core.sessionSetTriggerTouch(session, interfaceNumber, baud),
  bootloaderIds: (session, { vendorId = -1, productId = -1 }) =>
    core.sessionSetBootloaderIds(session, vendorId, productId),
  detachTimeoutMs: (session, value) => core.sessionSetDetachTimeoutMs(session, value),
  returnTimeoutMs: (session, value) => core.sessionSetReturnTimeoutMs(session, value),
  verify: (session, value) => core.sessionSetVerify(session, verifies.value(value)),
  confirm: (session, value) => core.sessionSetConfirm(session, value),
  erase: (session, value) => core.sessionSetErase(session, erases.value(value)),
  restart: (session, value) => core.sessionSetRestart(session, restarts.value(value)),
  force: (session, value) => core.sessionSetForce(session, checks.bits(value)),
  uploadSize: (session, value) => core.sessionSetUploadSize(session, value),
  transferSize: (session, value) => core.sessionSetTransferSize(session, value),
  address: (session, value) => core.sessionSetAddress(session, value),
  part: (session, value) => core.sessionSetPart(session, value),
  volume: (session, value) => core.sessionSetVolume(session, value),
};

const START = {
  diagnose: (session) => core.sessionStartDiagnose(session),
  probe: (session) => core.sessionStartProbe(session),
  trigger: (session) => core.sessionStartTrigger(session),
  update: (session, image) => core.sessionStartUpdate(session, Image.native(image)),
  upload: (session, write) => core.sessionStartUpload(session, write),
  command: (session, name) => core.sessionStartCommand(session, name),
};

function applySettings(session, { configuration, interfaceNumber, ...settings }) {
  if (configuration !== undefined || interfaceNumber !== undefined) {
    core.sessionSetInterface(session, configuration ?? -1, interfaceNumber ?? -1);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(SETTINGS, name)) throw new TypeError(`no such option: ${name}`);
    if (value !== undefined && value !== null) SETTINGS[name](session, value);
  }
}

const toProgress = ({ state, leftMs, ...others }) => ({
  state: states.name(state),
  ...others,
  leftMs: leftMs < 0 ? null : leftMs,
});

const toSteps = (session) => toArray(core.sessionGetStepCount(session), (index) => {
  const { state, ...others } = core.sessionGetStep(session, index);
  return { state: states.name(state), ...others };
});

const toFacts = (session) => Object.fromEntries(toArray(core.sessionGetFactCount(session), (index) => {
  const { key, value } = core.sessionGetFact(session, index);
  return [key, value];
}));

/** A path or bytes as an image. */
async function toImage(firmware, options) {
  if (firmware instanceof Image) return firmware;
  if (typeof firmware === 'string') return Image.load(firmware, options);
  return Image.from(firmware, options);
}

/** Adds what the session knows of an error that starting it has thrown. */
function explaining(session, call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof DfutError) error.partChoice = toNull((index) => core.sessionGetPartChoice(session, index));
    throw error;
  }
}

/** What an ended session has come to; throws its error. */
function conclude(context, session, signal) {
  const code = core.sessionGetResult(session);
  const device = context._toDevice(core.sessionGetDevice(session));
  const message = core.sessionGetMessage(session);
  const hint = core.sessionGetHint(session);
  const hintLine = core.sessionGetHintLine(session);
  if (code < 0) {
    const check = core.checkGetName(core.sessionGetFailedCheck(session));
    const cause = signal?.aborted ? signal.reason : undefined;
    const error = new DfutError(core.errorGetName(code), message, { hint, hintLine, check, device, cause });
    error.partChoice = toNull((index) => core.sessionGetPartChoice(session, index));
    throw error;
  }
  return {
    message, hint, hintLine, device, verified: verified.name(core.sessionGetVerified(session)), facts: toFacts(session),
  };
}

/** Carries out what was started. What the application's functions throw ends it, and comes out. */
async function drive(context, session, signal, listener) {
  const cancel = () => {
    core.sessionCancel(session);
    context._driver.wake();
  };
  signal?.addEventListener('abort', cancel);
  listener.cancel = cancel;
  try {
    await context._wait(() => core.sessionHasEnded(session));
  } finally {
    signal?.removeEventListener('abort', cancel);
    listener.cancel = () => {};
  }
  if (listener.failure) throw listener.failure.error;
}

/** Functions of the application, which are called after the library was left. */
class Listener {
  failure = null;
  cancel = () => {};

  constructor(context) {
    this.context = context;
  }

  /** A function that notes its call. */
  noting(call) {
    return (value) => this.context._note(() => {
      try {
        if (!this.failure) call(value);
      } catch (error) {
        this.failure = { error };
        this.cancel();
      }
    });
  }
}

/** Makes a session, which is closed at the end, however that comes. Its errors are about the device. */
async function withSession(device, options, use) {
  const { context } = device;
  const { onProgress, onData, signal, ...settings } = options;
  let session = null;
  try {
    await context._settle();
    if (signal?.aborted) throw new DfutError('cancelled', 'cancelled before it was started', { cause: signal.reason });
    session = core.sessionNew(context._native(device));
    applySettings(session, settings);
    const listener = new Listener(context);
    if (onProgress) {
      core.sessionSetProgressHandler(session, listener.noting((progress) => onProgress(toProgress(progress))));
    }
    return await use(session, { context, listener, signal, onData });
  } catch (error) {
    if (error instanceof DfutError) error.device ??= device;
    throw error;
  } finally {
    if (session) core.close(session);
  }
}

/** Runs a job: a promise of what it came to. */
async function run(device, job, options = {}, subject = undefined) {
  const image = job === 'update' ? await toImage(subject, { force: options.force }) : null;
  return withSession(device, options, async (session, { context, listener, signal, onData }) => {
    const chunks = [];
    const take = job === 'upload' ? listener.noting(onData ?? ((bytes) => chunks.push(bytes))) : subject;
    try {
      explaining(session, () => START[job](session, image ?? take));
      await drive(context, session, signal, listener);
      const outcome = conclude(context, session, signal);
      if (job === 'upload' && !onData) outcome.data = Buffer.concat(chunks);
      return outcome;
    } catch (error) {
      // What was read before stays the caller's.
      if (error instanceof DfutError && chunks.length) error.partial = Buffer.concat(chunks);
      throw error;
    }
  });
}

/** Judges an update, and starts nothing: a promise of its steps. */
async function plan(device, options = {}, firmware = undefined) {
  const image = await toImage(firmware, { force: options.force });
  return withSession(device, options, async (session) => {
    explaining(session, () => core.sessionPlanUpdate(session, Image.native(image)));
    return toSteps(session);
  });
}

module.exports = { plan, run };
