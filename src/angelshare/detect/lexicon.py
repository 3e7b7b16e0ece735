"""Words that tell languages and kinds of work apart: short lists, looked up by hash."""

# ruff: noqa: E501 - one list a line is easier to check than lists cut at a width

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Capability: TypeAlias = Literal[
    "chat", "code", "maths", "reasoning", "tool use", "writing", "extraction", "classification", "translation",
    "knowledge",
]  # fmt: skip
"""Kinds of work a prompt asks for."""
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)

STOP_WORDS: Mapping[str, str] = {
    "en": "the of and to in is you that it for on with as are this be at have from what how can i my do not",
    "es": "el la los las de que en un una es por con para como del se su al lo más qué cómo está",
    "pt": "o os as do da em um uma não que é para com por como mais dos das ao você são seu",
    "fr": "le la les des du et est un une que qui dans pour sur avec ce pas vous je il au plus sont",
    "it": "il lo gli di che è un una per con non del della sono come più dei nel alla ho anche",
    "de": "der die das und ist nicht ein eine zu den mit von für auf dem sich des ich im auch wie es",
    "nl": "de het een van en is dat niet op te zijn voor met die aan er wat hoe ik je ook maar",
    "pl": "w i na z do się nie że jest to jak o po co dla od czy przez są tym jego",
    "tr": "ve bir bu için ile da de ne mi daha çok olarak gibi olan kadar nasıl var ben en",
    "vi": "và của là các có được cho trong không một với người này những để như tôi khi bạn gì",
    "id": "yang dan di untuk dengan ini dari adalah tidak dalam pada itu akan atau apa saya ke bagaimana",
    "sv": "och att det som en på är av för med till den inte om ett har jag de så var",
    "ru": "и в не на что с как по это для из от он а к у так все вы я",
    "uk": "і в не на що з як це для та від він до у є я але або ви про",
    "ar": "في من على إلى أن هذا التي ما هو عن كيف مع لا هل كان ذلك هي",
    "fa": "و در به از که این را با است برای آن یک خود تا می چه هم",
}
"""Language (ISO 639-1) to its commonest words; one list decides between languages of one script."""

CUES: Mapping[Capability, str] = {
    "code": "code function python javascript java sql html css php ruby rust kotlin typescript bash script api class def import return"
    " compile debug regex algorithm array program variable print const async await database query loop implement refactor"
    " git docker linux int void include cout println recursion string pointer json react numpy pandas",
    "maths": "calculate equation integral derivative solve sum probability matrix theorem proof prove geometry algebra triangle"
    " percent fraction arithmetic polynomial circle radius speed hours minutes total cost dollars each many much profit"
    " twice half per remaining average",
    "reasoning": "puzzle logic deduce premise premises conclusion conclude infer valid invalid argument true false entails implies"
    " contradiction hypothesis options following boolean navigate facing",
    "tool use": "toolformer tool tools enabled access plugin browse search calculator call calling invoke wolframalpha endpoint",
    "writing": "write story poem essay blog email letter creative roleplay character dialogue novel lyrics song speech script paragraph"
    " author fantasy scene rewrite headline slogan haiku narrator persona pretend plot world",
    "extraction": "summarize summarise summary extract synthesize keywords tl dr documents passage article context condense bullet",
    "classification": "classify category categorize sentiment positive negative label labels topic spam neutral intent",
    "translation": "translate translation translated übersetze traduce traduire перевести",
    "knowledge": "who when where which what capital named called year country city invented discovered born president war",
}
"""Words for each kind of work; `chat` is what no list claims."""

WEIGHTS: Mapping[Capability, float] = {
    "code": 1.2, "maths": 0.9, "reasoning": 1.0, "tool use": 1.5, "writing": 1.1, "extraction": 1.4,
    "classification": 1.5, "translation": 2.5, "knowledge": 0.7,
}  # fmt: skip
"""What one word counts, by how seldom it is met elsewhere."""
