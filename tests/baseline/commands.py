# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What the command is asked for the baseline: lists of arguments, for each model and in general."""

import cases

SUBCOMMANDS = ("list", "trigger", "update", "upload", "command", "info", "pack", "doctor", "sim", "help", "exit-codes", "formats", "families", "complete")

GENERAL = (
    [], ["help"], *(["help", name] for name in SUBCOMMANDS), ["sim"], ["sim", "--json"], ["no-such"], ["list", "--no-such"],
    ["update"], ["update", "raw.bin", "more"], ["--sim", "no-such", "list"], ["--sim", "zephyr:no=such", "list"],
    ["--sim", "zephyr", "update", "no-such.bin"], ["--sim", "zephyr", "--json", "update", "no-such.bin"],
    ["--sim", "zephyr", "-p", "1-9", "trigger"], ["--sim", "zephyr", "--how", "no-such", "trigger"],
    ["--sim", "zephyr", "--control", "0x21:0:1000:0", "trigger"], ["--sim", "zephyr", "--feature-report", "00:0102", "trigger"],
    ["--sim", "sinowealth-keyboard", "--feature-report", "05:75", "--json", "trigger"],
    ["--sim", "leonardo", "--touch", "1200", "--json", "trigger"], ["--sim", "leonardo", "--touch", "9600", "trigger"],
    ["--sim", "zephyr", "--detach-timeout", "7", "--timeout", "0.5", "--sim", "dfu", "-d", "2fe3:", "--json", "trigger"],
    ["--sim", "dfu:start=bootloader,alternates=2,names=one/two", "-a", "two", "--json", "update", "raw.bin"],
    ["--sim", "dfu:start=bootloader,alternates=2,names=one/two", "--json", "update", "raw.bin"],
    ["--sim", "dfu:start=bootloader", "--size", "700", "--overwrite", "upload", "uploaded-general.bin"],
    ["--sim", "dfu:start=bootloader", "upload", "raw.bin"],
    ["--sim", "stm32f072", "--address", "0x08000800", "--erase", "mass", "--json", "update", "raw.bin"],
    ["--sim", "stm32f072", "--address", "0x08000800", "--erase", "all", "--no-verify", "update", "raw.bin"],
    ["--sim", "stm32f405", "--erase", "needed", "-vv", "update", "app.hex"],
    ["--sim", "zephyr:access=no", "trigger"], ["--sim", "zephyr:access=no", "--json", "doctor"],
)

PACKS = (["--format", "raw"], ["--format", "dfuse"], ["--format", "ihex"], ["--format", "srec"], ["--format", "uf2", "--family", "rp2040"],
         ["--suffix=1209:4711:0102"], ["--no-suffix"], ["--mcuboot", "1.2.3+4"], ["--address", "0x08000000", "--format", "dfuse"])

NORDIC_PACKS = (
    ["--nordic", "--application", "app.hex", "--application-version", "4", "--sd-req", "0"],
    ["--nordic", "--application", "raw.bin", "--bootloader", "raw.bin", "--bootloader-version", "2", "--sd-req", "0x100,0xb6"],
    ["--nordic-legacy", "--application", "raw.bin", "--sd-req", "0xb6"],
    ["--nordic", "--sd-req", "0"],
)


def general(models, contents):
    """(arguments, file that they write or None)."""
    everything = [word for model in models for word in ("--sim", model)]
    for arguments in GENERAL:
        yield arguments, "uploaded-general.bin" if "uploaded-general.bin" in arguments else None
    for words in (["list"], ["list", "-v"], ["list", "--json"], ["list", "--dfu-util"], ["doctor"], ["trigger"], ["--json", "trigger"],
                  ["update", "raw.bin"], ["update", "suffix.dfu"]):
        yield [*everything, *words], None
    for name in contents:
        yield ["info", name], None
        yield ["info", "--json", name], None
        for index, options in enumerate(PACKS):
            out = f"packed-{index}-{name}"
            yield ["pack", *options, name, out], out
    for index, options in enumerate(NORDIC_PACKS):
        out = f"packed-nordic-{index}.zip"
        yield ["pack", *options, out], out


def of_model(model, commands):
    """(arguments, file that they write or None)."""
    image = cases.default_image(model)
    out = f"uploaded-{model}.bin"
    for words in (["list"], ["list", "-v"], ["list", "--dfu-util"], ["list", "--probe"], ["doctor"], ["doctor", "-v"], ["trigger"],
                  ["trigger", "--dry-run"], ["update", image], ["update", "--dry-run", image], ["update", "--verify", image],
                  ["update", "--no-verify", image], ["update", "mcuboot-cut.bin"], ["update", "esp-other.bin"], ["command"],
                  *(["command", name] for name in commands)):
        for form in ([], ["--json"]):
            yield ["--sim", model, *form, *words], None
    yield ["--sim", model, "-vv", "trigger"], None
    yield ["--sim", model, "-q", "update", image], None
    for form in ([], ["--json"]):
        yield ["--sim", model, *form, "--overwrite", "upload", out], out
        yield ["--sim", model, "-a", "0", "--size", "3K", *form, "--overwrite", "upload", out], out
        for fault in ("stall@0", "timeout@1", "unplug@2", "stall@5x100"):
            yield ["--sim", f"{model}:fault={fault}", *form, "update", image], None
