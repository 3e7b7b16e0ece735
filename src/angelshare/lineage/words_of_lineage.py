"""What every lineage report says besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.lineage import TeacherVerdict

ACCUSATION = "A match is not an accusation."
NOT_SHOWN = (
    "that an interface was used, how much was asked of it, by whom or with what intent",
    "whether the answers a model learnt from were bought, given, published by others or found on the web",
    "anything of teachers that are not among the candidates: they are not excluded",
    "which version of a family taught: versions are shown and not tested",
)
ALTERNATIVES = (
    "suspect and teacher learnt from the same third-party data",
    "the suspect learnt from web text that models had written",
    "the suspect was tuned towards a judge that likes the teacher's way of writing",
    "the suspect learnt from another student of the teacher",
)


def sentence_of(suspect: str, verdicts: Sequence[TeacherVerdict], projects: int, alpha: float) -> str:
    """Say in one sentence what the data say.

    Args:
        suspect: its name.
        verdicts: the strongest first.
        projects: comparison projects that the first was ranked with.
        alpha: level of the test.
    """
    derived = [one for one in verdicts if one.verdict == "derived"]
    unsure = [one for one in verdicts if one.verdict == "cannot tell"]
    if derived:
        first = derived[0]
        return (
            f"The replies of {suspect} look like those of models taught by {first.teacher}: p = {first.p_value:.2g} "
            f"in a rank with {projects} comparison projects. {ACCUSATION}"
        )
    if not verdicts or unsure:
        names = ", ".join(one.teacher for one in unsure)
        return f"The data cannot tell whether {suspect} was taught by {names or 'any candidate'}. {ACCUSATION}"
    return f"At level {alpha:g} the replies of {suspect} show no candidate as its teacher. {ACCUSATION}"
