"""The Jinja2 environment of the pages: what templates may call."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    """Django's Jinja2 backend calls this once."""
    options["undefined"] = StrictUndefined  # a misspelt name is an error, not an empty place
    env = Environment(**options)  # noqa: S701 - the backend sets autoescape
    env.globals.update({"static": static, "url": reverse})
    return env
