#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What a person reads: words.py PATH-OF-DFUTRIGGER [unittest's arguments]. Hints, progress, what there is."""

import os
import sys
import unittest

import run
from run import EXIT, Case


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
                           ("read", "upload"), ("dump", "upload"), ("erase", "command"), ("ls", "list"),
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
        for words, name in ((["sim", "--lis", "::1"], "--listen"), (["list", "--js"], "--json"),
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


if __name__ == "__main__":
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        run.COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
