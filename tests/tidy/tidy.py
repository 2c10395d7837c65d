"""Style rules as tests: `tidy.py RULE` prints every breach as path:line and exits 1 when there is one.

A rule is a function that yields (path, line number, message). RULES names them; each is a ctest case of its
own with the label tidy. What needs a compiler (names, unused things) is in .clang-tidy instead.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COLUMNS_MAX = 110
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# Which folders may include which headers of the project (DESIGN: only infra/app sees everything).
LAYERS = {
    "domain/": ("domain/",),
    "commands/": ("domain/", "commands/"),
    "projections/": ("domain/", "projections/"),
    "api/": ("domain/", "commands/", "projections/", "api/"),
    "infra/app/": ("domain/", "commands/", "projections/", "api/", "infra/"),
    "infra/": ("domain/", "commands/", "projections/", "infra/"),
}

# Headers that cost seconds per file, or tie a file to a library: where they may be included.
HEAVY_HEADERS = {
    r"simdjson\.h": r"domain/contract/json_reader\.cpp",
    r"(libpq-fe\.h|pqxx/.*)": r"(infra/postgres|tests/support)/.*",
    r"librdkafka/.*": r"(infra/kafka|tests/support|tests/infra/kafka)/.*",
    r"boost/(asio|beast)[./].*": r"(api/server|tests/support|tests/api/server)/.*",
    r"boost/(describe|mp11)\.hpp": r"(domain/contract/describe\.hpp|.*contract\.cpp)",
    r"spdlog/.*": r"infra/runtime/.*",
    r"(sodium\.h|openssl/.*)": r"(infra/crypto|tests/infra/crypto)/.*",
    r"utf8proc\.h": r"domain/kernel/.*\.cpp",
    r"zlib\.h": r"(api|tests/support|tests/api)/.*",
    r"CLI/.*": r"infra/app/.*",
    r"prometheus/.*": r"infra/(runtime|app)/.*",
    r"toml\+\+/.*": r"infra/(runtime|app)/.*",
    r"(regex|iostream|ranges)": r".*\.cpp",
    r"(random|thread|mutex|condition_variable|fstream|iostream)": r"(?!domain/).*",
}

TEST_MACRO = re.compile(r"^(TEST|TEST_F|TEST_P|TYPED_TEST)\(", re.M)
TEST_FILE_KINDS = ("_test.cpp", "_pgtest.cpp", "_kafkatest.cpp", "_e2e_test.cpp")
LOG_CODE = re.compile(r'"([A-Z]{2,10}-[0-9a-f]{4})"')
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def sources(*suffixes):
    """Files git knows or would add, without this folder: its rules spell out what they forbid."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    chosen = [p for p in listed if p.endswith(suffixes) or (p in ("dev", ".ci/run") and ".sh" in suffixes)]
    return [p for p in sorted(set(chosen)) if not p.startswith("tests/tidy/") and (ROOT / p).is_file()]


def lines_of(path):
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def includes_of(path):
    for number, line in enumerate(lines_of(path), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1], found[2]


def has_tests(path):
    """Whether it is a file of tests and not one that supports them."""
    return path.startswith("tests/") and TEST_MACRO.search((ROOT / path).read_text(encoding="utf-8")) is not None


def line_length():
    for path in sources(".cpp", ".hpp", ".sh", ".py", ".sql", ".cmake", "CMakeLists.txt"):
        for number, line in enumerate(lines_of(path), 1):
            if len(line) > COLUMNS_MAX:
                yield path, number, f"{len(line)} columns, {COLUMNS_MAX} are allowed"


def file_length():
    for path in sources(".cpp", ".hpp", ".sh", ".py", ".sql"):
        count = len(lines_of(path))
        if count > FILE_LINES_MAX:
            yield path, count, f"{count} lines, {FILE_LINES_MAX} are allowed"


def function_length():
    """Functions that start in column 0 (namespaces are not indented). clang-tidy sees the others."""
    opens = re.compile(r"^(?!//|namespace|struct|class|enum|union|extern|[^(]*=)\S.*\{$")
    for path in sources(".cpp", ".hpp", ".sh"):
        start = None
        for number, line in enumerate(lines_of(path), 1):
            if start is None and opens.match(line):
                start = number
            elif line.startswith("}"):
                count = number - start - 1 if start is not None else 0
                if count > FUNCTION_LINES_MAX:
                    yield path, start, f"{count} lines in a function, {FUNCTION_LINES_MAX} are allowed"
                start = None


