"""The words a reader of the delay page needs, each said once."""

from __future__ import annotations

from collections.abc import Sequence

DELAY_GLOSSARY: Sequence[tuple[str, str]] = (
    (
        "closed, open",
        (
            "Open: anyone can load the weights. Closed: no one outside can; models served only through an API count "
            "as closed. Models without a label are left out and counted."
        ),
    ),
    (
        "record",
        ("A score higher than that of every earlier model whose weights are closed, or of every earlier open one."),
    ),
    (
        "spell",
        (
            "The time one closed record stood until an open release met the criterion. Its length is known to lie "
            "between two dates: the last open record before the match, and the match."
        ),
    ),
    ("delay", "Months from a closed record to open weights that equal it. A month is 30.4 days."),
    (
        "not yet matched",
        (
            "A state of its own, not a missing number: the record has stood at least so long, to the last day of "
            "the data."
        ),
    ),
    (
        "criterion",
        (
            "What counts as a match: at least the record (strict), within a tolerance of it, or not clearly below "
            "it when scores are redrawn within their errors. It moves the answer more than the data do."
        ),
    ),
    (
        "matcher",
        (
            "The open release that met the criterion. One release can match many records, so releases, not records, "
            "are the independent events: intervals resample them."
        ),
    ),
    (
        "Kaplan-Meier",
        (
            "The share of records still standing as months pass, counting those not yet matched for as long as they "
            "were seen. No shape is assumed."
        ),
    ),
    (
        "interval",
        (
            "The range of values the data support at the stated level. An interval marked † was found in simulation "
            "to hold the truth less often than its level says."
        ),
    ),
    (
        "false promise",
        (
            "Delay on private benchmarks minus on public ones. Above 0, open models catch up sooner where the "
            "questions can be seen beforehand."
        ),
    ),
    (
        "months saved",
        (
            "How much sooner a distiller would reach the closed record than without the teacher’s answers, under "
            "the campaign and the assumptions listed. It does not show that anyone has done this."
        ),
    ),
    ("delay left", "What remains of the delay with distillation."),
    ("assumption", "A named input with a range and a source. Off, it takes the value that removes its effect."),
    ("not stated", "The data cannot carry the number; the reason stands in table H. It is not zero and not a guess."),
)
