"""How plain a text is: words in a sentence, and the ease of reading by the formula of Douma (Flesch for Dutch)."""

import re

LONGEST, LONGEST_MEAN, LEAST_FLESCH = 20, 12, 60
NEVER = {
    "nl": ("significant", "interval", "effectgrootte", "respons", "gemiddeld", "primaire"),
    "en": ("significant", "interval", "effect size", "response", "average", "primary"),
}


def syllables(word):
    return max(1, len(re.findall(r"[aeiouyëïüéèö]+", word.lower())))


def sentences(texts):
    """The words of each sentence."""
    parts = [s for t in texts for s in re.split(r"(?<=[.?!:])\s+", t)]
    said = [re.findall(r"[A-Za-zÀ-ÿ-]+", s) for s in parts]
    return [s for s in said if s]


def refuse_hard(texts, language):
    """AssertionError for long sentences, hard words and words that nobody need know."""
    texts = [re.sub(r"{\w+}", "x", t) for t in texts]
    said = sentences(texts)
    longest = max(said, key=len)
    assert len(longest) <= LONGEST, longest
    words = [w for s in said for w in s]
    mean = len(words) / len(said)
    assert mean <= LONGEST_MEAN, mean
    if language == "nl":
        ease = 206.84 - 77 * sum(map(syllables, words)) / len(words) - 0.93 * mean
        assert ease >= LEAST_FLESCH, ease
    assert not [w for w in NEVER[language] if w in " ".join(texts).lower()]