def banned_words():
    """Left-overs anywhere; skips in tests; sleeps in a file of tests (a support file may poll a condition)."""
    everywhere = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    skips = re.compile(r"\b(GTEST_SKIP|DISABLED_\w*)\b")
    sleeps = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")
    for path in sources(".cpp", ".hpp", ".sh", ".py", ".sql", ".md"):
        rules = [everywhere] + [skips] * path.startswith("tests/") + [sleeps] * has_tests(path)
        for number, line in enumerate(lines_of(path), 1):
            found = next(filter(None, (rule.search(line) for rule in rules)), None)
            if found:
                yield path, number, f"says {found[0]}"


def layers():
    for path in sources(".cpp", ".hpp"):
        layer = next((prefix for prefix in LAYERS if path.startswith(prefix)), None)
        for number, kind, header in includes_of(path):
            if kind != '"' or not layer or "/" not in header:
                continue
            app_from_infra = header.startswith("infra/app/") and layer != "infra/app/"
            if app_from_infra or (header.split("/")[0] + "/") not in LAYERS[layer]:
                yield path, number, f"{layer} must not include {header}"


def heavy_headers():
    for path in sources(".cpp", ".hpp"):
        for number, _, header in includes_of(path):
            for pattern, allowed in HEAVY_HEADERS.items():
                if re.fullmatch(pattern, header) and not re.fullmatch(allowed, path):
                    yield path, number, f"includes {header}, which only {allowed} may"


def includes():
    """Project headers by their path from the root; headers guarded; a source names its own header first."""
    for path in sources(".cpp", ".hpp"):
        found = list(includes_of(path))
        if path.endswith(".hpp") and "#pragma once" not in (ROOT / path).read_text(encoding="utf-8"):
            yield path, 1, "has no #pragma once"
        for number, kind, header in found:
            if kind == '"' and not header.startswith("generated/") and not (ROOT / header).is_file():
                yield path, number, f'"{header}" is no path from the root (third parties come in <>)'
        own = path[: -len("cpp")] + "hpp"
        if path.endswith(".cpp") and (ROOT / own).is_file() and found and found[0][2] != own:
            yield path, found[0][0], f"the first include is not {own}"


def log_codes():
    """A code such as "KAFKA-3f1c" leads from a log line or a 5xx answer to one place."""
    seen = {}
    for path in sources(".cpp", ".hpp"):
        if path.startswith("tests/"):
            continue
        for number, line in enumerate(lines_of(path), 1):
            for code in LOG_CODE.findall(line):
                if code in seen:
                    yield path, number, f"{code} is also at {seen[code]}"
                seen.setdefault(code, f"{path}:{number}")


def without_comments_and_strings(text):
    """The same text with comments and the inside of literals blanked, so that lines keep their numbers."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", "_" if m[0][0] in "\"'" else " ", m[0]), text)


def co_await():
    """One co_await per statement, its arguments names: temporaries beside it are what compilers get wrong."""
    lambda_beside = re.compile(r"\[[^\]]*\]\s*(\(|\{|mutable)")
    binding = re.compile(r"auto\s*&{0,2}\s*\[[^\]]*\]")
    for path in sources(".cpp", ".hpp"):
        text = without_comments_and_strings((ROOT / path).read_text(encoding="utf-8"))
        for found in re.finditer(r"[^;{}]*\bco_await\b", text):
            end = re.compile(r";|\{\s*\n").search(text, found.end())
            statement = text[found.start() : end.start() if end else len(text)]
            number = text.count("\n", 0, found.end()) + 1
            rest = binding.sub("", statement)
            if statement.count("co_await") > 1:
                yield path, number, "two co_await in one statement"
            elif "?" in rest or "{" in rest or lambda_beside.search(rest):
                yield path, number, "a ?, a { or a lambda beside co_await: name it in a statement before"


def test_names():
    for path in sources(".cpp"):
        if has_tests(path) and not path.endswith(TEST_FILE_KINDS):
            yield path, 1, f"a file of tests ends in one of {', '.join(TEST_FILE_KINDS)}"


RULES = {
    rule.__name__: rule
    for rule in (
        line_length, file_length, function_length, banned_words, layers, heavy_headers, includes, log_codes,
        co_await, test_names,
    )
}  # fmt: skip


def main(name):
    breaches = sorted(set(RULES[name]()))
    for path, number, message in breaches:
        print(f"{path}:{number}: {message}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
