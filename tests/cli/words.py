#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What a person reads: words.py PATH-OF-DFUTRIGGER [unittest's arguments]. Hints, progress, what there is."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unittest

import run
from run import EXIT, SOURCE, Case, compose_body


class HintTest(Case):
    """Who writes another word is told ours."""

    def assert_hints(self, expected, *words, code=EXIT["usage"]):
        result = self.expect(code, *words)
        hint = result.err.partition("\nhint: ")[2]
        self.assertIn(expected, hint, str(result))
        return hint

    def test_near_commands(self):
        for word, name in (("upate", "update"), ("udpate", "update"), ("Update", "update"), ("updat", "update"),
                           ("triger", "trigger"), ("lst", "list"), ("uplaod", "upload"), ("comand", "command"),
                           ("docter", "doctor"), ("inf", "info")):
            with self.subTest(word):
                self.assert_hints(f'did you mean "{name}"?', word)
                self.assert_hints(f'did you mean "{name}"?', "help", word)

    def test_words_of_other_programs(self):
        for word, name in (("flash", "update"), ("write", "update"), ("download", "update"), ("program", "update"),
                           ("upgrade", "update"), ("restart", "command"), ("read", "upload"), ("dump", "upload"),
                           ("erase", "command"), ("ls", "list"),
                           ("detach", "trigger"), ("convert", "pack")):
            with self.subTest(word):
                self.assert_hints(f'here that is "{name}": ', word, "any.bin")

    def test_words_that_mean_nothing(self):
        for word in ("frobnicate", "x", "", "a" * 1000):
            with self.subTest(word[:10]):
                self.assertEqual(self.assert_hints("", word), '"dfutrigger help" shows the commands\n')

    def test_options_of_dfu_util(self):
        for words, ours in ((["-D", "a.bin"], '"dfutrigger update FILE"'), (["-Da.bin"], '"dfutrigger update FILE"'),
                            (["--download", "a.bin"], '"dfutrigger update FILE"'),
                            (["-U", "a.bin"], '"dfutrigger upload FILE"'), (["-l"], '"dfutrigger list"'),
                            (["--list"], '"dfutrigger list"'), (["-s", "0x08000000:leave"], "--address ADDR"),
                            (["update", "-s", "0x08000000:leave", "a.bin"], "--address ADDR"),
                            (["--dfuse-address=0x08000000"], "--address ADDR"), (["-e"], '"dfutrigger trigger"'),
                            (["-a", "0", "-R", "-D", "a.bin"], "--restart=always"), (["-w", "-D", "a.bin"], "--wait"),
                            (["-v", "-vl"], '"dfutrigger list"'), (["upload", "-Z", "5", "a"], "--size N")):
            with self.subTest(words):
                self.assert_hints(f"is here: {ours}", *words)

    def test_near_options(self):
        for words, name in ((["list", "--jsn"], "--json"), (["update", "--tranfer-size=4", "a"], "--transfer-size"),
                            (["upload", "--overwite", "a"], "--overwrite"), (["trigger", "--dryrun"], "--dry-run"),
                            (["--verbos", "list"], "--verbose")):
            with self.subTest(words):
                self.assert_hints(f"did you mean {name}?", *words)

    def test_long_options_are_not_abbreviated(self):
        for words, name in ((["sim", "--lis", "::1"], "--listen"), (["sim", "--list", "::1"], "--listen"),
                            (["list", "--js"], "--json"),
                            (["update", "--verif", "a"], "--verify"), (["--vers"], "--version")):
            with self.subTest(words):
                result = self.expect(EXIT["usage"], *words)
                self.assertIn(f"unknown option {words[-1] if words[0] not in ('sim', 'update') else words[1]}\n", result.err)
                self.assertIn(f"did you mean {name}?", result.err)
        # One that another command has is not meant.
        self.assertNotIn("did you mean", self.expect(EXIT["usage"], "list", "--lis").err)

    def test_a_command_hints_at_its_own_help(self):
        for words in (["list", "--nonsense"], ["update"], ["update", "a", "b"], ["pack", "a", "b"], ["upload", "--size", "x", "a"],
                      ["list", "--size", "5"], ["trigger", "-d"], ["info", "--jso", "a"], ["sim", "--attach"]):
            with self.subTest(words):
                self.assert_hints(f'"dfutrigger {words[0]} --help" explains the command and its options\n', *words)

    def test_whose_option_it_is(self):
        self.assert_hints('it is an option of "update".', "pack", "--erase", "all", "a", "b")
        self.assert_hints('it is an option of "update", "upload".', "list", "--restart", "never")

    def test_near_choices(self):
        self.assert_hints("did you mean needed?", "update", "--erase", "neded", "a")
        self.assert_hints("did you mean always?", "upload", "--restart", "alway", "a")

    def test_letters(self):
        """Options with one hyphen, as other programs take them."""
        devices = self.expect(0, *self.board, *self.keyboard, "list", "--json", "-qd2fe3:").document["devices"]
        self.assertEqual([device["vendor_id"] for device in devices], ["2fe3"])
        self.assertIn('unexpected argument "-q"', self.expect(EXIT["usage"], "list", "--", "-q").err)
        self.assertIn("-d needs an argument", self.expect(EXIT["usage"], "list", "-qd").err)
        self.assertIn("--json takes no argument", self.expect(EXIT["usage"], "list", "--json=yes").err)


