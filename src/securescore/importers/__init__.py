"""Importers: files that other tools wrote, turned into the values that a source would bring.

One module or package per format, each with a tuple ``IMPORTERS``; they do not know each other.
:mod:`securescore.importers.detect` finds the one that a file belongs to by its content, so a
new format touches its own module only. What a file does not hold is in
``Collected.missing`` with its reason, never an empty table.
"""
