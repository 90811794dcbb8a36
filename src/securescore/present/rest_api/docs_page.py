"""Two addresses that need no token: the OpenAPI document, and the reference as a page of ours.

The page asks nothing of another host and has no script, so the strict policy of the pages holds.
"""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import pairwise

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt

from securescore.present.rest_api import openapi
from securescore.present.rest_api.errors import JSON
from securescore.present.rest_api.reference import GUIDE, page

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>REST API - Open Secure Score</title>
<link rel="stylesheet" href="{base}">
<link rel="stylesheet" href="{own}">
</head>
<body>
<main class="api-docs">
{body}
</main>
</body>
</html>
"""


@require_GET
def openapi_document(request: HttpRequest) -> HttpResponse:
    """``/api/v1/openapi.json``."""
    del request
    return HttpResponse(openapi.text(), content_type=JSON)


@require_GET
def reference_page(request: HttpRequest) -> HttpResponse:
    """``/api/v1/``: the reference."""
    del request
    return HttpResponse(
        PAGE.format(
            base=escape(static("securescore/base.css")),
            own=escape(static("securescore/api_docs.css")),
            body=_body(),
        )
    )


@cache
def _body() -> str:
    """The reference as HTML: headings have the names that links of the text lead to."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = page().partition("-->")[2].replace("](openapi.json)", "](/api/v1/openapi.json)")
    tokens = reader.parse(text.replace(GUIDE, ""))  # the guide is no page of the server
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", inline.content.lower().replace(" ", "-"))
    html: str = reader.renderer.render(tokens, reader.options, {})
    return html
