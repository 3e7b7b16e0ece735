"""Phrases that ask for reasoning to be spelt out, or for answers to be graded, in several languages (RE2 syntax)."""

# ruff: noqa: E501, FLY002 - one list a line is easier to check than lists cut at a width

from __future__ import annotations

COT = "|".join(
    (
        # English
        r"step[- ]by[- ]step", r"chain[- ]of[- ]thought", r"show (?:me )?(?:all )?(?:of )?(?:your|the) (?:work|working|reasoning|steps|thinking|calculations?)",
        r"think (?:it |this |things )?(?:through|aloud|out loud|carefully|logically|about (?:this|it) (?:logically|carefully))", r"let'?s think",
        r"(?:explain|describe|give|provide|write|share|output|articulate|spell out|walk (?:me|us) through|reveal|print) (?:me |us )?(?:out )?(?:all )?(?:of )?(?:your|the) (?:full |complete |internal |detailed |hidden |entire )*(?:reasoning|thought process|thinking|thoughts|rationale|chain|deliberation)",
        r"reason (?:through|step|about (?:it|this) (?:step|carefully|first))", r"<(?:think|thinking|reasoning|scratchpad|thought)>", r"reasoning (?:trace|process|chain|steps)",
        r"(?:internal|inner|hidden) (?:monologue|reasoning|thoughts)", r"before (?:you )?(?:give|giving|answer|answering|stating|reaching)[^.?!]{0,40}(?:think|reason|explain|work)",
        r"(?:work|working) (?:memory|through (?:it|this|the problem))", r"reasoning (?:and|then|before|followed by) (?:the |your )?(?:final )?answer", r"gradually reason|stream of consciousness|pros? and cons? first",
        r"(?:break|breaking) (?:it|this|the problem|the question|down)[^.?!]{0,30}(?:steps|parts)", r"(?:first|let me|let us|we should|i'?ll|you should) (?:think|reason|solve this)[^.?!]{0,24}(?:logically|step|carefully|slowly|before)",
        # Spanish, Portuguese, French, Italian, German, Dutch, Polish, Turkish, Vietnamese, Indonesian
        r"paso a paso", r"passo a passo", r"(?:cadena|cadeia) de (?:pensamiento|razonamiento|pensamento|raciocínio)", r"(?:muestra|explica|mostre|explique) (?:tu|su|seu) (?:razonamiento|raciocínio)",
        r"étape par étape", r"pas à pas", r"(?:votre|ton|chaîne de) raisonnement", r"passo dopo passo", r"schritt für schritt", r"(?:deine|ihre) (?:überlegungen|gedankenkette|argumentation)", r"gedankengang",
        r"stap voor stap", r"krok po kroku", r"adım adım", r"từng bước", r"langkah demi langkah",
        # Russian, Ukrainian, Arabic, Hebrew, Hindi, Thai
        r"шаг за шагом", r"пошагово", r"по шагам", r"цепочк[аиу] рассуждений", r"крок за кроком", r"خطوة بخطوة", r"خطوة خطوة", r"צעד אחר צעד", r"कदम दर कदम", r"चरण दर चरण", r"ทีละขั้น",
        # Chinese, Japanese, Korean
        r"一步一步|一步步|逐步|分步|思维链|推理过程|思考过程|一歩一歩", r"ステップ[・ ]?バイ[・ ]?ステップ|段階的に|順を追って|思考過程|推論過程", r"단계별로|차근차근|단계적으로|추론 과정|사고 과정",
    )
)  # fmt: skip
"""Asking for reasoning. Teachers and pupils ask so too: weak alone."""

RUBRIC = "|".join(
    (
        r"\brubric", r"(?:rate|score|grade|evaluate|judge|assess|rank) (?:the |this |these |each |both |following |two |model(?:'s)? |candidate |assistant(?:'s)? |student(?:'s)? |ai )*(?:responses?|answers?|outputs?|completions?|solutions?|replies|assistants?)",
        r"(?:score|rating|grade)s? (?:from|between|of|on a scale) [^.?!\n]{0,14}(?:\d|one|zero)", r"(?:on|using) a (?:scale|score) (?:of|from) ?\d", r"which (?:of the )?(?:response|answer|output|completion|assistant)s? (?:is|are) (?:better|best|preferred|more)",
        r"(?:act|serve|you are) as an? (?:impartial |fair |strict |expert )*(?:judge|grader|evaluator)", r"you are an? (?:impartial |fair |strict |expert )*(?:judge|grader|evaluator)", r"reward model", r"(?:preference|pairwise) (?:comparison|judg)",
        r"\[\[(?:rating|a|b)\]\]", r"\"(?:score|rating|verdict|grade)\"\s*:", r"(?:response|answer|assistant|output) a\b[^\n]{0,400}(?:response|answer|assistant|output) b\b", r"grading (?:criteria|instructions)",
        r"(?:califica|puntúa|evalúa|avalie|pontue) (?:la|las|a|as|esta|esa) (?:respuestas?|respostas?)", r"(?:notez|évaluez) (?:la|les|cette) réponses?", r"bewerte(?:n sie)? (?:die|diese) antwort", r"оцени(?:те)? (?:этот |следующий |каждый )?ответ", r"评分标准|打分|给出评分|哪个回答更好", r"採点|評価基準|どちらの回答", r"채점|평가 기준|점수를 매",
    )
)  # fmt: skip
"""Asking for grades: what a reward model is made from. Evaluators ask so too."""
