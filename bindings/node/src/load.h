/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* loadImage(path, force): reads a firmware file on a thread of Node's pool; a promise of the image. */

#ifndef DFUTRIGGER_NODE_LOAD_H
#define DFUTRIGGER_NODE_LOAD_H

#include "arguments.h"

napi_value load_image(napi_env env, napi_callback_info info);

#endif
