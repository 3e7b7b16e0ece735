"""The words a reader of the page needs, each said once."""

from __future__ import annotations

from collections.abc import Sequence

GLOSSARY: Sequence[tuple[str, str]] = (
    ("teacher", "The model under audit: closed weights, seen only through its answers."),
    ("student", "An open model trained on what a distiller could have; one per arm, dose and seed."),
    ("base", "The open model before any such training, asked in the best way found. Its score is recovery 0."),
    ("arm", "One condition of the experiment: what the students learn from."),
    ("dose, budget", "The number of queries a student was trained on."),
    (
        "recovery",
        (
            "The share of the gap between base and teacher that students closed, on questions of the queried kinds "
            "that were "
            "not asked: (student − base) / (teacher − base). Below 0, training did harm; it is never clipped."
        ),
    ),
    (
        "logit",
        "The logarithm of right over wrong. On it the last errors weigh as much as the first successes.",
    ),
    (
        "control",
        (
            "An arm without the closed teacher’s knowledge. Public labels: reference answers anyone could have. Own "
            "outputs: "
            "the base’s. Shuffled: the teacher’s replies with the content mismatched. Open teacher: a model already "
            "public."
        ),
    ),
    (
        "attributable recovery",
        "Recovery minus that of the best no-teacher control at the same dose: what the teacher’s answers added.",
    ),
    ("style recovery", "The same share, for the form of replies, measured without looking at whether they are right."),
    (
        "false-promise index",
        "Style recovery minus recovery. Large when students sound like the teacher without being able to do the work.",
    ),
    ("fidelity", "How often students give the teacher’s answer, right or wrong; not the same as accuracy."),
    ("error inheritance", "Of items both get wrong, the share on which students give the teacher’s own wrong answer."),
    (
        "divergence",
        (
            "How far a model’s probabilities for the next token are from the teacher’s, along the teacher’s own reply. "
            "0 is the same distribution; nats are bits times 0.69."
        ),
    ),
    (
        "ring",
        (
            "Distance from the questions asked: queried (the very ones), near (same kind), far (same skill, other "
            "form), held "
            "out (a skill never asked)."
        ),
    ),
    (
        "interval",
        (
            "The range of values the data support at the stated level. It reflects luck in items and in seeds. A "
            "bound such as "
            "“> 3,100” says nothing about how far above."
        ),
    ),
    ("not stated", "The data cannot carry the number; the reason stands in table H. It is not zero and not a guess."),
)
