"""Runs the commands of a guide against a running instance and compares the answers: run_guide.py GUIDE.md

Every ```sh block is run, in order, in one bash with the caller's environment (ANNALS_HOME says which
instance). A ```json or ```text block is what the sh block before it must print; in it "…" stands for what
differs each time.
"""

import json
import pathlib
import re
import subprocess
import sys

ANY = "…"
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.M | re.S)


def same(expected, actual):
    if expected == ANY:
        return True
    if isinstance(expected, dict):
        return isinstance(actual, dict) and expected.keys() == actual.keys() and all(
            same(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(same, expected, actual))
    return expected == actual


def text_matches(expected, actual):
    pattern = ".*".join(re.escape(part) for part in expected.strip().split(ANY))
    return re.fullmatch(pattern, actual.strip(), re.S) is not None


def matches(kind, expected, actual):
    if kind == "text":
        return text_matches(expected, actual)
    try:
        return same(json.loads(expected), json.loads(actual))
    except json.JSONDecodeError:
        return False


class Shell:
    """One bash that keeps its variables from block to block."""

    END = "@@@ end of block"

    def __init__(self):
        self.process = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, commands):
        self.process.stdin.write(f"{commands}\nprintf '\\n%s\\n' '{self.END}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == self.END:
                return "".join(lines).removesuffix("\n")
            lines.append(line)
        raise SystemExit("the shell of the guide ended: " + "".join(lines))


def main(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    shell, printed, failed, blocks = Shell(), "", 0, 0
    for found in BLOCK.finditer(text):
        kind, body = found[1], found[2]
        line = text.count("\n", 0, found.start()) + 1
        if kind == "sh":
            printed, blocks = shell.run(body), blocks + 1
        elif not matches(kind, body, printed):
            failed += 1
            print(f"{path}:{line}: expected\n{body}but the commands before it printed\n{printed}\n")
    print(f"{path}: {blocks} blocks of commands, {failed} answers differ")
    return 1 if failed or blocks == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