class NamesTest(Case):
    """Who names what there is not is told what there is."""

    def assert_told(self, code, words, *expected):
        result = self.expect(EXIT[code], *words)
        for text in expected:
            self.assertIn(text, result.err)

    def test_formats_families_checks(self):
        pack = ["pack", "a", "b"]
        self.assert_told("usage", [*pack, "--format", "uf3"], "dfuse, ihex, srec, uf2, raw", "did you mean uf2?")
        self.assert_told("usage", [*pack, "--family", "rp204"], "did you mean rp2040?", "dfutrigger help families")
        self.assert_told("usage", ["update", "a", "--force", "hsh"], "format, length", "did you mean hash?")
        image = self.write("any.bin", compose_body(512))
        self.assert_told("unsupported", ["pack", image, "b", "--format", "elf"], "can be read, not written")
        for number, family in enumerate(("rp2040", "RP2040", "0xe48bff56")):
            self.expect(0, "pack", image, self.folder / f"{number}.uf2", "--format", "uf2", "--family", family,
                        "--address", "0x10000000")

    def test_help_lists_them(self):
        formats = self.expect(0, "help", "formats").text
        for name in ("mcuboot", "dfuse", "ihex", "srec", "uf2", "elf", "nordic", "esp", "raw"):
            self.assertRegex(formats, rf"(?m)^{name} ")
        self.assertEqual(re.findall(r"(?m)^(\S+) .*; pack --format writes it", formats), ["dfuse", "ihex", "srec", "uf2", "raw"])
        self.assertIn("rp2040\n", self.expect(0, "help", "families").text)

    def test_suffix_where_the_format_has_a_place_for_it(self):
        """Asked of the library's table: "pack --suffix" and what help says agree."""
        raw = self.write("any.bin", compose_body(512))
        for name, can in re.findall(r"(?m)^(\S+) .*pack --format writes it(.*)", self.expect(0, "help", "formats").text):
            out = self.folder / f"a.{name}"
            address = [] if name == "raw" else ["--address", "0x08000000"]
            done = self.run_command("pack", raw, out, *address, "--format", name, "--suffix")
            self.assertEqual(done.code, 0 if "may have a DFU suffix" in can else EXIT["usage"], f"{name}: {done}")

    def test_devices_alternates_triggers_commands(self):
        two = ["--sim", "zephyr", "--sim", "xmos"]
        self.assert_told("not-found", [*two, "-d", "1234:5678", "trigger"], "2fe3:0005", "20b1:0002", "-d APP,BOOT")
        self.assert_told("ambiguous", [*two, "trigger"], "2fe3:0005", "20b1:0002", ": -p, -S, -d\n")
        self.assert_told("not-found", ["--sim", "stm32f072", "-a", "Flash", "upload", "-"], '0 "@Internal Flash', '1 "@Option')
        self.assert_told("not-found", ["--sim", "webcam", "-d", "30c9:", "trigger", "--how", "nope"], "it has dfu-detach")
        self.assert_told("not-found", ["--sim", "xmos", "command", "revert"], "revert-factory, save-state")
        self.assert_told("not-found", ["--sim", "stm32f072", "command", "revert"], "it has ")

    def test_protocols_of_a_table(self):
        for name, code in (("dfx", EXIT["usage"]), ("dfu", 0), ("usbasp", 0)):
            table = self.write("table.json", b"""{"format": 1, "devices": [{"name": "mine", "bootloader": [{"ids":
                               ["1209:0002"]}], "protocol": "%s"}]}""" % name.encode())
            result = self.expect(code, "--devices", table, *self.board, "list")
            if code:
                self.assertRegex(result.err, r'device "mine": "protocol": names a protocol that does not exist\nhint: .*dfuse')

    def test_virtual_devices(self):
        self.assert_told("not-found", ["--sim", "zephir", "list"], "did you mean zephyr?", '"dfutrigger sim" shows')
        self.assert_told("not-found", ["sim", "zephir", "--help"], "did you mean zephyr?")
        # Its name once.
        self.assert_told("not-found", ["--sim", "zephir", "list"], "dfutrigger: zephir: no such virtual device")
        self.assert_told("usage", ["--sim", "zephyr:colour=red", "list"], "dfutrigger: zephyr: no option 'colour'")
        self.assert_told("usage", ["--sim", "zephyr:colour=red", "list"], '"dfutrigger sim zephyr --help" shows its options')

    def test_sim_explains_one(self):
        every = self.expect(0, "sim").text
        self.assertLess(len(every.splitlines()), 60)
        self.assertNotIn("state=", every)
        self.assertIn('"dfutrigger sim NAME --help"', every)
        one = self.expect(0, "sim", "zephyr", "--help").text
        self.assertTrue(one.startswith("zephyr "), one)
        self.assertIn("    state=FILE: ", one)
        self.assertEqual(one, self.expect(0, "sim", "zephyr:state=x", "-h").text)
        both = self.expect(0, "sim", "zephyr", "pico", "--help").text
        self.assertIn("\npico ", both)
        self.assertIn("usage: dfutrigger sim", self.expect(0, "sim", "--help").text)

    def test_alone_it_shows_what_there_is(self):
        result = self.expect(0)
        self.assertTrue(result.text.startswith("usage: dfutrigger "), result.text)
        for word in ("commands:", "  update ", "options of every command:", "\ndevices:\n  "):
            self.assertIn(word, result.text)
        self.assertEqual(result.err, "")
        self.expect(EXIT["usage"], "-q")


