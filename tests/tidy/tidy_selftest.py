"""The rules of tidy.py catch what they say they catch: each runs over a small tree with breaches in it."""

import pathlib
import subprocess
import tempfile
import unittest

import tidy


class TidyRules(unittest.TestCase):
    def breaches(self, rule, files):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "-q", folder], check=True)
            for path, text in files.items():
                target = pathlib.Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            before, tidy.ROOT = tidy.ROOT, pathlib.Path(folder)
            try:
                return [path for path, _, _ in tidy.RULES[rule]()]
            finally:
                tidy.ROOT = before

    def test_layers(self):
        files = {
            "domain/a.cpp": '#include "commands/b.hpp"\n',
            "commands/c.cpp": '#include "infra/d.hpp"\n#include "domain/e.hpp"\n',
            "infra/kafka/f.cpp": '#include "api/g.hpp"\n',
            "infra/postgres/h.cpp": '#include "infra/app/i.hpp"\n',
            "infra/app/j.cpp": '#include "api/g.hpp"\n#include "infra/app/i.hpp"\n',
        }
        expected = ["commands/c.cpp", "domain/a.cpp", "infra/kafka/f.cpp", "infra/postgres/h.cpp"]
        self.assertEqual(self.breaches("layers", files), expected)

    def test_heavy_headers(self):
        files = {
            "domain/contract/json_reader.cpp": "#include <simdjson.h>\n",
            "api/http/a.cpp": "#include <boost/beast/http.hpp>\n",
            "domain/b.cpp": "#include <random>\n",
            "commands/c.cpp": "#include <random>\n",
            "commands/d.hpp": "#include <regex>\n",
        }
        expected = ["api/http/a.cpp", "commands/d.hpp", "domain/b.cpp"]
        self.assertEqual(self.breaches("heavy_headers", files), expected)

    def test_sizes(self):
        files = {
            "domain/a.cpp": "int a;\n" * 401,
            "domain/b.cpp": "int b() {\n" + "    b();\n" * 71 + "}\n",
            "domain/c.cpp": "struct C {\n" + "    int c();\n" * 90 + "};\n",
            "domain/d.cpp": "//" + "d" * 120 + "\n",
        }
        self.assertEqual(self.breaches("file_length", files), ["domain/a.cpp"])
        self.assertEqual(self.breaches("function_length", files), ["domain/b.cpp"])
        self.assertEqual(self.breaches("line_length", files), ["domain/d.cpp"])

    def test_banned_words(self):
        slept = "TEST(A, B) {\nsleep_for(1s);\n}"
        skipped = "GTEST_SKIP();"
        files = {
            "tests/a_test.cpp": slept,
            "tests/a.cpp": skipped,
            "tests/support/b.cpp": "sleep_for(1s);",
            "infra/a.cpp": "sleep_for(1s);",
            "infra/b.cpp": "// TODO",
        }
        expected = ["infra/b.cpp", "tests/a.cpp", "tests/a_test.cpp"]
        self.assertEqual(sorted(self.breaches("banned_words", files)), expected)

    def test_log_codes(self):
        files = {"infra/a.cpp": 'log("KAFKA-3f1c");', "infra/b.cpp": 'log("KAFKA-3f1c");\nlog("KAFKA-3f1d");'}
        self.assertEqual(self.breaches("log_codes", files), ["infra/b.cpp"])

    def test_includes(self):
        files = {
            "domain/a.hpp": "int a();\n",
            "domain/a.cpp": '#include <string>\n#include "domain/a.hpp"\n',
            "domain/b.cpp": '#include "a.hpp"\n',
        }
        expected = ["domain/a.cpp", "domain/a.hpp", "domain/b.cpp"]
        self.assertEqual(sorted(self.breaches("includes", files)), expected)

    def test_co_await(self):
        good = [
            "auto [ec, n] = co_await read(stream, buffer, token);",
            "if (auto x = co_await f(); x) {\n}",
            "for (;;) {\n    co_await g(h(i));\n}",
            'log("co_await {} ?");',
        ]
        bad = [
            "co_await f(Options{1});",
            "co_await f(a ? b : c);",
            "co_await f([x] { return x; });",
            "use(co_await a(), co_await b());",
        ]
        for statement in good + bad:
            files = {"api/server/a.cpp": f"void f() {{\n{statement}\n}}\n"}
            self.assertEqual(bool(self.breaches("co_await", files)), statement in bad, statement)

    def test_test_names(self):
        test = "TEST(Task, Moves) {}"
        files = {"tests/domain/a_test.cpp": test, "tests/domain/b.cpp": test, "tests/domain/c.cpp": ""}
        self.assertEqual(self.breaches("test_names", files), ["tests/domain/b.cpp"])


if __name__ == "__main__":
    unittest.main()
