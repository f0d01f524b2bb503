#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What --json prints is what docs/json.md and docs/dfutrigger.schema.json say: json_lines.py PATH-OF-DFUTRIGGER [unittest's
arguments]. Each line that these commands print is judged, and no member may be there that the schema does not know."""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

import jsonschema

import run
from run import EXIT, SOURCE, Case, compose_body, compose_mcuboot

SCHEMA = json.loads((SOURCE / "docs/dfutrigger.schema.json").read_text(encoding="utf-8"))


def close(schema):
    """The same schema, but what it does not name is wrong."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    if isinstance(closed.get("properties"), dict) and "type" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


CLOSED = close(SCHEMA)


def find_rule(event):
    for name, rule in CLOSED["$defs"].items():
        known = rule.get("properties", {}).get("event", {})
        if name.startswith("line_") and event in known.get("enum", [known.get("const")]):
            return {"$ref": f"#/$defs/{name}", "$defs": CLOSED["$defs"]}
    raise AssertionError(f"the schema has no event {event}")


class JsonCase(Case):
    def judge(self, text):
        """The lines, each of which is as the schema says."""
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertTrue(lines, "nothing was printed")
        for line in lines:
            jsonschema.Draft202012Validator(find_rule(line["event"])).validate(line)
            jsonschema.Draft202012Validator(SCHEMA).validate(line)
        return lines

    def lines(self, code, *words):
        result = self.expect(code, *words, "--json")
        self.assertEqual(result.err, "")
        return self.judge(result.text)