class Terminal:
    """A program on a terminal of so many columns, and what it writes there."""

    def __init__(self, words, columns, term="xterm", **options):
        self.master, slave = pty.openpty()
        self.resize(columns)
        self.process = subprocess.Popen([str(word) for word in words], stdin=slave, stdout=slave, stderr=slave,
                                        env=dict(os.environ, TERM=term, **options), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, pattern, timeout=run.TIMEOUT):
        """Returns whether it came; False at the end, too."""
        end = time.monotonic() + timeout
        while not re.search(pattern, self.text):
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                return False
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.text += data.decode("utf-8", "replace")
        return True

    def read_all(self):
        self.read_until("(?!)")
        return self.process.wait(timeout=run.TIMEOUT)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class ProgressTest(Case):
    SLOW = "dfu:start=bootloader,size=48K,transfer-size=1K,transfer-us=20000"
    LAST = r"took (\d+\.\d) s, at (\d+\.\d) KiB/s"

    def start(self, columns, *words, **options):
        terminal = Terminal([run.COMMAND, *words], columns, **options)
        self.addCleanup(terminal.close)
        return terminal

    @staticmethod
    def split(text):
        """Lines as they are drawn, one over the other."""
        return [line for line in re.split(r"[\r\n]+", text.replace("\033[K", "")) if line]

    def test_any_width(self):
        for columns in (200, 80, 60, 40, 25, 12, 4):
            with self.subTest(columns):
                terminal = self.start(columns, "--sim", self.SLOW, "upload", "--size", "48K", self.folder / f"{columns}")
                self.assertEqual(terminal.read_all(), 0)
                drawn = [line for line in self.split(terminal.text) if line.startswith("uploading"[:columns - 1])]
                self.assertGreater(len(drawn), 5)
                self.assertLess(max(map(len, drawn)), columns)
                self.assertEqual(any("#" in line for line in drawn), columns >= 60)
                if columns >= 40:
                    self.assertRegex(drawn[-1], r"100%  \d+\.\d KiB/s  \d+\.\d s$")

    def test_narrowed_while_it_runs(self):
        terminal = self.start(100, "--sim", self.SLOW, "upload", "--size", "48K", self.folder / "out")
        self.assertTrue(terminal.read_until("uploading.*KiB/s"))
        terminal.resize(40)
        seen = len(terminal.text)
        self.assertEqual(terminal.read_all(), 0)
        # What was under way while it was narrowed is as it was; its line is ended, and what follows is narrow.
        after = terminal.text[seen:]
        self.assertIn("\n", after[:400])
        drawn = [line for line in self.split(after[after.index("\n"):]) if line.startswith("uploading")]
        self.assertGreater(len(drawn), 5)
        self.assertLess(max(map(len, drawn)), 40)

    def test_dumb_terminals_and_pipes_get_lines(self):
        for term in ("dumb", None):
            with self.subTest(term):
                if term:
                    terminal = self.start(40, "--sim", self.SLOW, "upload", self.folder / "dumb", term=term)
                    self.assertEqual(terminal.read_all(), 0)
                    text = terminal.text.replace("\r\n", "\n")
                else:
                    text = self.expect(0, "--sim", self.SLOW, "upload", self.folder / "piped").err
                self.assertIn("uploading", text.splitlines()[0])
                for control in ("\r", "\033", "#"):
                    self.assertNotIn(control, text)

    def test_last_line_has_time_and_rate(self):
        """Measured: the device answers 48 times after 20 ms, and nothing but its 48 KiB is counted."""
        start = time.monotonic()
        text = self.expect(0, "--sim", self.SLOW, "upload", "--size", "48K", self.folder / "out").text
        passed = time.monotonic() - start
        match = re.fullmatch(self.LAST, text.splitlines()[-1])
        self.assertTrue(match, text)
        seconds, rate = float(match[1]), float(match[2])
        self.assertGreaterEqual(seconds, 48 * 0.02 - 0.1)
        self.assertLessEqual(seconds, passed + 0.1)
        self.assertGreater(rate, 0.9 * 48 / (seconds + 0.1))
        self.assertLess(rate, 1 / 0.02)
        self.assertEqual(self.expect(0, "--sim", self.SLOW, "-q", "upload", self.folder / "quiet").text, "")

    def test_what_is_not_written_has_no_rate(self):
        chip = ["--sim", f"stm32f072:state={self.folder / 'chip'}", "--address", "0x08000000", "update",
                self.write("chip.bin", compose_body(40000))]
        self.assertRegex(self.expect(0, *chip).text.splitlines()[-1], f"^{self.LAST}$")
        self.assertRegex(self.expect(0, *chip).text.splitlines()[-1], r"^took \d+\.\d s$")
        self.assertRegex(self.expect(0, *self.board, "trigger").text.splitlines()[-1], r"^took \d+\.\d s$")

    def test_failures_have_none(self):
        result = self.run_command("--sim", "dfu:start=bootloader,size=8K,fault=stall@4", "upload", self.folder / "out")
        self.assertNotEqual(result.code, 0)
        self.assertNotIn("took", result.text + result.err)


