// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

const { Context } = require('./context.js');
const core = require('./core.js');
const { Device } = require('./device.js');
const { DfutError } = require('./errors.js');
const { Image, families, formats } = require('./image.js');
const { protocols } = require('./protocols.js');
const { VirtualBus, VirtualDevice, models } = require('./virtual.js');

const version = core.getVersion();

module.exports = { Context, Device, DfutError, Image, VirtualBus, VirtualDevice, families, formats, models, protocols, version };
