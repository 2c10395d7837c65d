"""Whether docs/reference/*.json are sound documents, whatever tool reads them.

That they are what the code says is tested in reference_golden_test.cpp; here every reference must lead
somewhere, every schema must be a valid JSON Schema, and stored event lines must fit the schema they name.
"""

import json
import pathlib
import re
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
OPENAPI = json.loads((ROOT / "docs/reference/openapi.json").read_text(encoding="utf-8"))
ASYNCAPI = json.loads((ROOT / "docs/reference/asyncapi.json").read_text(encoding="utf-8"))
GOLDEN = ROOT / "tests/contract/golden"
METHODS = {"get", "put", "post", "patch", "delete"}


def nodes(node):
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from nodes(child)


def resolve(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def operations():
    for path, item in OPENAPI["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def validator(document, reference):
    resolver = jsonschema.RefResolver("", document)
    return jsonschema.Draft202012Validator({"$ref": reference}, resolver=resolver)


def sealed(node):
    """The golden files show personal data in clear; in a line it is sealed."""
    if isinstance(node, list):
        return [sealed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"subject", "value"}:
        return {"subject": node["subject"], "sealed": "ciphertext"}
    return {key: sealed(value) for key, value in node.items()}


class Documents(unittest.TestCase):
    def test_every_reference_leads_somewhere(self):
        for document in (OPENAPI, ASYNCAPI):
            for node in nodes(document):
                if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                    resolve(document, node["$ref"])

    def test_everything_shared_is_used(self):
        used = {n["$ref"] for n in nodes(OPENAPI) if isinstance(n, dict) and isinstance(n.get("$ref"), str)}
        for kind in ("parameters", "headers", "schemas"):
            for name in OPENAPI["components"][kind]:
                self.assertIn(f"#/components/{kind}/{name}", used)

    def test_every_schema_is_a_json_schema(self):
        for document in (OPENAPI, ASYNCAPI):
            for name, schema in document["components"]["schemas"].items():
                with self.subTest(name):
                    jsonschema.Draft202012Validator.check_schema(schema)

    def test_names_of_components_are_allowed(self):
        for document in (OPENAPI, ASYNCAPI):
            for named in document["components"].values():
                for name in named:
                    self.assertRegex(name, r"^[A-Za-z0-9._-]+$")

    def test_operations_are_complete(self):
        ids = [operation["operationId"] for _, _, operation in operations()]
        self.assertEqual(len(ids), len(set(ids)))
        for path, method, operation in operations():
            with self.subTest(f"{method} {path}"):
                declared = [
                    (resolve(OPENAPI, p["$ref"]) if "$ref" in p else p) for p in operation["parameters"]
                ]
                names = [(p["in"], p["name"]) for p in declared]
                self.assertEqual(len(names), len(set(names)))
                in_path = {name for place, name in names if place == "path"}
                self.assertEqual(in_path, set(re.findall(r"{(\w+)}", path)))
                self.assertTrue(any(status[0] == "2" for status in operation["responses"]))
                for response in operation["responses"].values():
                    self.assertTrue("$ref" in response or response["description"])

    def test_patterns_are_regular_expressions(self):
        for document in (OPENAPI, ASYNCAPI):
            for node in nodes(document):
                if isinstance(node, dict) and isinstance(node.get("pattern"), str):
                    re.compile(node["pattern"])

    def test_messages_and_channel_name_each_other(self):
        messages = ASYNCAPI["channels"]["events"]["messages"]
        self.assertEqual(set(messages), set(ASYNCAPI["components"]["messages"]))

    def test_commands_are_told_apart_by_their_type(self):
        move = {"type": "prj.MoveTask", "id": "01890000-0000-7000-8000-000000000001"}
        data = {"column": "01890000-0000-7000-8000-000000000002"}
        command = validator(OPENAPI, "#/components/schemas/Command")
        self.assertTrue(command.is_valid({**move, "data": data}))
        self.assertTrue(command.is_valid({**move, "data": data, "reason": None}))
        self.assertFalse(command.is_valid({**move, "data": {**data, "colum": 1}}))
        self.assertFalse(command.is_valid({**move, "data": {}}))
        self.assertFalse(command.is_valid({"type": "prj.MoveTask", "data": data}))
        self.assertFalse(command.is_valid({**move, "type": "prj.Unheard", "data": data}))

    def test_stored_data_fits_its_schema(self):
        named = {re.sub(r"\.(full|minimal)\.json$", "", p.name) for p in GOLDEN.glob("events/*.json")}
        self.assertEqual(set(ASYNCAPI["components"]["messages"]) - named, set())
        for path in sorted(GOLDEN.glob("events/*.json")):
            name = re.sub(r"\.(full|minimal)\.json$", "", path.name)
            data = sealed(json.loads(path.read_text(encoding="utf-8")))
            with self.subTest(path.name):
                validator(ASYNCAPI, f"#/components/schemas/{name}/allOf/1/properties/data").validate(data)

    def test_stored_lines_fit_their_schemas(self):
        lines = sorted(GOLDEN.glob("event_line.*.json"))
        self.assertTrue(lines)
        for path in lines:
            line = json.loads(path.read_text(encoding="utf-8"))
            name = line["dataschema"].removeprefix("/schemas/")
            with self.subTest(path.name):
                validator(ASYNCAPI, f"#/components/schemas/{name}").validate(line)


if __name__ == "__main__":
    unittest.main()
