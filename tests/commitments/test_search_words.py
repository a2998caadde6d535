"""What is found by what: the preparation of texts and of questions, without a database."""

import pytest

from commitments.search_words import asked, passage, prepared, stands_in, tokens


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("핵심", "핵심광물을 논의하였다"),
        ("광물", "핵심광물을 논의하였다"),
        ("핵심광물", "핵심 광물의 공급망"),
        ("핵심 광물", "핵심광물의 공급망"),
        ("물", "핵심 광물"),
        ("鉱物", "重要鉱物に関する作業部会"),
        ("重要鉱物", "重要\n鉱物"),
        ("サプライ", "ｻﾌﾟﾗｲﾁｪｰﾝの強靱化"),
        ("제3국", "제3국에서의 협력"),
        ("miner", "Critical Minerals"),
        ("MINERALS", "critical minerals"),
        ("minerals critical", "Critical Minerals"),
        ('"critical minerals"', "on Critical Minerals, also"),
        ("“critical minerals”", "on Critical Minerals, also"),
        ("strasse", "Große Straße"),
        ("ABC", "ＡＢＣ"),
        ("각", "\u1100\u1161\u11a8"),
        ("SCCD-2024-0", "SCCD-2024-01"),
        ("통상과-12", "미주통상과-1234"),
        ("1234", "미주통상과-1234"),
    ],
)
def test_it_is_found(typed: str, text: str) -> None:
    assert all(stands_in(text, (phrase,)) for phrase in asked(typed))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("광심", "핵심광물"),
        ("핵광", "핵심광물"),
        ("핵심광산", "핵심광물을 광산에서"),
        ("inerals", "critical minerals"),
        ('"miner"', "critical minerals"),
        ('"minerals critical"', "critical minerals"),
        ('"critical minerals"', "critical raw minerals"),
        ("鉱業", "重要鉱物"),
    ],
)
def test_it_is_not_found(typed: str, text: str) -> None:
    assert not stands_in(text, asked(typed))


@pytest.mark.parametrize("typed", ["", " ", '"', '""', "%", "_", "'", "…", "* -", "\u241e"])
def test_what_has_no_words_asks_for_nothing(typed: str) -> None:
    assert asked(typed) == ()


def test_the_words_of_one_text_and_the_next_are_no_phrase() -> None:
    indexed = prepared(["critical", "minerals"]).split()

    assert indexed.index("minerals") - indexed.index("critical") > 1


@pytest.mark.parametrize("text", ["A 😀 각 \u1100\u1161\u11a8 ｶﾞ ﬁ Ⅷ", "İstanbul ß", "𠮷野家で"])
def test_each_token_says_where_it_stands_in_the_text_as_it_was_written(text: str) -> None:
    for token in tokens(text):
        [again, *_rest] = tokens(text[token.start : token.end])
        assert again.text == token.text


def marked(pieces: list[tuple[str, bool]]) -> str:
    return "".join(f"[{piece}]" if hit else piece for piece, hit in pieces)


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("They vowed to Cooperate.", "coop", "They vowed to [Cooperate]."),
        ("핵심 광물을 논의", "핵심광물", "[핵심 광물]을 논의"),
        ("제3국에서", "국", "제3[국]에서"),
        ("핵심광물", "핵심 심광", "[핵심광]물"),
        ("ＡＢＣ and abc", "abc", "[ＡＢＣ] and [abc]"),
        ("nothing", "else", "nothing"),
    ],
)
def test_a_passage_marks_what_was_asked_for_as_it_is_written(text: str, typed: str, shown: str) -> None:
    assert marked(passage(text, asked(typed))) == shown


def test_a_long_text_is_cut_around_the_first_place_between_words() -> None:
    shown = marked(passage("before " * 200 + "minerals " + "after " * 200, asked("minerals"), longest=60))

    assert shown.startswith("…before ")
    assert "[minerals]" in shown
    assert shown.endswith(" after…")
    assert len(shown) < 70
