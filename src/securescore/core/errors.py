"""The exceptions of the program.

SecureScoreError            code, what, where, what_to_do
├── InputError              a bad file, option or value: exit code 2, HTTP 4xx
│   ├── ImportFormatError   a file that cannot be imported (file, place, expected)
│   └── CatalogError        a control, view or framework file that breaks a rule (lint number)
├── LandError               a row that does not fit its table (table, column, row number)
├── EvaluateError           one control cannot be judged: it gets the state ``error``
│   ├── ControlForbidden    its SQL asks for more than the tables it was given
│   ├── ControlTimedOut     it ran into its limit of time or memory
│   ├── ContractBroken      its result has other columns, a NULL or another type
│   └── DuplicateResource   one resource appears twice
├── RecordError             what is stored does not fit what is to be stored
└── AccessDenied            not yours, or not there: never says which

A message is for the person who can act: what happened, where, what to do. It carries
resource ids at most, no secrets and no personal data.
"""

from __future__ import annotations


class SecureScoreError(Exception):
    """Base of every error that the program raises on purpose."""

    code = "error"

    def __init__(self, *, what: str, where: str = "", what_to_do: str = "") -> None:
        self.what = what
        self.where = where
        self.what_to_do = what_to_do
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One line: where, what, what to do.

        >>> InputError(what="no such day", where="--on", what_to_do="write YYYY-MM-DD").message
        '--on: no such day. Write YYYY-MM-DD.'
        """
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.what_to_do:
            text += f". {self.what_to_do[0].upper()}{self.what_to_do[1:]}"
        return text if text.endswith((".", "!", "?")) else f"{text}."


class InputError(SecureScoreError):
    """Something given to the program is wrong; nothing was changed."""

    code = "bad-input"


class ImportFormatError(InputError):
    """A file cannot be imported; ``where`` names the file and the place in it."""

    code = "bad-file"


class CatalogError(InputError):
    """A catalog file breaks a rule; ``lint`` is the number of the rule."""

    code = "bad-catalog"

    def __init__(self, *, what: str, where: str = "", what_to_do: str = "", lint: str = "") -> None:
        self.lint = lint
        super().__init__(what=f"{lint} {what}".strip(), where=where, what_to_do=what_to_do)


class LandError(SecureScoreError):
    """A row does not fit its table; ``where`` is table, column and row number."""

    code = "bad-row"


class EvaluateError(SecureScoreError):
    """One control could not be judged; the others go on."""

    code = "control-error"


class ControlForbidden(EvaluateError):
    """The SQL of a control is not one plain select over the tables it was given."""

    code = "control-forbidden"


class ControlTimedOut(EvaluateError):
    """The SQL of a control hit its limit of time or memory."""

    code = "control-limit"


class ContractBroken(EvaluateError):
    """The result of a control is not ``snapshot, resource_id, resource_name, passed, reason``."""

    code = "control-contract"


class DuplicateResource(EvaluateError):
    """A resource appears twice in the result of a control."""

    code = "duplicate-resource"


class RecordError(SecureScoreError):
    """The record does not fit: a conflict or a snapshot that is not there."""

    code = "record"


class AccessDenied(SecureScoreError):
    """The organization is not there for this person, or not at all."""

    code = "not-found"
