"""The reference page of the API, as Markdown, from the OpenAPI document. Pure: no address of a
server, no date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from securescore.present.rest_api.openapi import REF, document

GENERATED = "<!-- Written by `make docs`; change the program, not this page. -->\n\n"
GUIDE = "How to begin: [guide](../guides/rest-api.md)."
METHODS = ("get", "post", "put", "patch", "delete")


def page() -> str:
    """All operations by topic, with parameters, bodies, answers and the shapes they use."""
    made = document()
    lines = ["# REST API", "", made["info"]["description"].strip(), ""]
    lines.append(
        "The same for programs: [openapi.json](openapi.json), at `/api/v1/openapi.json` of a "
        "server."
    )
    lines += ["", GUIDE]
    by_topic: dict[str, list[str]] = {}
    for path, methods in made["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                by_topic.setdefault(operation["tags"][0], []).extend(
                    _operation(method, path, operation)
                )
    for topic, text in by_topic.items():
        lines += ["", f"## {topic}", *text]
    lines += ["", "## Shapes", "", "`?` after a type: may be null."]
    for name, schema in made["components"]["schemas"].items():
        lines += _shape(name, schema)
    return GENERATED + "\n".join(lines) + "\n"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"### {operation['summary']}", "")
    yield f"`{method.upper()} {path}` (`{operation['operationId']}`)"
    yield ""
    yield operation["description"]
    if operation["parameters"]:
        yield from ("", "| parameter | type | what |", "|---|---|---|")
        for one in operation["parameters"]:
            text = one.get("description", "")
            place = "in the path" if one["in"] == "path" else ""
            what = " ".join(part for part in (text, place) if part)
            yield f"| `{one['name']}` | {_cell(_type(one['schema']))} | {_cell(what)} |"
    body = operation.get("requestBody")
    if body:
        schema = next(iter(body["content"].values()))["schema"]
        yield from ("", f"Takes {_type(schema)}.")
    yield ""
    yield "Answers: " + ", ".join(_answers(operation["responses"])) + "."


def _answers(responses: Mapping[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2"):
            yield f"{status} {_type(schema)}" if schema else status
        else:
            yield status


def _shape(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"### {name}", "")
    if schema.get("description"):
        yield from (schema["description"], "")
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
        return
    required = schema.get("required", [])
    yield from ("| member | type | what |", "|---|---|---|")
    for member, of_it in schema.get("properties", {}).items():
        optional = "" if member in required else "may be left out"
        what = " ".join(part for part in (of_it.get("description", ""), optional) if part)
        yield f"| `{member}` | {_cell(_type(of_it))} | {_cell(what)} |"
    for example in schema.get("examples", []):
        yield from ("", "```json", json.dumps(example, indent=2, ensure_ascii=False), "```")


def _type(schema: Mapping[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        kinds = [_type(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(kinds) + "?" * (len(kinds) < len(schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"] if value != "")
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "(" + ", ".join(_type(one) for one in schema["prefixItems"]) + ")"
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"object of {_type(values)}" if isinstance(values, dict) and values else "object"
    kind = str(schema.get("format") or schema.get("type", "any"))
    return {"date-time": "instant", "date": "day"}.get(kind, kind)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
