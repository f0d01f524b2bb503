// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

/// <reference types="node" />

import { EventEmitter } from 'node:events';

/** The version of the library. */
export const version: string;

/** What an operation ended with. */
export type ErrorCode =
  | 'usage' | 'no-memory' | 'not-found' | 'ambiguous' | 'access' | 'busy' | 'gone' | 'timeout' | 'io' | 'unsupported'
  | 'image' | 'mismatch' | 'protocol' | 'device' | 'verify' | 'cancelled';

/** A check that a file and a device go through before anything is written. */
export type Check =
  'format' | 'length' | 'checksum' | 'hash' | 'ids' | 'size' | 'version' | 'memory-map' | 'bootloader';

export type Mode = 'unknown' | 'application' | 'bootloader';

/** Where a job is. */
export type State =
  | 'new' | 'diagnosing' | 'probing' | 'triggering' | 'leaving' | 'returning' | 'measuring' | 'comparing' | 'announcing'
  | 'downloading' | 'manifesting' | 'verifying' | 'uploading' | 'commanding' | 'restarting' | 'done' | 'failed'
  | 'cancelled';

/** What went wrong (`message`), and what the person can do about it. */
export class DfutError extends Error {
  readonly code: ErrorCode;
  /** What the person can do; "" if nothing is known. */
  readonly hint: string;
  /** The end of the hint if it is a line to copy as it is; "" if there is none. */
  readonly hintLine: string;
  /** The check that it comes from, for `force`; null if from none. */
  readonly check: Check | null;
  /** The device that it is about; null if about none. */
  readonly device: Device | null;
  /** Of a job that ends since nobody tells which part the device has: what there is to choose from, for `part`. */
  readonly partChoice?: string[];
  /** Of an upload: what was read before. */
  readonly partial?: Buffer;
  constructor(code: ErrorCode, message: string, words?: {
    hint?: string; hintLine?: string; check?: Check | null; device?: Device | null; cause?: unknown;
  });
  get name(): string;
  /** The same, for another device. */
  anew(): DfutError;
}

/** How far a job is. */
export interface Progress {
  state: State;
  /** Bytes of this phase, 0 if it has none. */
  done: number;
  /** Bytes of this phase, 0 if it has none or they are not known. */
  total: number;
  /** Since the job's first action. */
  elapsedMs: number;
  /** Estimated time to its end; null if not known. */
  leftMs: number | null;
  /** Times that the plan was refined. */
  plan: number;
}

/** A step of a plan. */
export interface Step {
  state: State;
  /** What will be done, one line. */
  text: string;
  /** To move, 0 if none or not known. */
  bytes: number;
  /** The most time that it is given; 0 for what takes none. */
  timeMs: number;
}

/** What a job came to. */
export interface Outcome {
  /** One line: what was achieved. */
  message: string;
  /** What the person can or must do now; "" if nothing. */
  hint: string;
  hintLine: string;
  /** The device as it is now: after a re-enumeration another object than before. */
  device: Device;
  /** Whether what was written was compared. */
  verified: 'no' | 'yes' | 'impossible';
  /** What the device told about itself. */
  facts: Record<string, string>;
}

export interface UploadOutcome extends Outcome {
  /** What was read; not there with `onData`. */
  data?: Buffer;
}

/** What can be set before a job starts. The header has more words on each, under dfut_session_set_... */
export interface JobOptions {
  /** Called as it goes on, at most every 50 ms within one state. What it throws cancels the job, and comes out of it. */
  onProgress?: (progress: Progress) => void;
  /** Cancels the job, which ends with the code "cancelled"; `cause` is the signal's reason. */
  signal?: AbortSignal;
  /** The memory: a number, a name, or INTERFACE:ALTERNATE. */
  alternate?: string | number;
  configuration?: number;
  interfaceNumber?: number;
  /** A trigger of the device by name; also the explicit yes for devices that share their ids. */
  trigger?: string;
  triggerRequest?: { requestType: number; request: number; value?: number; index?: number; data?: Uint8Array };
  triggerReport?: { type?: 'feature' | 'output'; id?: number; data?: Uint8Array; interfaceNumber?: number };
  triggerTouch?: { baud?: number; interfaceNumber?: number };
  bootloaderIds?: { vendorId?: number; productId?: number };
  detachTimeoutMs?: number;
  returnTimeoutMs?: number;
  verify?: 'auto' | 'never' | 'always';
  confirm?: boolean;
  erase?: 'auto' | 'needed' | 'all' | 'mass';
  restart?: 'auto' | 'never' | 'always';
  /** Checks whose failure does not stop it. */
  force?: Check[];
  transferSize?: number;
  address?: number;
  part?: string;
  volume?: string;
}

export interface UploadOptions extends JobOptions {
  /** The most bytes to read. */
  uploadSize?: number;
  /** Gets the bytes as they come, instead of the outcome. */
  onData?: (bytes: Buffer) => void;
}

/** An image, a path, or the bytes of a file. */
export type Firmware = Image | string | Uint8Array;

