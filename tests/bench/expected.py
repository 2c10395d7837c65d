"""expected.json: the ratios and instruction counts that the guards compare with."""

import json

from measure import HERE

FILE = HERE / "expected.json"


def read():
    return json.loads(FILE.read_text(encoding="utf-8"))


def write(part, values):
    """Replaces some values of a part; the others stay."""
    content = read()
    content[part] |= values
    FILE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
