"""Every error a caller can act on; its text says what was found, where, and what would do.

AngelshareError                 exit code 2 at the command line
├── PlanError                   a plan, option or input file is wrong
│   ├── UnknownKeyError         … names the key and its nearest spelling
│   ├── KeyMismatchError        a watermark key is of another tokenizer, vocabulary or kind
│   ├── TokenRangeError         a token id lies outside the vocabulary of a watermark key
│   ├── LogError                a log holds too many bad lines, or is of another format than was said
│   ├── AnswersError            a file of answers is wrong; the message names file and line
│   │   ├── EncodingError       … it is not UTF-8
│   │   ├── DuplicatePromptError … one prompt is answered twice
│   │   └── PromptMismatchError … two files have different text under one prompt's name
│   ├── SealError               a pre-registration or evidence pack was altered, or the test is not the one registered
│   └── CatalogueError          a catalogue entry is wrong; the message names file and place
│       ├── DuplicateIdError    … two entries with one id
│       ├── DanglingIdError     … an id that leads nowhere
│       ├── NoSourceError       … a claim, or a fact in an article, without anything behind it
│       ├── LongQuoteError      … more than fifteen words quoted
│       ├── DateError           … a date that is none, or dates out of order
│       ├── AddressError        … a source's address that is not http or https
│       └── StatementError      … fields that contradict each other or leave out what must be said
├── PluginError                 no such plug-in, or it cannot be built
│   └── MissingExtraError       … because an optional dependency is absent
├── AuthorisationError          a remote teacher without leave to query it
├── EndpointError               a dead or lying endpoint
├── LimitReached                a hard cap stopped the run cleanly (resumable)
├── LedgerError                 a ledger row is corrupt
├── CheckpointError             a checkpoint cannot be loaded
├── TrainerError                an external trainer failed
├── RunFolderError              a run folder is tampered with, foreign or unfinished
├── StorageError                the disk is full or not writable
├── WorkspaceError              a workspace cannot be served, kept or restored as asked
├── WorkerError                 a worker process or Ray cluster is gone, or runs other versions
├── WorkbenchError              the workbench cannot do what was asked
│   ├── NoSuchPageError         … no such page, or none yet at that date
│   ├── StaleError              … the page moved on since the edit was written
│   ├── FourEyesError           … an author may not publish their own proposal
│   ├── WatchError              … a watch that could never fire, or names nothing
│   └── UnsafeAddressError      … a webhook that leads into a private network
├── LogLineError                one line of a log cannot be read; it is counted, and the rest goes on
└── RefusedError                the data cannot say (carries a Refusal's reason)
    └── NoGapError              the teacher does not beat the floor
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AngelshareError(Exception):
    """Something a user can mend; printed as one message, never as a traceback."""


class PlanError(AngelshareError):
    """A plan, option or input file says something that cannot be done."""


class UnknownKeyError(PlanError):
    """An input holds a key that no field answers to."""


class KeyMismatchError(PlanError):
    """A watermark key does not belong to this tokenizer, vocabulary or other key."""


class TokenRangeError(PlanError):
    """A token id lies outside the vocabulary of a watermark key."""


class LogError(PlanError):
    """A log has too many bad lines, or is not of the format it was said to be."""


class AnswersError(PlanError):
    """A file of answers is wrong."""


class EncodingError(AnswersError):
    """A file of answers is not UTF-8."""


class DuplicatePromptError(AnswersError):
    """A file answers one prompt twice."""


class PromptMismatchError(AnswersError):
    """Two files have different text under one prompt's name."""


class SealError(PlanError):
    """A pre-registration or an evidence pack was altered, or the test is not the one that was registered."""


class CatalogueError(PlanError):
    """A catalogue entry is wrong."""


class DuplicateIdError(CatalogueError):
    """Two entries have one id."""


class DanglingIdError(CatalogueError):
    """An id leads nowhere."""


class NoSourceError(CatalogueError):
    """A claim has no source, or a page no claim."""


class LongQuoteError(CatalogueError):
    """A quote is longer than fifteen words."""


class DateError(CatalogueError):
    """A date is none, or dates are out of order."""


class AddressError(CatalogueError):
    """The address of a source is not well formed."""


class StatementError(CatalogueError):
    """An entry contradicts itself, or leaves out what must be said."""


class PluginError(AngelshareError):
    """A plug-in cannot be found or built."""


class MissingExtraError(PluginError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        # both are kept as they came: unpickling, on the way home from a worker, calls the class with them again
        super().__init__(what, extra)

    def __str__(self) -> str:
        what, extra = self.args
        return f"{what} needs an optional dependency; install it with: pip install 'angelshare[{extra}]'"


class AuthorisationError(AngelshareError):
    """A remote teacher may not be queried under this plan."""


class EndpointError(AngelshareError):
    """An endpoint is dead, or answers something that is not an answer."""


class LimitReached(AngelshareError):  # noqa: N818 - a clean stop, not a fault
    """A hard cap of the plan was reached; what was paid for is kept."""


class LedgerError(AngelshareError):
    """A ledger row does not match its own hash, or the file is not a ledger."""


class CheckpointError(AngelshareError):
    """A model checkpoint is incomplete or unreadable."""


class TrainerError(AngelshareError):
    """A trainer that runs as a command of its own failed, or left something that cannot be used."""


class RunFolderError(AngelshareError):
    """A run folder is unfinished, foreign or altered."""


class StorageError(AngelshareError):
    """A file could not be written."""


class WorkspaceError(AngelshareError):
    """A workspace of the workbench cannot be served, backed up or restored as asked."""


class WorkerError(AngelshareError):
    """A worker process died, a cluster cannot be reached, or its workers run other versions."""


class WorkbenchError(AngelshareError):
    """The workbench cannot do what was asked."""


class NoSuchPageError(WorkbenchError):
    """There is no such page, or there was none yet at that date."""


class StaleError(WorkbenchError):
    """The page moved on since the edit was written."""


class FourEyesError(WorkbenchError):
    """Only someone other than its author may decide on a proposal, and only once."""


class WatchError(WorkbenchError):
    """A watch names nothing, or could never fire."""


class UnsafeAddressError(WorkbenchError):
    """A webhook leads into a private network, or is no web address."""


class LogLineError(AngelshareError):
    """A line of a log does not say what its format promises; readers raise it, and ingest counts it."""


class RefusedError(AngelshareError):
    """The data cannot carry the number that was asked for."""


class NoGapError(RefusedError):
    """The teacher does not beat the floor: the gap is not identified."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Say which of `choices` `word` was probably meant to be, or list them all."""
    known = sorted(choices)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"valid: {', '.join(known)}" if known else "none are valid here"