/** What a device says of its DFU mode (DFU 1.1, 4.1.3). */
export interface DfuDescriptor {
  attributes: ('can-dnload' | 'can-upload' | 'manifestation-tolerant' | 'will-detach')[];
  detachTimeoutMs: number;
  transferSize: number;
  version: number;
}

/** An alternate setting of an interface. */
export interface Interface {
  configuration: number;
  number: number;
  alternate: number;
  classCode: number;
  subclass: number;
  protocol: number;
  endpointCount: number;
  nameIndex: number;
  name: string | null;
  dfu: DfuDescriptor | null;
}

/** What the system made of an interface: a HID node or a serial port. */
export interface Node {
  link: 'usb' | 'hid' | 'serial' | 'volume';
  interfaceNumber: number;
  name: string;
  usagePage: number;
  usage: number;
}

/** A device as it was when it was looked at. It comes from a context. */
export class Device {
  constructor(context: Context, native: never);
  get context(): Context;
  /** Stays the same while the device re-enumerates. */
  get id(): string;
  get vendorId(): number;
  get productId(): number;
  get release(): number;
  /** Port path, as in "1-2.3". */
  get path(): string;
  get busNumber(): number;
  get address(): number;
  get serialNumber(): string;
  get manufacturer(): string;
  get product(): string;
  /** As what the device table knows it; "" if it does not. */
  get title(): string;
  /** The bootloader's language, as in "dfu"; "" if it is not known yet. */
  get protocol(): string;
  get mode(): Mode;
  get configuration(): number;
  get isPresent(): boolean;
  /** Whether all its names were read. */
  get isComplete(): boolean;
  /** What was not, and why. */
  get missing(): string;
  /** Others have the same ids and other firmware: its trigger must be named. */
  get isShared(): boolean;
  /** Nothing but its USB classes says what it is: it must be named to be found. */
  get isGeneric(): boolean;
  get isModeGuessed(): boolean;
  get descriptors(): Buffer;
  get triggers(): string[];
  get commands(): { name: string; text: string }[];
  /** What a person can do about usual trouble. */
  get help(): string[];
  get interfaces(): Interface[];
  get nodes(): Node[];
  get dfuDescriptor(): DfuDescriptor | null;
  /** Who has an interface, or the device as a whole (-1). */
  holder(interfaceNumber?: number): { driver: string; programs: string };
  /** Finds out whether it can be updated, and if not, why. Sends nothing. */
  diagnose(options?: JobOptions): Promise<Outcome>;
  /** Asks a device in its application about itself. */
  probe(options?: JobOptions): Promise<Outcome>;
  /** Brings it into its bootloader. */
  trigger(options?: JobOptions): Promise<Outcome>;
  /** Brings it from its application to new firmware. */
  update(firmware: Firmware, options?: JobOptions): Promise<Outcome>;
  /** What update() would do; starts nothing. */
  plan(firmware: Firmware, options?: JobOptions): Promise<Step[]>;
  /** Reads a memory. */
  upload(options?: UploadOptions): Promise<UploadOutcome>;
  /** Carries out one of `commands`. */
  command(name: string, options?: JobOptions): Promise<Outcome>;
  toString(): string;
  toJSON(): object;
}

/** Which devices are meant: all that is given must hold. Ids, path or serial number name one. */
export interface Match {
  vendorId?: number;
  productId?: number;
  bootloaderVendorId?: number;
  bootloaderProductId?: number;
  path?: string;
  serialNumber?: string;
  bootloaderSerialNumber?: string;
  alternate?: string | number;
  mode?: Mode;
  /** What is to be written: devices that it fits are preferred. */
  image?: Image;
  force?: Check[];
  configuration?: number;
  interfaceNumber?: number;
}

/** Devices, and whether these are all. */
export type DeviceList = Device[] & {
  isComplete: boolean;
  /** Those whose names could not be read. */
  missing: Device[];
};

export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

/**
 * The devices of the system, and their events: "arrived", "changed", "left", "log", "error".
 *
 * As long as a job runs, somebody waits, or listens to devices, Node stays alive.
 */
