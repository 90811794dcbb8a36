"""The WSGI entry: ``gunicorn securescore.project.wsgi``."""

from __future__ import annotations

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securescore.project.settings")
django.setup()

from securescore.project.static import prepare  # noqa: E402 - needs the settings above

prepare()
application = WSGIHandler()
