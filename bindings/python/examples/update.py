#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Puts firmware into a device and shows how far it is: update.py [--sim SPEC] FILE [ALTERNATE]"""

import argparse
import sys

import dfutrigger


def show(progress):
    text = f"{progress.elapsed:6.2f} s  {progress.state.name.lower():<12}"
    if progress.total:
        text += f" {progress.fraction:4.0%}"
    if progress.left is not None:
        text += f", {progress.left:.1f} s left"
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", metavar="SPEC", help="a virtual device in place of hardware")
    parser.add_argument("file")
    parser.add_argument("alternate", nargs="?")
    options = parser.parse_args()
    try:
        # The file is judged before any device is looked at.
        image = dfutrigger.Image.load(options.file)
        if options.sim:
            context = dfutrigger.Virtual(options.sim, real_time=True).context
        else:
            context = dfutrigger.get_default_context()
        outcome = context.find(image=image).update(image, alternate=options.alternate, progress=show)
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1
    # Also after success there may be something that the person has to do, such as pressing a button.
    print(f"{outcome.message}\n{outcome.hint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
