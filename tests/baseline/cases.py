# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What the baseline is recorded of: for each model of virtual device, the lines that the recorder reads (struct setup in
bench.h has the keys). A model that is not named here is recorded as it is by default."""

import re

# (spec, settings): an update clean, with each fault, and cancelled at each step.
UPDATES = (
    ("zephyr:slot-size=8K", {"image": "mcuboot.bin"}),
    ("zephyr:stack=legacy,slot-size=8K", {"image": "mcuboot.bin"}),
    ("zephyr:stack=legacy,will-detach=no,slot-size=8K", {"image": "mcuboot.bin"}),
    ("zephyr:reboot=yes,slot-size=8K", {"image": "mcuboot.bin"}),
    ("zephyr:reboot=yes,slot-size=8K", {"image": "mcuboot.bin", "verify": "always"}),
    ("dfu:transfer-size=256", {"image": "raw.bin"}),
    ("dfu:transfer-size=256", {"image": "raw.bin", "verify": "never"}),
    ("dfu:transfer-size=256,busy=2", {"image": "raw.bin"}),
    ("dfu:transfer-size=256,tolerant=no,will-detach=no", {"image": "raw.bin"}),
    ("dfu:transfer-size=256,tolerant=no", {"image": "raw.bin", "verify": "always"}),
    ("dfu:transfer-size=256,version=1.0", {"image": "raw.bin"}),
    ("dfu:transfer-size=256,flavour=tinyusb", {"image": "raw.bin"}),
    ("dfu:transfer-size=256,flavour=rt", {"image": "raw.bin"}),
    ("dfu:transfer-size=256,upload=no", {"image": "raw.bin"}),
    ("nrf52840-keyboard", {"image": "nordic.zip"}),
    ("nrf52840-keyboard:bank=dual,requests=few", {"image": "nordic.zip"}),
    ("pca10059", {"image": "nordic-two.zip"}),
    ("adafruit-nrf52", {"image": "legacy.zip"}),
    ("esp32-s2:erase-percent=10", {"image": "esp.bin"}),
    ("esp32-s2:erase-percent=10,work=busy,detach=value,manifest=leave", {"image": "esp.bin"}),
    ("stm32f072:application=runtime", {"image": "dfuse.dfu", "fill": "flash"}),
    ("stm32f072:application=gone", {"image": "dfuse.dfu", "fill": "flash", "erase": "all", "verify": "always"}),
    ("stm32f072:busy=stall,start=error", {"image": "app.hex", "fill": "flash", "erase": "mass"}),
    ("stm32f072:first-status=idle,multiplier=transfer-size", {"image": "raw.bin", "address": "0x08000800", "erase": "needed"}),
    ("stm32f405:application=runtime", {"image": "dfuse.dfu", "fill": "flash"}),
    ("stm32f405:rdp=yes", {"image": "dfuse.dfu", "erase": "mass"}),
    ("gd32vf103:application=runtime", {"image": "dfuse.dfu", "fill": "flash"}),
    ("usbd-dfu-rt:will-detach=yes", {"image": "dfuse.dfu"}),
    ("usbd-dfu-rt:will-detach=no,getstatus=stall", {"image": "dfuse.dfu"}),
    ("xmos:erase-percent=1", {"image": "raw.bin"}),
    ("xmos:xua=4,erase-percent=1", {"image": "raw.bin"}),
    ("sln-voice", {"image": "raw.bin"}),
)

# Clean only: longer images, other wishes, devices that refuse.
CLEAN_UPDATES = (
    ("zephyr", {"image": "mcuboot-large.bin"}),
    ("zephyr:stack=legacy", {"image": "mcuboot-large.bin"}),
    ("zephyr", {"image": "mcuboot-old.bin", "force": "version"}),
    ("dfu:size=64K", {"image": "raw-large.bin"}),
    ("dfu:alternates=2,names=one/two", {"image": "raw.bin"}),
    ("dfu:alternates=2,names=one/two", {"image": "raw.bin", "alternate": "two"}),
    ("dfu:alternates=2", {"image": "raw.bin", "alternate": "7"}),
    ("dfu", {"image": "suffix.dfu", "force": "ids"}),
    ("nrf52840-keyboard", {"image": "nordic-large.zip"}),
    ("nrf52840-keyboard", {"image": "nordic-two.zip"}),
    ("adafruit-nrf52", {"image": "legacy-large.zip"}),
    ("esp32-s2", {"image": "esp-large.bin"}),
    ("stm32f072", {"image": "dfuse-large.dfu", "fill": "flash"}),
    ("stm32f072", {"image": "dfuse-options.dfu"}),
    ("stm32f072", {"image": "dfuse-beyond.dfu", "force": "memory-map"}),
    ("stm32f405", {"image": "dfuse-large.dfu", "fill": "flash"}),
    ("stm32f405", {"image": "dfuse-large.dfu", "erase": "mass", "verify": "never"}),
    ("gd32vf103", {"image": "dfuse-large.dfu", "fill": "flash"}),
    ("usbd-dfu-rt", {"image": "app.hex"}),
    ("xmos", {"image": "raw-large.bin"}),
    ("sln-voice", {"image": "raw-large.bin"}),
)

# Triggers with each fault and cancel, besides those of the default device.
TRIGGERS = (
    "zephyr:stack=legacy,will-detach=no", "nrf52840-keyboard:detach-race=ack,interface-detach=stall", "dfu:will-detach=no",
    "dfu:version=1.0", "sonix-keyboard:firmware=hfd", "sonix-keyboard:interface=0,race=gone",
    "via-keyboard:bootloader=stm32", "via-keyboard:bootloader=rp2040", "via-keyboard:via=silent", "via-keyboard:via=refuse",
    "jabra:will-detach=no", "jabra:family=710,race=gone", "teensy:type=serial", "adafruit-nrf52:bootloader=uf2,race=gone",
    "pico:reset-interface=no", "pico:baud=no", "esp32-s2:race=gone",
)

UPLOADS = (
    ("zephyr:slot-size=8K", {"alternate": "0"}),
    ("zephyr:slot-size=8K", {}),
    ("dfu:transfer-size=256,size=2K", {}),
    ("dfu:start=bootloader,transfer-size=256,size=2K", {"size": "700"}),
    ("stm32f072:transfer-size=1024", {"alternate": "0", "size": "5000", "fill": "flash"}),
    ("gd32vf103", {"alternate": "0", "size": "5000", "fill": "flash"}),
    ("sln-voice", {"alternate": "1", "size": "5000"}),
    ("xmos", {}),
    ("nrf52840-keyboard", {}),
    ("adafruit-nrf52", {}),
    ("esp32-s2", {}),
)

# An image for each option of each model; what does not fit is a case, too.
DEFAULT_IMAGES = {
    "zephyr": "mcuboot.bin", "nrf52840-keyboard": "nordic.zip", "pca10059": "nordic.zip", "adafruit-nrf52": "legacy.zip",
    "esp32-s2": "esp.bin", "stm32f072": "dfuse.dfu", "stm32f405": "dfuse.dfu", "gd32vf103": "dfuse.dfu",
    "usbd-dfu-rt": "dfuse.dfu",
}

CHOICE = re.compile(r"^([a-z0-9-]+)=([a-z0-9.-]+(?:\|[a-z0-9.-]+)+): ")
OTHER_OPTIONS = ("open-ms=700", "reset-ms=700", "access=no", "access-ms=1000", "return-ms=9000", "return-ms=15000", "transfer-us=20000")


def default_image(model):
    return DEFAULT_IMAGES.get(model, "raw.bin")


def option_specs(model, options):
    """The model with each value of each option that has a list of them, and some of those that have a number."""
    for option in options:
        found = CHOICE.match(option)
        for value in found.group(2).split("|") if found else ():
            yield f"{model}:{found.group(1)}={value}"
    names = {option.partition("=")[0] for option in options}
    for option in OTHER_OPTIONS:
        if option.partition("=")[0] in names:
            yield f"{model}:{option}"


def of_model(model, table):
    for row in table:
        spec = row if isinstance(row, str) else row[0]
        if spec.partition(":")[0] == model:
            yield spec, {} if isinstance(row, str) else row[1]


def compose(model, options, images):
    """The cases of a model, as dictionaries."""
    image = default_image(model)
    for job in ("probe", "diagnose", "trigger"):
        yield {"job": job, "spec": model, "variants": "fc"}
    yield {"job": "commands", "spec": model, "variants": "fc"}
    yield {"job": "handle", "spec": model, "variants": "f", "most": 32}
    yield {"job": "handle", "spec": model, "before": "trigger"}
    for spec, _ in of_model(model, TRIGGERS):
        yield {"job": "trigger", "spec": spec, "variants": "fc"}
    for spec, others in of_model(model, UPLOADS):
        yield {"job": "upload", "spec": spec, "variants": "fc", **others}
    for name in images:
        yield {"job": "plan", "spec": model, "image": name}
        yield {"job": "plan", "spec": model, "image": name, "before": "trigger"}
    for spec in option_specs(model, options):
        for job in ("diagnose", "trigger", "update"):
            yield {"job": job, "spec": spec, **({"image": image} if job == "update" else {})}
    for spec, others in of_model(model, CLEAN_UPDATES):
        yield {"job": "update", "spec": spec, **others}
    for spec, others in of_model(model, UPDATES):
        yield {"job": "update", "spec": spec, "variants": "fc", **others}


def compose_together(models):
    """One device of each model, all on one bus at the same time; the recorder starts that by an empty line."""
    for job in ("trigger", "update"):
        yield job, [{"job": job, "spec": model, "image": default_image(model)} for model in models]
