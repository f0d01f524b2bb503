# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# For an installed package: libdfutrigger comes from the system. The project itself builds by Meson.
{
  "targets": [{
    "target_name": "dfutrigger",
    "sources": [
      "generated/calls.c",
      "src/arguments.c",
      "src/handlers.c",
      "src/kinds.c",
      "src/load.c",
      "src/loop.c",
      "src/module.c",
      "src/object.c",
    ],
    "include_dirs": ["generated", "src"],
    "cflags": ["<!@(pkg-config --cflags libdfutrigger-sim)", "-Wall", "-Wextra"],
    "cflags_c": ["-std=gnu11"],
    "libraries": ["<!@(pkg-config --libs libdfutrigger libdfutrigger-sim)"],
  }],
}
