#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Random firmware files, read and written by the library and by programs that we did not write.

run.py CONVERT-MANY DFUTRIGGER [unittest's arguments]; FORMATS_COUNT files (1000) for each format, of the random
numbers that FORMATS_SEED gives.
"""

import binascii
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

import files

try:
    import intelhex
except ImportError:
    # Debian's, for a Python that is not Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    import intelhex

COUNT = int(os.environ.get("FORMATS_COUNT", "1000"))
SEED = int(os.environ.get("FORMATS_SEED", "1"))
CONVERT_MANY, DFUTRIGGER = sys.argv[1:3]
LAST = 0xFFFFFFFF


def read_with_intelhex(path):
    reader = intelhex.IntelHex(str(path))
    return files.join((start, bytes(reader.tobinarray(start=start, end=end - 1)))
                      for start, end in reader.segments())


def run(*words):
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout


def load_dfuse_pack():
    """dfu-util's dfuse-pack as a module."""
    path = shutil.which("dfuse-pack")
    loader = importlib.machinery.SourceFileLoader("dfuse_pack", path)
    spec = importlib.util.spec_from_loader("dfuse_pack", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dfutrigger-formats-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.random = random.Random(SEED)

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def convert(self, jobs):
        """Carries out (in, format, out[, address]); returns the formats of what went in."""
        lines = "".join("\t".join(map(str, (*job, "-")[:4])) + "\n" for job in jobs)
        done = subprocess.run([CONVERT_MANY], input=lines, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answers = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(jobs))
        for answer, job in zip(answers, jobs):
            self.assertEqual(answer[0], "ok", f"{job}: {answer}")
        return [answer[1] for answer in answers]

    def read_dump(self, path):
        """(address, alternate, bytes) of each segment"""
        data, offset, segments = path.read_bytes(), 0, []
        while offset < len(data):
            address, alternate, size = struct.unpack_from("<IiI", data, offset)
            segments.append((address, alternate, data[offset + 12:offset + 12 + size]))
            offset += 12 + size
        return segments

    def read_memory(self, path):
        return [(address, data) for address, _, data in self.read_dump(path)]

    def read_all(self, paths, wanted):
        """What the library reads is what went in, and is saved as it was."""
        dumps = [path.with_suffix(".dump") for path in paths]
        saved = [path.with_suffix(".saved") for path in paths]
        formats = self.convert([(path, "-", dump) for path, dump in zip(paths, dumps)])
        self.convert([(path, "=", save) for path, save in zip(paths, saved)])
        for path, dump, save, memory in zip(paths, dumps, saved, wanted):
            self.assertEqual(self.read_memory(dump), memory, path)
            self.assertEqual(save.read_bytes(), path.read_bytes(), path)
        return set(formats)

    def convert_all(self, paths, name):
        outs = [path.with_suffix(f".{name}") for path in paths]
        self.convert([(path, name, out) for path, out in zip(paths, outs)])
        return outs

    def through_objcopy(self, path, source=None):
        """objcopy reads it, intelhex what objcopy wrote."""
        out = path.with_suffix(".objcopy")
        run("objcopy", *(["-I", source] if source else []), "-O", "ihex", path, out)
        return read_with_intelhex(out)


class TextTest(Case):
    def memories(self, last=LAST):
        return [files.random_memory(self.random, self.random.choice((0xFFFF, 0xFFFFF, 0xFFFFFF, last)))
                for _ in range(COUNT)]

    def write_ihex(self, number, memory):
        """By us, by intelhex, by objcopy in turn"""
        path = self.folder / f"{number}.hex"
        if number % 3 == 0:
            path.write_bytes(files.ihex(self.random, memory))
        elif number % 3 == 1:
            writer = intelhex.IntelHex()
            for address, data in memory:
                writer.puts(address, data)
            writer.write_hex_file(str(path))
        else:
            source = self.write(f"{number}.source", files.srec(self.random, memory))
            run("objcopy", "-I", "srec", "-O", "ihex", source, path)
        return path

    def write_srec(self, number, memory):
        path = self.folder / f"{number}.s"
        if number % 2 == 0:
            path.write_bytes(files.srec(self.random, memory))
        else:
            source = self.write(f"{number}.source", files.ihex(self.random, memory))
            run("objcopy", "-I", "ihex", "-O", "srec", source, path)
        return path

    def test_ihex(self):
        memories = self.memories()
        paths = [self.write_ihex(number, memory) for number, memory in enumerate(memories)]
        self.assertEqual(self.read_all(paths, memories), {"ihex"})
        for path, memory, out in zip(paths, memories, self.convert_all(self.convert_all(paths, "srec"), "ihex")):
            self.assertEqual(read_with_intelhex(path), memory, path)
            self.assertEqual(read_with_intelhex(out), memory, path)
        for path, memory in list(zip(paths, memories))[::3]:
            self.assertEqual(self.through_objcopy(path.with_suffix(".ihex"), "ihex"), memory, path)

    def test_srec(self):
        memories = self.memories()
        paths = [self.write_srec(number, memory) for number, memory in enumerate(memories)]
        self.assertEqual(self.read_all(paths, memories), {"srec"})
        for path, memory, out in zip(paths, memories, self.convert_all(self.convert_all(paths, "ihex"), "srec")):
            self.assertEqual(self.through_objcopy(path, "srec"), memory, path)
            self.assertEqual(self.through_objcopy(out, "srec"), memory, path)


class ElfTest(Case):
    def test_elf(self):
        paths, memories = [], []
        for number in range(COUNT):
            memory = files.random_memory(self.random, 0x7FFFFFFF)
            order = self.random.choice(("little", "big"))
            data = files.elf(self.random, memory, self.random.random() < 0.5, order)
            paths.append(self.write(f"{number}.elf", data))
            memories.append(memory)
        self.assertEqual(self.read_all(paths, memories), {"elf"})
        for path, memory, out in zip(paths, memories, self.convert_all(paths, "ihex")):
            self.assertEqual(self.through_objcopy(path), memory, path)
            self.assertEqual(read_with_intelhex(out), memory, path)


class Uf2Test(Case):
    def test_uf2(self):
        memories = [files.random_memory(self.random, LAST) for _ in range(COUNT)]
        paths = [self.write(f"{number}.in", files.uf2(self.random, memory)) for number, memory in enumerate(memories)]
        self.assertEqual(self.read_all(paths, memories), {"uf2"})
        for memory, out in zip(memories, self.convert_all(self.convert_all(paths, "ihex"), "uf2")):
            self.assertEqual(files.read_uf2(out.read_bytes()), files.fill_pages(memory), out)


class DfuseTest(Case):
    def setUp(self):
        super().setUp()
        self.pack = load_dfuse_pack()

    def parse(self, path):
        """(address, alternate, bytes) of each element, as dfuse-pack reads them"""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            self.pack.parse(str(path), dump_images=True)
        self.assertNotIn("ERROR", printed.getvalue())
        elements, alternate, target = [], 0, -1
        for line in printed.getvalue().splitlines():
            words = line.replace(",", "").split()
            if line.startswith(("Target", "b'Target'")):
                alternate, target = int(words[4]), target + 1
            elif line.startswith("  ") and "address:" in words:
                dumped = pathlib.Path(f"{path}.target{target}.image{words[0]}.bin")
                elements.append((int(words[2], 16), alternate, dumped.read_bytes()))
        return elements

    def random_targets(self):
        targets = []
        for alternate in self.random.sample(range(256), self.random.randint(1, 4)):
            memory = files.random_memory(self.random, LAST)
            self.random.shuffle(memory)
            targets.append([{"address": address, "alt": alternate, "data": data} for address, data in memory])
        return targets

    def test_dfuse(self):
        paths, wanted = [], []
        for number in range(COUNT):
            targets = self.random_targets()
            paths.append(self.folder / f"{number}.dfu")
            self.pack.build(str(paths[-1]), targets)
            wanted.append([(image["address"], image["alt"], image["data"]) for target in targets for image in target])
        dumps = [path.with_suffix(".dump") for path in paths]
        self.assertEqual(set(self.convert([(path, "-", dump) for path, dump in zip(paths, dumps)])), {"dfuse"})
        self.assertEqual([self.read_dump(dump) for dump in dumps], wanted)
        saved = [path.with_suffix(".saved") for path in paths]
        self.convert([(path, "=", save) for path, save in zip(paths, saved)])
        for path, save in zip(paths, saved):
            self.assertEqual(path.read_bytes(), save.read_bytes())

    def test_made_of_ihex(self):
        memories = [files.random_memory(self.random, LAST) for _ in range(COUNT)]
        paths = [self.write(f"{number}.hex", files.ihex(self.random, memory)) for number, memory in enumerate(memories)]
        for memory, out in zip(memories, self.convert_all(paths, "dfuse")):
            self.assertEqual(self.parse(out), [(address, 0, data) for address, data in memory], out)

    def test_suffix(self):
        for number in range(20):
            path = self.write(f"{number}.hex", files.ihex(self.random, files.random_memory(self.random, LAST)))
            run(DFUTRIGGER, "pack", path, path.with_suffix(".dfu"), "--format", "dfuse", "--suffix=0483:df11:2200")
            told = run("dfu-suffix", "-c", path.with_suffix(".dfu"))
            self.assertIn("0x0483", told)
            self.assertIn("0x011A", told)


class SuffixTest(Case):
    def test_suffix(self):
        for number in range(100):
            path = self.write(f"{number}.bin", b"\x80" + self.random.randbytes(self.random.randint(0, 3000)))
            ids = [self.random.randint(0, 0xFFFF) for _ in range(3)]
            words = ":".join(f"{value:04x}" for value in ids)
            run(DFUTRIGGER, "pack", path, path.with_suffix(".dfu"), f"--suffix={words}")
            self.assertEqual(path.with_suffix(".dfu").read_bytes(), files.suffix(path.read_bytes(), *ids))
            told = run("dfu-suffix", "-c", path.with_suffix(".dfu"))
            for value in ids:
                self.assertIn(f"0x{value:04X}", told)


class EspTest(Case):
    CHIPS = {"esp32s2": 2, "esp32s3": 9, "esp32p4": 0x12, "esp32s31": 0x20}
    NAMES = ("bootloader.bin", "partition-table.bin", "a", "app with blanks.bin", "\u043e\u0434\u0438\u043d.bin",
             "long" * 20 + ".bin", "x" * 64, "x" * 63)

    def compose(self, number):
        """Writes a build folder; returns its description and the files in it."""
        folder = self.folder / f"build{number}"
        (folder / "sub").mkdir(parents=True)
        listed, described = [], {}
        for index, name in enumerate(self.random.sample(self.NAMES, self.random.randint(1, 4))):
            address = index * 0x200000 + self.random.randint(0, 0x100) * 0x1000
            data = self.random.randbytes(self.random.choice((0, 1, 3, 4, 4096, 10000, self.random.randint(0, 600000))))
            path = self.random.choice((name, f"sub/{name}"))
            (folder / path).write_bytes(data)
            listed.append((address, name, data))
            described[self.random.choice((str, hex))(address)] = path
        return folder, listed, dict(self.random.sample(list(described.items()), len(described)))

    def test_esp(self):
        for number in range(40):
            folder, listed, described = self.compose(number)
            chip = self.random.choice(list(self.CHIPS))
            size = self.random.choice((1, 2, 4, 16, 128))
            part = self.random.choice((4096, 65536, 512 * 1024, 1000))
            description = {"flash_files": described, "flash_settings": {"flash_size": f"{size}MB"}, "other": [1]}
            (folder / "flasher_args.json").write_text(json.dumps(description))
            out = folder / "dfu.bin"
            run(DFUTRIGGER, "pack", "--esp", "--chip", chip, "--flasher-args", folder / "flasher_args.json",
                "--part-size", part, out)
            self.assertEqual(out.read_bytes(), files.esp(listed, self.CHIPS[chip], part, size), description)
            self.assertIn("0x303A", run("dfu-suffix", "-c", out))
            self.check_with_cpio(out)

    def check_with_cpio(self, out):
        names = subprocess.run(["cpio", "--list", "--quiet"], input=out.read_bytes()[:-16], capture_output=True,
                               check=True).stdout.splitlines()
        self.assertEqual(names[:2], [b"dfuinfo0.dat", b"flash_params.dat"])

    def test_usual_sizes(self):
        self.write("app.bin", b"\xe9" * 600000)
        self.write("flasher_args.json", b'{"flash_files": {"0x10000": "app.bin"}}')
        run(DFUTRIGGER, "pack", "--esp", "--chip", "esp32s2", "--flasher-args", self.folder / "flasher_args.json",
            self.folder / "dfu.bin")
        self.assertEqual((self.folder / "dfu.bin").read_bytes(), files.esp([(0x10000, "app.bin", b"\xe9" * 600000)], 2))


@unittest.skipUnless(os.environ.get("FORMATS_NORDIC") != "false", "built without")
class NordicTest(Case):
    KINDS = {"softdevice_bootloader": 3, "softdevice": 1, "bootloader": 2, "application": 0}

    def random_firmware(self):
        return self.random.randbytes(4 * self.random.randint(1, 300))

    def compose(self, number):
        """A package and what it holds, in the order in which it is sent."""
        legacy = self.random.random() < 0.3
        contents, manifest, wanted = {}, {"dfu_version": 0.5} if legacy else {}, []
        for name in self.random.sample(list(self.KINDS), self.random.randint(1, 4)):
            firmware = self.random_firmware() + bytes(4)
            bin_name, dat_name = self.random.choice(((f"{name}.bin", f"{name}.dat"), (f"x/{number} {name}", f"\u00e4{name}")))
            sizes = (len(firmware) - 4, 4, 0) if name == "softdevice_bootloader" else None
            ids = tuple(self.random.sample(range(0x10000), self.random.randint(0, 16)))
            contents[bin_name] = firmware
            contents[dat_name] = files.nordic_legacy_init(firmware, ids, self.random.randint(0, 0xFFFFFFFF)) if legacy else \
                files.nordic_init(firmware, self.KINDS[name], self.random.choice((None, self.random.randbytes(64))),
                                  version=self.random.randint(0, 0xFFFFFFFF), hw_version=self.random.randint(0, 0xFFFFFFFF),
                                  sd_req=ids, sizes=sizes, debug=self.random.random() < 0.5)
            manifest[name] = {"bin_file": bin_name, "dat_file": dat_name}
            if sizes:
                told = {"sd_size": sizes[0], "bl_size": sizes[1]}
                manifest[name].update(told if legacy else {"info_read_only_metadata": told})
            wanted.append((list(self.KINDS).index(name), firmware))
        names = self.random.sample(list(contents), len(contents))
        data = files.nordic_zip({name: contents[name] for name in names}, manifest, self.random.random() < 0.5)
        return data, [firmware for _, firmware in sorted(wanted)]

    def test_read(self):
        paths, wanted = [], []
        for number in range(COUNT):
            data, firmwares = self.compose(number)
            paths.append(self.write(f"{number}.zip", data))
            wanted.append(firmwares)
        dumps = [path.with_suffix(".dump") for path in paths]
        saved = [path.with_suffix(".saved") for path in paths]
        formats = self.convert([(path, "-", dump) for path, dump in zip(paths, dumps)])
        self.assertEqual(set(formats), {"nordic", "nordic-legacy"})
        self.convert([(path, "=", save) for path, save in zip(paths, saved)])
        for path, dump, save, firmwares in zip(paths, dumps, saved, wanted):
            self.assertEqual([data for _, _, data in self.read_dump(dump)], firmwares, path)
            self.assertEqual(save.read_bytes(), path.read_bytes(), path)

    def make_keys(self):
        private, public = self.folder / "private.pem", self.folder / "public.pem"
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
        run("openssl", "pkey", "-pubout", "-in", private, "-out", public)
        return private, public

    def pack(self, *words):
        out = self.folder / "out.zip"
        out.unlink(missing_ok=True)
        run(DFUTRIGGER, "pack", *words, out)
        with zipfile.ZipFile(out) as archive:
            self.assertIsNone(archive.testzip())
            contents = {name: archive.read(name) for name in archive.namelist()}
        return out, contents, json.loads(contents["manifest.json"])["manifest"]

    def decode(self, packet):
        """What protoc makes of bytes: lines without their indent."""
        done = subprocess.run(["protoc", "--decode_raw"], input=packet, capture_output=True, check=True)
        return [line.strip() for line in done.stdout.decode().splitlines()]

    def verify(self, public, signature, message):
        """By openssl, which has R and S in DER, the highest byte first."""
        numbers = b""
        for half in (signature[31::-1], signature[:31:-1]):
            half = half.lstrip(b"\0")
            half = b"\0" + half if half[0] & 0x80 else half
            numbers += b"\2" + bytes([len(half)]) + half
        signed = self.write("signature.der", b"\x30" + bytes([len(numbers)]) + numbers)
        run("openssl", "dgst", "-sha256", "-verify", public, "-signature", signed, self.write("message", message))

    def test_signed(self):
        private, public = self.make_keys()
        for number in range(20):
            firmware = self.random_firmware()
            hex_path = self.folder / "app.hex"
            hex_path.write_bytes(files.ihex(self.random, [(0x26000, firmware)]))
            version, hw_version = self.random.randint(0, 0xFFFFFFFF), self.random.randint(0, 0xFFFFFFFF)
            out, contents, manifest = self.pack("--nordic", "--application", hex_path, "--hw-version", hw_version, "--sd-req",
                                                "0x100,0x123", "--application-version", version, "--key", private)
            self.assertEqual(manifest, {"application": {"bin_file": "application.bin", "dat_file": "application.dat"}})
            self.assertEqual(contents["application.bin"], firmware)
            packet = contents["application.dat"]
            command = files.nordic_init_command(firmware, 0, version, hw_version, (0x100, 0x123))
            self.assertEqual(packet[:-64], files.nordic_init(firmware, 0, bytes(64), version=version, hw_version=hw_version,
                                                             sd_req=(0x100, 0x123))[:-64])
            self.verify(public, packet[-64:], command)
            told = json.loads(run(DFUTRIGGER, "info", out, "--public-key", public, "--json"))
            self.assertIn({"layer": "nordic", "key": "application_signature_check", "value": "good"}, told["facts"])
            if number == 0:
                self.check_fields(packet, len(firmware), version, hw_version)

    def check_fields(self, packet, size, version, hw_version):
        lines = self.decode(packet)
        for line in (f"1: {version}", f"2: {hw_version}", "4: 0", f"7: {size}", "1: 3", "9: 0"):
            self.assertIn(line, lines)
        self.assertEqual(lines[:4], ["2 {", "1 {", "1: 1", "2 {"])

    def test_combined(self):
        app, sd, bl = (self.write(name, self.random_firmware()) for name in ("app.bin", "sd.bin", "bl.bin"))
        words = ("--application", app, "--softdevice", sd, "--bootloader", bl, "--sd-req", "0xb6", "--sd-id", "0x100",
                 "--application-version", "4", "--bootloader-version", "5")
        both = sd.read_bytes() + bl.read_bytes()
        sizes = {"bl_size": bl.stat().st_size, "sd_size": sd.stat().st_size}
        _, contents, manifest = self.pack("--nordic", *words, "--hw-version", "52")
        self.assertEqual(manifest["softdevice_bootloader"],
                         {"bin_file": "sd_bl.bin", "dat_file": "sd_bl.dat", "info_read_only_metadata": sizes})
        self.assertEqual(contents["sd_bl.bin"], both)
        self.assertEqual(contents["sd_bl.dat"], files.nordic_init(both, 3, version=5, sd_req=(0xB6,),
                                                                  sizes=(sizes["sd_size"], sizes["bl_size"], 0)))
        self.assertEqual(contents["application.dat"], files.nordic_init(app.read_bytes(), 0, version=4, sd_req=(0x100,)))
        _, contents, manifest = self.pack("--nordic-legacy", *words)
        self.assertEqual(manifest["dfu_version"], 0.5)
        self.assertEqual({key: manifest["softdevice_bootloader"][key] for key in sizes}, sizes)
        self.assertEqual(contents["sd_bl.dat"], files.nordic_legacy_init(both, (0xB6,), 5))
        self.assertEqual(manifest["application"]["init_packet_data"],
                         {"application_version": 4, "device_revision": 0xFFFF, "device_type": 0x52, "softdevice_req": [0x100],
                          "firmware_crc16": binascii.crc_hqx(app.read_bytes(), 0xFFFF)})


if __name__ == "__main__":
    # dfuse-pack leaves its files open
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], warnings="ignore")