class CompletionTest(Case):
    """What the command says may follow, and each shell that asks it."""

    PROGRAM = "dfutrigger"

    def complete(self, *words):
        return [line.partition("\t")[0] for line in self.expect(0, "complete", "--", *words).text.splitlines()]

    def test_words(self):
        for words, expected in ((["up"], ["update", "upload"]), (["update", "--dry"], ["--dry-run"]),
                                (["update", "--force", "ha"], ["hash"]), (["--sim", "zep"], ["zephyr"]),
                                (["sim", "zep"], ["zephyr"]), (["update", "--erase", "a"], ["auto", "all"]),
                                (["update", "--erase=m"], ["--erase=mass"]), (["pack", "--format", "i"], ["ihex"]),
                                (["pack", "--family", "rp2040"], ["rp2040"]), (["pack", "--chip", "esp32s2"], ["esp32s2"]),
                                (["list", "-d", "1209:1", "--protocol", "sonix"], ["sonix-isp"]),
                                (["update", "--protocol=dfus"], ["--protocol=dfuse"]),
                                (["help", "exit"], ["exit-codes"]), (["help", "upd"], ["update"]),
                                (["update", ""], [":files"]), (["--devices", ""], [":files"]),
                                (["update", "--volume", ""], [":folders"]), (["update", "a", ""], []),
                                (["frobnicate", ""], []), (["trigger", "--timeout", ""], [])):
            with self.subTest(words):
                self.assertEqual(self.complete(*words), expected)
        self.assertNotIn("--erase", self.complete("list", "--"))
        self.assertIn("--json", self.complete("--"))

    def test_what_is_plugged_in(self):
        two = ["--sim", "zephyr", "--sim", "stm32f072"]
        named = ["--sim", "dfu:vid=1209,pid=0001,start=bootloader", "-d", "1209:0001", "--protocol", "picoboot"]
        for words, expected in (([*two, "-d", ""], ["2fe3:0005", "0483:df11"]), ([*two, "-p", ""], ["1-1", "1-2"]),
                                ([*two, "-d", "2f"], ["2fe3:0005"]), ([*two, "--path=1-"], ["--path=1-1", "--path=1-2"]),
                                ([*two, "-p", "1-2", "upload", "-a", ""], ["0", "1"]),
                                (["--sim", "webcam", "-p", "1-1", "trigger", "--how", ""], ["dfu-detach"]),
                                (["--sim", "xmos", "command", "r"], ["revert-factory", "restore-state"]),
                                (["--sim", "zephyr", "-S", ""], ["8F3A51C07D2E64B9"]),
                                (["--sim", "pico", "update", "--part", ""], ["rp2040", "rp2350"]),
                                (["--sim", "zephyr", "-d", "2fe3:0005", "update", "--part", ""], []),
                                ([*named, "update", "--part=rp23"], ["--part=rp2350"]),
                                (["--sim", "sinowealth-keyboard", "update", "--part", "sh68f88"], ["sh68f881"])):
            with self.subTest(words):
                self.assertEqual(self.complete(*words), expected)
        text = self.expect(0, "complete", "--", "--sim", "stm32f072", "upload", "-a", "").text
        self.assertIn("0\t@Internal Flash", text)
        # Where nothing shows which protocol is meant, it may be each of them.
        parts = self.complete("--sim", "zephyr", "-d", "1209:", "update", "--part", "")
        for part in ("rp2040", "atmega32u4", "sh68f881"):
            self.assertIn(part, parts)

    def test_nothing_is_written_meanwhile(self):
        self.expect(0, "complete", "--", "--sim", "zephyr", "--sim-record", self.record_path, "-vv", "-d", "")
        self.assertFalse(self.record_path.exists())
        self.assertEqual(self.expect(0, "complete", "--", "--sim", "toaster", "-d", "").text, "")

    def get_environment(self):
        """In which "dfutrigger" is the program."""
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        link = bin_folder / self.PROGRAM
        if not link.exists():
            link.symlink_to(run.COMMAND)
        # Fish and zsh look for what they keep in HOME.
        return {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    # What is typed, and what stands there then
    TYPED = (("dfutrigger upda", "dfutrigger update "), ("dfutrigger --sim xmos command rev", "command revert-factory "),
             ("dfutrigger --sim zephyr list -d 2fe", "-d 2fe3:0005 "), ("dfutrigger --sim zephyr list -d 2fe3:", "-d 2fe3:0005 "),
             ("dfutrigger update --erase=ma", "--erase=mass "), ("dfutrigger --sim webcam trigger --how dfu-d", "--how dfu-detach "),
             ("dfutrigger pack --family rp204", "--family rp2040 "),
             ("dfutrigger list -d 1209:1 --protocol sonix", "--protocol sonix-isp "),
             ("dfutrigger --sim pico update --part=rp23", "--part=rp2350 "), ("dfutrigger update firm", "update firmware.bin "),
             ("dfutrigger --devices=firm", "--devices=firmware.bin "))

    def assert_types(self, words, prepare):
        """On a terminal: the tabulator key."""
        self.write("firmware.bin", b"")
        for typed, shown in self.TYPED:
            with self.subTest(typed):
                environment = self.get_environment()
                terminal = Terminal(words, 200, **environment)
                try:
                    terminal.type(f"cd {self.folder}; {prepare}; PS1=; echo re''ady\n")
                    self.assertTrue(terminal.read_until("ready\r?\n"), terminal.text)
                    terminal.text = ""
                    terminal.type(f"{typed}\t")
                    self.assertTrue(terminal.read_until(re.escape(shown.rstrip()) + r"(\x1b\[[0-9;]*m)* ", 30), terminal.text)
                finally:
                    terminal.close()

    def test_bash(self):
        self.assert_types(["bash", "--norc", "-i"], f"source {SOURCE}/examples/cli/completion.bash")

    def test_zsh(self):
        places = self.folder / "functions"
        places.mkdir()
        (places / "_dfutrigger").symlink_to(SOURCE / "examples/cli/completion.zsh")
        self.assert_types(["zsh", "-f", "-i"], f"fpath=({places} $fpath); autoload -U compinit; compinit -u -D")

    def test_fish(self):
        self.write("firmware.bin", b"")
        for typed, shown in self.TYPED:
            with self.subTest(typed):
                done = subprocess.run(["fish", "--no-config", "-c", f"source {SOURCE}/examples/cli/completion.fish; complete -C '{typed}'"],
                                      capture_output=True, text=True, check=True, timeout=run.TIMEOUT, cwd=self.folder,
                                      env=dict(os.environ, **self.get_environment()))
                found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
                self.assertIn(shown.split()[-1], found, done.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        run.COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