class EveryCommandTest(JsonCase):
    def setUp(self):
        super().setUp()
        self.signed = self.write("signed.bin", compose_mcuboot(compose_body(6000)))

    def test_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.assertIn("additionalProperties", CLOSED["$defs"]["line_result"])

    def test_models(self):
        """Each virtual device, with all that list, doctor and command tell of it."""
        for model in self.lines(0, "sim")[0]["models"]:
            with self.subTest(model["name"]):
                sim = ["--sim", model["name"], "--all"]
                self.judge(self.run_command(*sim, "list", "--json").text)
                self.judge(self.run_command(*sim, "doctor", "--json").text)

    def test_documents(self):
        for words, event in ((["list"], "list"), (["list", "--probe"], "list"), (["doctor"], "doctor"),
                             (["command"], "commands")):
            with self.subTest(words):
                line, = self.lines(0, *self.keyboard, *words)
                self.assertEqual(line["event"], event)
        self.assertEqual(self.lines(0, "info", self.signed)[0]["event"], "info")
        self.assertEqual(self.lines(0, "pack", "--suffix", self.signed, self.folder / "new.bin")[0]["event"], "info")
        line, = self.lines(0, *self.keyboard, "report", self.folder / "report.txt")
        self.assertEqual((line["event"], line["session"]), ("report", None))
        self.lines(0, *self.keyboard, "--record", self.folder / "session.jsonl", "list")
        line, = self.lines(0, "explain", self.folder / "session.jsonl")
        self.assertEqual(line["event"], "explain")
        self.assertEqual(self.lines(0, "sim", "zephyr", "--help")[0]["models"][0]["name"], "zephyr")

    def test_help(self):
        names = [command["name"] for command in self.lines(0, "help")[0]["commands"]]
        self.assertIn("update", names)
        for words in (["help", "update"], ["update", "--help"]):
            line, = self.lines(0, *words)
            self.assertEqual([command["name"] for command in line["commands"]], ["update"])
            self.assertIn("address", [option["name"] for option in line["commands"][0]["options"]])
        for topic in ("exit-codes", "formats", "families"):
            self.assertEqual(self.lines(0, "help", topic)[0]["event"], topic)
        self.assertEqual(self.lines(0, "--version")[0]["event"], "version")

    def test_jobs(self):
        out = self.folder / "out.bin"
        for words in ([*self.board, "trigger"], [*self.board, "-a", "1", "update", self.signed],
                      [*self.board, "-a", "1", "upload", "--size", "1K", out], ["--sim", "xmos", "command", "revert-factory"],
                      [*self.board, "-a", "1", "update", self.signed, "--dry-run"]):
            with self.subTest(words):
                lines = self.lines(0, *words)
                self.assertEqual((lines[-1]["event"], lines[-1]["code"]), ("result", "ok"))
                self.assertEqual([line["event"] for line in lines].count("result"), 1)
                for line in lines:
                    self.assertEqual(line["device"]["path"], "1-1", "each line says which device")

    def test_which_device_of_two(self):
        lines = self.lines(0, "--sim", "zephyr", "--sim", "zephyr", "-p", "1-2", "trigger")
        self.assertEqual({line["device"]["path"] for line in lines}, {"1-2"})
        self.assertEqual([lines[0]["device"]["mode"], lines[-1]["device"]["mode"]], ["application", "bootloader"])

    def test_what_went_over_the_wire(self):
        chip = ["--sim", f"stm32f072:state={self.folder / 'chip'}", "--address", "0x08000000"]
        image = self.write("chip.bin", compose_body(40000))
        first = self.lines(0, *chip, "update", image)[-1]
        self.assertGreaterEqual(first["moved"], 40000)
        self.assertGreater(first["moved_ms"], 0)
        self.assertGreaterEqual(first["elapsed_ms"], first["moved_ms"])
        # Nothing differs: nothing is written.
        self.assertEqual(self.lines(0, *chip, "update", image)[-1]["moved"], 0)

    def test_errors_are_results(self):
        missing = self.folder / "missing"
        two = ["--sim", "zephyr", "--sim", "zephyr"]
        for code, words in (("usage", ["list", "--nonsense"]), ("usage", ["upate"]), ("usage", ["update"]),
                            ("usage", ["help", "upate"]), ("usage", ["pack", self.signed, self.signed, "--suffix"]),
                            ("not-found", ["info", missing]), ("not-found", [*self.board, "update", missing]),
                            ("not-found", [*self.board, "-d", "1234:5678", "trigger"]), ("ambiguous", [*two, "trigger"]),
                            ("ambiguous", [*two, "command"]), ("not-found", ["--sim", "toaster", "list"]),
                            ("not-found", ["sim", "toaster", "--help"]), ("not-found", ["sim", "toaster", "--listen", "::1"]),
                            ("not-found", ["--devices", missing, "list"]), ("not-found", [*self.board, "command", "dance"])):
            with self.subTest(words):
                line = self.lines(EXIT[code], *words)[-1]
                self.assertEqual((line["event"], line["code"], line["exit_code"]), ("result", code, EXIT[code]))
        line, = self.lines(EXIT["length"], "info", self.write("cut.bin", self.signed.read_bytes()[:3000]))
        self.assertEqual(line["check"], "length")

    def test_waiting(self):
        lines = self.lines(EXIT["timeout"], *self.board, "-d", "1234:5678", "trigger", "--wait=1")
        self.assertEqual([line["event"] for line in lines], ["waiting", "result"])

    def test_upload_that_breaks(self):
        broken = ["--sim", "dfu:start=bootloader,size=1M,transfer-size=1K,fault=stall:20"]
        result = self.run_command(*broken, "upload", self.folder / "out", "--json")
        self.judge(result.text)

    def test_virtual_devices_that_are_served(self):
        process = subprocess.Popen([run.COMMAND, "sim", "zephyr", "--listen", "127.0.0.1:0", "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=run.TIMEOUT)
        self.assertEqual(self.judge(line)[0]["event"], "listening")


class PageTest(JsonCase):
    """The page has what is printed."""

    PAGE = (SOURCE / "docs/json.md").read_text(encoding="utf-8")

    def test_examples(self):
        """Its lines are as the schema says, and have the members that the command above them prints."""
        examples = re.findall(r"(?m)^    dfutrigger (.*)\n\n```jsonl\n((?:.*\n)+?)```", self.PAGE)
        self.assertEqual(len(examples), 2)
        for words, text in examples:
            with self.subTest(words):
                shown = self.judge(text)
                printed = self.judge(self.run_command(*words.split(), cwd=self.folder).text)
                for line in shown:
                    alike = [other for other in printed if other["event"] == line["event"]]
                    self.assertEqual(list(alike[-1]), list(line))
                self.assertEqual([shown[-1][key] for key in ("code", "device", "message")],
                                 [printed[-1][key] for key in ("code", "device", "message")])

    def test_names_each_event_and_each_member(self):
        names = set(re.findall(r"`([a-z_-]+)`", self.PAGE))
        for name, rule in SCHEMA["$defs"].items():
            if not name.startswith("line_"):
                continue
            event = rule["properties"]["event"]
            with self.subTest(name):
                self.assertLessEqual(set(event.get("enum", [event.get("const")])) - names, {"exit-codes", "formats", "families"})
        result = SCHEMA["$defs"]["line_result"]["properties"]
        self.assertLessEqual(set(result), names)


if __name__ == "__main__":
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        run.COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