export class Context extends EventEmitter {
  constructor(options?: { logLevel?: LogLevel });
  /** What is plugged in now and fits. */
  devices(match?: Match): Promise<DeviceList>;
  /** The one device that is meant. */
  find(match?: Match): Promise<Device>;
  /** The same for one that may not be there yet. */
  wait(match?: Match, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Device>;
  /** Adds a device table (docs/add-a-device.md). */
  loadDevices(path: string): void;
  /** Says which protocol devices with these ids speak. */
  setProtocol(vendorId: number, productId: number, protocol: string, interfaceNumber?: number): void;
  /** Of a virtual bus: the devices of the system, too. */
  addSystemBuses(): void;
  /** Records what goes between host and devices in a new file; before anything was looked at. */
  record(path: string, flags?: ('data' | 'plain')[]): void;
  endRecord(): void;
  /** Tells in words what is in a recording, a line each. */
  explain(path: string): string[];
  /** What a person can do about usual trouble with devices that have these ids. */
  help(vendorId: number, productId: number): string[];
  /** Listening keeps Node alive, as it does from the beginning. */
  ref(): this;
  /** Listening alone does not keep Node alive. */
  unref(): this;
  get isClosed(): boolean;
  /** Ends all jobs, which get the code "cancelled", without waiting for devices, and everything else. */
  close(): void;
  removeAllListeners(name?: string | symbol): this;
  on(name: 'arrived' | 'changed' | 'left', listener: (device: Device) => void): this;
  on(name: 'log', listener: (level: LogLevel, text: string) => void): this;
  on(name: 'error', listener: (error: DfutError) => void): this;
  on(name: string | symbol, listener: (...values: any[]) => void): this;
}

/** A firmware file, parsed and judged. */
export class Image {
  constructor(native: never);
  /** Reads a file, on a thread of Node's pool. */
  static load(path: string, options?: { force?: Check[] }): Promise<Image>;
  /** Takes bytes, which are copied. */
  static from(bytes: Uint8Array, options?: { force?: Check[] }): Image;
  /** As in "raw": a name of formats(). */
  get format(): string;
  /** Bytes that go to the device. */
  get size(): number;
  get segments(): { address: number | null; alternate: number | null; size: number }[];
  /** What is known of it, container by container. */
  get facts(): { layer: string; key: string; value: string }[];
  /** The ids that it is made for; null where it does not say. */
  get ids(): { vendorId: number | null; productId: number | null; release: number | null } | null;
  /** Bytes of a segment: all from the offset on, if no size is given. */
  read(index?: number, offset?: number, size?: number): Buffer;
  setAddress(address: number): void;
  setSuffix(ids?: { vendorId?: number; productId?: number; release?: number }): void;
  removeSuffix(): void;
  setFamily(family: string): void;
  wrapMcuboot(version: string, headerSize?: number): void;
  convert(format: string): void;
  /** Throws if it is not signed with this key (a PEM file). */
  verifySignature(publicKey: string): void;
  save(path: string): void;
  /** Throws if it does not fit the device. */
  check(device: Device, options?: { alternate?: string | number | null; force?: Check[] }): void;
  /** Gives its memory back now. */
  close(): void;
}

/** A format of firmware files. */
export interface Format {
  name: string;
  text: string;
  traits: ('addresses' | 'parts' | 'alternates' | 'groups' | 'suffix' | 'families' | 'text' | 'written')[];
}

/** What can be read and written. */
export function formats(): Format[];
/** A language of bootloaders. */
export interface Protocol {
  /** As in a device table. */
  name: string;
  text: string;
  /** What can be said of the chip behind it, where its user has to. */
  parts: string[];
}

/** What bootloaders are spoken with. */
export function protocols(): Protocol[];
/** Families of chips, for UF2 files. */
export function families(): string[];

/** A line of a virtual device's record. */
export interface RecordLine {
  event: 'arrived' | 'left' | 'bus-reset' | 'control' | 'endpoint' | 'breach';
  timeUs: number;
  requestType: number;
  request: number;
  value: number;
  index: number;
  length: number;
  result: number;
  text: string;
}

export type FaultKind =
  | 'stall' | 'timeout' | 'lost-answer' | 'slow' | 'short' | 'garbage' | 'unplug' | 'lost-byte' | 'doubled-byte' | 'noise'
  | 'lost-reply' | 'spoilt-reply' | 'noisy-reply' | 'late-reply';

/** A device on a virtual bus, seen from its own side. It comes from VirtualBus.plug(). */
export class VirtualDevice {
  constructor(bus: VirtualBus, native: never, spec: string);
  readonly spec: string;
  /** Pulls the plug. What is in flash stays. */
  unplug(): void;
  replug(): void;
  pressReset(): void;
  get isPresent(): boolean;
  /** "application", "bootloader", or the model's own word. */
  get mode(): string;
  /** What faults are counted in. */
  get requestCount(): number;
  get faultCount(): number;
  /** A copy of one of its memories; null if it has no such memory. */
  memory(name: string): Buffer | null;
  setMemory(name: string, bytes: Uint8Array, offset?: number): void;
  get record(): RecordLine[];
  /** Which rules its host broke. */
  get breaches(): string[];
  clearRecord(): void;
  /** Makes it misbehave: at its next request, if none is named. */
  addFault(kind: FaultKind, options?: { request?: number; times?: number; delayMs?: number }): void;
  clearFaults(): void;
}

/** A virtual USB bus. On its virtual clock, time passes only while a job runs or somebody waits. */
export class VirtualBus {
  constructor(options?: { realTime?: boolean; logLevel?: LogLevel });
  readonly context: Context;
  /** Plugs a device in: options as in models(), in camelCase; path as in "1-2". */
  plug(model: string, options?: Record<string, string | number | boolean>, place?: { path?: string | null }): VirtualDevice;
  get timeMs(): number;
  /** Writes the state files of the devices. */
  save(): void;
  /** Closes the context, saves, and gives all back. */
  close(): void;
}

/** The kinds of device that can be plugged in; `options` has a line for each. */
export function models(): { name: string; text: string; options: string }[];
