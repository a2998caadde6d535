"""What a reply says: its own words, in the habits of three languages, which item, and what it means."""

import contextlib
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mail_reading import Unreadable, read_mail, text_of_html
from notifications.replies import Meaning, is_automatic, own_words, read_answer
from notifications.reply_items import (
    MORE_BESIDE,
    NO_SUCH_ITEM,
    NO_WORDS,
    TWICE,
    WHICH_ITEM,
    Asked,
    Unclear,
    by_item,
)
from tests.raw_mails import raw_mail

SENT = """One item of the register waits for your answer. Please answer by Fri 18 Dec 2026.

1. SCCD-2024-01 (our summary) Continue discussions on supply chains
   Deadline: Fri 18 Dec 2026
   Answer here, without signing in: http://127.0.0.1:8000/a/WzEsMV0:1abc/
"""
DUE_ON, TODAY = date(2026, 12, 18), date(2026, 12, 14)

# Own words, below them what the program adds: the same answer in each

HABITS = {
    "Gmail": """The second round was held.

On Mon, Dec 14, 2026 at 8:30 AM Tracker <tracker@ministry.example> wrote:

> One item of the register waits for your answer.
>
> 1. SCCD-2024-01 (our summary) Continue discussions
""",
    "Gmail, broken over two lines": """The second round was held.

On Mon, Dec 14, 2026 at 8:30 AM The Commitment Tracker of the Ministry
<tracker@ministry.example> wrote:
> One item of the register waits for your answer.
""",
    "Gmail, Korean": """The second round was held.

2026년 12월 14일 (월) 오전 8:30, Tracker <tracker@ministry.example>님이 작성:

> 1. SCCD-2024-01 Continue discussions
""",
    "Gmail, Japanese": """The second round was held.

2026年12月14日(月) 8:30 Tracker <tracker@ministry.example>:

> 1. SCCD-2024-01 Continue discussions
""",
    "Outlook": """The second round was held.

Best regards,
Kim Young-hee
Director, Critical Minerals Division

From: Tracker <tracker@ministry.example>
Sent: Monday, December 14, 2026 8:30 AM
To: Kim <lead@ministry.example>
Subject: [SCCD] Status of 1 item requested

Something that only the thread says.
""",
    "Outlook, Korean": """The second round was held.

보낸 사람: Tracker <tracker@ministry.example>
보낸 날짜: 2026년 12월 14일 월요일 오전 8:30
받는 사람: Kim <lead@ministry.example>
제목: [SCCD] 1건

Something that only the thread says.
""",
    "Outlook, Japanese": """The second round was held.

差出人: Tracker <tracker@ministry.example>
送信日時: 2026年12月14日 8:30
宛先: Kim <lead@ministry.example>
件名: [SCCD] 1件

Something that only the thread says.
""",
    "Naver": """The second round was held.

-----Original Message-----
From: "Tracker" <tracker@ministry.example>
To: <lead@ministry.example>;

Something that only the thread says.
""",
    "Korean groupware": """The second round was held.

----- 원본 메시지 -----
보낸사람 : Tracker
Something that only the thread says.
""",
    "Apple Mail, Japanese": """The second round was held.

iPhoneから送信

2026/12/14 8:30、Tracker <tracker@ministry.example>のメール:

> One item of the register waits for your answer.
""",
    "Thunderbird, below the quotation": """On 14.12.26 08:30, Tracker wrote:
> One item of the register waits for your answer.
> 1. SCCD-2024-01 Continue discussions

The second round was held.

--\x20
Kim Young-hee
""",
    "no mark at all": """The second round was held.

One item of the register waits for your answer. Please answer by
Fri 18 Dec 2026.

1. SCCD-2024-01 (our summary) Continue discussions on supply chains
""",
    "a Korean signature": """The second round was held.

감사합니다.
김영희 드림
산업통상부 핵심광물과 (044-000-0000)
""",
    "a Japanese signature": """The second round was held.

よろしくお願いいたします。
――――――――――
経済産業省 鉱物資源課
田中 一郎
""",
    "thanks on the same line": "The second round was held. Thank you.\nKim",
    "a telephone": "The second round was held.\n\nSent from my iPhone",
}


@pytest.mark.parametrize("program", HABITS)
def test_quotation_and_signature_are_left_out(program):
    assert own_words(HABITS[program], SENT) == "The second round was held."


def test_a_reply_in_paragraphs_keeps_them():
    text = "The second round was held.\n\nThe third is planned for March.\n\n감사합니다."

    assert own_words(text, SENT) == "The second round was held.\n\nThe third is planned for March."


def test_words_below_a_friendly_thank_you_are_no_signature():
    text = "Thank you\n\n" + "The second round was held in Seoul. " * 5

    assert "second round" in own_words(text)


def test_thanks_at_the_beginning_are_no_signature():
    assert own_words("감사합니다.\n2차 회의를 개최했습니다.") == "감사합니다.\n2차 회의를 개최했습니다."


def test_a_line_with_a_time_is_no_quotation():
    text = "On 3 December at 10:30 the group met, and the chair wrote:\nThe text is agreed."

    assert own_words(text) == text


def test_a_quotation_of_html_is_left_out():
    page = (
        "<html><head><style>p{color:red}</style></head><body><p>The second round<br>was held.</p>"
        "<div class='gmail_quote'>On Mon, Dec 14, 2026 at 8:30 AM T &lt;t@m.example&gt; wrote:<br>"
        "<blockquote><p>1. SCCD-2024-01 Continue</p></blockquote></div></body></html>"
    )

    assert own_words(text_of_html(page)) == "The second round\nwas held."


def test_the_numbers_of_an_html_list_are_read():
    assert text_of_html("<ol><li>No change</li><li>Not mine</li></ol>").strip() == "1. No change\n2. Not mine"


# What it means

NO_CHANGE = [
    "No change", "no change.", "No changes so far, thank you.", "There is no change", "Nothing to report",
    "변동 없음", "변동사항 없습니다.", "특이사항 없음", "안녕하십니까, 산업통상부 김영희입니다.\n변동 없습니다.",
    "Yes, no change.", "네, 변동 없습니다.", "はい、変更ありません。", "Nothing to report from our side.", "No news.",
    "変更なし", "特に変更はありません。", "お世話になっております。\n変更ございません。",
]  # fmt: skip
SEEN = [
    "Seen", "Noted with thanks.", "Seen, will reply later", "Received. We will report in due course.",
    "확인했습니다", "확인하였습니다. 추후 회신드리겠습니다.", "확인했습니다. 감사합니다.",
    "確認しました", "承知いたしました。", "拝見しました。後日回答いたします。",
    "확인했습니다. 다음 주에 회신드리겠습니다.", "네 확인하였습니다. 추후 회신드리겠습니다.", "네, 알겠습니다.",
    "확인하였습니다. 12월 20일까지 답변드리겠습니다.", "예, 확인했습니다. 내부 검토 후 보고드리겠습니다.",
    "はい、確認しました。来週回答いたします。", "承知しました。来週中に、ご報告いたします。", "12月20日までに回答いたします。",
    "Noted. I will reply next week.", "OK, seen. We'll answer by Friday.", "Yes, received. I’ll get back to you early next week.",
    "I will reply next week.", "다음 주에 회신드리겠습니다.",
]  # fmt: skip
NOT_MINE = [
    "Not mine", "Sorry, not mine. It belongs to the Energy Division.", "This is not ours", "Wrong person",
    "Yes, not mine.", "네 소관 아닙니다.", "담당 아님", "소관 아님", "저희 과 소관이 아닙니다. 에너지과 소관입니다.", "제 담당이 아닙니다.",
    "担当外", "当課の担当外です。エネルギー課にお願いします。", "担当ではありません。",
]  # fmt: skip
REPORT = [
    "The second round was held on 3 December.",
    "No change in the text, but the call was held.",
    "Not mine to decide, but the text is agreed.",
    "The talks were extended until 20 January 2027.",
    "It is seen as done.",
    "We will report to the committee.",
    "12월 말까지 제출하겠습니다.",
    "확인했습니다. 2차 회의를 다음 주에 개최합니다.",
    "Yes, the call was held.",
    "다음 주",
    "No change. The call was held on 3 December.",
    "확인 결과 협의를 개최하였습니다.",
    "변동 없는 것으로 보이나 확인 중입니다.",
    "変更案を確認しました。合意済みです。",
    "해당사항 없음",
    "More time please",
    "기한 연장을 요청드립니다.",
    "期限の延長をお願いします。",
    "Please extend the deadline to next spring.",
    "Please extend to 20 January or to 29 January 2027.",
    "Please extend it to 16 December 2026.",
]
MORE_TIME = [
    "Please extend to 29 January 2027.", "We need more time until 29 Jan.", "Could we have until January 29, 2027?",
    "We request an extension from 18 December to 29 January 2027.", "Need more time, by 2027-01-29",
    "The round was held on 3 December. Please extend the deadline until 29 January.",
    "기한 연장을 요청드립니다. 1/29까지 가능할까요?", "1.29.(금)까지 연장 부탁드립니다.", "'27.1.29.까지 기한 연장 요청",
    "기한 연장을 요청합니다.\n희망일: 2027. 1. 29.", "2027년 1월 29일까지 기한을 연장해 주시기 바랍니다.",
    "期限の延長をお願いします。1/29(金)まで。", "2027/1/29まで延長をお願いいたします。", "1月29日まで猶予をいただけますか。",
]  # fmt: skip
MEANINGS = {
    Meaning.NO_CHANGE: NO_CHANGE,
    Meaning.SEEN: SEEN,
    Meaning.NOT_MINE: NOT_MINE,
    Meaning.REPORT: REPORT,
    Meaning.MORE_TIME: MORE_TIME,
}


@pytest.mark.parametrize(("meaning", "words"), [(m, w) for m, said in MEANINGS.items() for w in said])
def test_only_what_is_said_plainly_is_more_than_a_report(meaning, words):
    answer = read_answer(own_words(words, SENT), due_on=DUE_ON, today=TODAY)

    assert answer.meaning == meaning
    assert answer.until_on == (date(2027, 1, 29) if meaning is Meaning.MORE_TIME else None)


def test_a_month_as_the_new_date_means_its_last_day():
    answer = read_answer("내년 1월 말까지 기한 연장을 요청드립니다.", due_on=DUE_ON, today=TODAY)

    assert answer.until_on == date(2027, 1, 31)


# Which item

ITEMS = [Asked(11, 1, "SCCD-2024-01"), Asked(12, 2, "SCCD-2024-02"), Asked(13, 3, "")]


def answered(words: str, items: list[Asked] = ITEMS) -> list[tuple[int, str]]:
    return [(item.key, said) for item, said in by_item(words, items)]


def meaning_of(words: str) -> Meaning:
    return read_answer(words, due_on=DUE_ON, today=TODAY).meaning


def unclear(words: str, items: list[Asked] = ITEMS) -> str:
    with pytest.raises(Unclear) as refused:
        by_item(words, items)
    return str(refused.value)


@pytest.mark.parametrize(
    "words",
    [
        "1. No change\n2. Not mine",
        "1: No change\n2: Not mine",
        "1) No change\n2) Not mine",
        "(1) No change\n(2) Not mine",
        "①No change\n② Not mine",
        "1번: No change\n2번: Not mine",
        "No. 1: No change\nNo. 2: Not mine",
        "1.\nNo change\n2.\nNot mine",
        "SCCD-2024-01: No change\nSCCD-2024-02 Not mine",
        "Regarding SCCD-2024-01 - No change\n[SCCD-2024-02] Not mine",
        "1. SCCD-2024-01 No change\n2. SCCD-2024-02 Not mine",
        "1 No change\n2 Not mine",
        "1번 No change\n2번 Not mine",
        "1은 No change\n2는 Not mine",
        "1 No change; 2 Not mine",
        "1 No change；2 Not mine",
        "1 No change, 2 Not mine",
        "1 No change 2 Not mine",
        "1. No change 2. Not mine",
        "1) No change 2) Not mine",
        "1: No change; 2: Not mine",
        "1は No change、2は Not mine",
        "①No change②Not mine",
        "１　No change　２　Not mine",
        "1 No change / 2 Not mine",
        "Dear colleagues, 1 No change; 2 Not mine",
        "네, 1 No change; 2 Not mine",
        "Dear colleagues,\nour answers are as follows:\n\n1. No change\n\n2. Not mine",
        "안녕하십니까.\n아래와 같이 회신드립니다.\n\n1. No change\n2. Not mine",
        "お世話になっております。\n下記のとおり回答いたします。\n1. No change\n2. Not mine",
    ],
)
def test_answers_find_their_items_by_number_or_reference(words):
    assert answered(words) == [(11, "No change"), (12, "Not mine")]


def test_an_answer_may_run_over_lines_and_be_for_one_of_several():
    words = "2. The second round was held.\nThe third is planned.\n3. 5. 회의는 연기됨."

    assert answered(words) == [(12, words.removeprefix("2. "))]


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        (
            "1 no change; 2 working-level call held on 3 Dec.",
            "no change",
            "working-level call held on 3 Dec.",
        ),
        ("1 변동 없음, 2 실무 통화를 실시함", "변동 없음", "실무 통화를 실시함"),
        ("1 通話を実施；2 担当外です", "通話を実施", "担当外です"),
        ("1) 실무 통화 실시 2) 소관 아님", "실무 통화 실시", "소관 아님"),
        ("1. 실무 통화를 실시함. 2. 회의를 준비 중", "실무 통화를 실시함.", "회의를 준비 중"),
        ("①통화 실시 ②협의 중", "통화 실시", "협의 중"),
        ("1 no change\n2 talks were held", "no change", "talks were held"),
        ("1. 변동 없음\n2. 12월 2일 회의 개최", "변동 없음", "12월 2일 회의 개최"),
        ("1. 변동 없음\n2. 12. 2. 회의 개최", "변동 없음", "12. 2. 회의 개최"),
    ],
)
def test_an_answer_begins_within_a_line_where_that_is_certain(words, first, second):
    assert answered(words) == [(11, first), (12, second)]


@pytest.mark.parametrize(
    "words",
    [
        "1. We finished phase 2. The next is planned.",
        "1. The group met in Seoul, 2 in Busan",
        "1) 실무 통화 실시 2) 협의 중",
        "1 통화 실시 2 협의 중",
        "1. 변동 없음\n2차 협의 개최",
        "1. No change; see item 2.",
        "2 meetings were held",
        "2 Dec: call held",
        "1-2 no change",
    ],
)
def test_a_number_that_may_or_may_not_begin_an_answer_is_left_to_a_person(words):
    assert unclear(words) == WHICH_ITEM


@pytest.mark.parametrize(
    "said",
    [
        "Held 2 meetings and 3 calls",
        "협의 2회 개최",
        "2차 협의 개최",
        "2026. 12. 3. 회의 개최",
        "Agreed with 2 of 3 divisions",
    ],
)
def test_an_amount_or_a_date_within_an_answer_is_part_of_it(said):
    assert answered(f"1. {said}") == [(11, said)]


@pytest.mark.parametrize(
    "words",
    [
        "1, 2 no change",
        "1 and 2: no change",
        "1번과 2번 변동 없음",
        "1, 2번 모두 변동 없습니다.",
        "1、2とも変更なし",
        "1・2 変更なし",
    ],
)
def test_one_plain_answer_may_be_for_several_numbers(words):
    assert [key for key, _said in answered(words)] == [11, 12]
    assert {meaning_of(said) for _key, said in answered(words)} == {Meaning.NO_CHANGE}


def test_what_is_not_plain_is_for_one_number_only():
    assert unclear("1, 2 실무 협의에서 논의됨") == WHICH_ITEM


ALL_OF_THREE = [
    "No change on all items", "All unchanged.", "No changes to any of the items.", "모두 변동 없습니다.",
    "네, 모두 변동 없습니다. 감사합니다.", "세 건 모두 변동 없음", "全て変更ありません。", "いずれも変更ございません。",
]  # fmt: skip
BOTH = [
    "No change for both.",
    "Both: no change",
    "둘 다 변동 없음",
    "두 건 모두 변동 없습니다.",
    "両件とも変更なし",
]


@pytest.mark.parametrize(("words", "count"), [(w, 3) for w in ALL_OF_THREE] + [(w, 2) for w in BOTH])
def test_no_change_for_all_is_no_change_for_each(words, count):
    found = answered(words, ITEMS[:count])

    assert [key for key, _said in found] == [11, 12, 13][:count]
    assert {meaning_of(said) for _key, said in found} == {Meaning.NO_CHANGE}


@pytest.mark.parametrize("words", [*BOTH, "All were discussed.", "모두 협의 중입니다."])
def test_both_is_not_all_of_three_and_only_plain_words_are_for_all(words):
    assert unclear(words) == WHICH_ITEM


def test_a_reference_in_running_words_is_enough():
    words = "On the part under SCCD-2024-02 the second round was held."

    assert answered(words) == [(12, words)]


def test_with_one_item_the_whole_reply_is_its_answer():
    assert answered("1. No change", ITEMS[:1]) == [(11, "No change")]
    assert answered("1 No change", ITEMS[:1]) == [(11, "No change")]
    long = "1. Call held" + " and noted" * 50 + "\n2. Text sent"
    assert answered(long, ITEMS[:1]) == [(11, long)]
    assert answered("1 2 3 " * 200, ITEMS[:1]) == [(11, "1 2 3 " * 200)]
    assert answered("1 meeting was held", ITEMS[:1]) == [(11, "1 meeting was held")]
    assert answered("1. Call held\n2. Text sent", ITEMS[:1]) == [(11, "1. Call held\n2. Text sent")]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", NO_WORDS),
        ("No change", WHICH_ITEM),
        ("SCCD-2024-01 and SCCD-2024-02 were discussed.", WHICH_ITEM),
        ("The parts under SCCD-2024-01 and SCCD-2024-02 were discussed.", WHICH_ITEM),
        ("1. No change\n4. Done", NO_SUCH_ITEM),
        ("1 No change; 4 Done", NO_SUCH_ITEM),
        ("SCCD-2023-09: No change", NO_SUCH_ITEM),
        ("1. No change\n1. Done", TWICE),
        ("1. No change\nSCCD-2024-01: Done", TWICE),
        ("1.\n2. Done", NO_WORDS),
        ("The second round was held.\n1. No change", MORE_BESIDE),
    ],
)
def test_what_does_not_find_its_item_is_not_guessed(words, why):
    assert unclear(words) == why


def test_two_dates_of_one_commitment_need_their_numbers():
    twins = [Asked(11, 1, "SCCD-2024-01"), Asked(12, 2, "SCCD-2024-01")]

    assert unclear("SCCD-2024-01: Done", twins) == WHICH_ITEM
    assert answered("2. Done", twins) == [(12, "Done")]


# The mail itself


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("euc-kr", "제2차 회의를 개최했습니다."),
        ("ks_c_5601-1987", "제2차 회의, 똠방각하"),
        ("iso-2022-jp", "第二回会合を開催しました。"),
        ("shift_jis", "第二回会合を開催しました。"),
        ("euc-jp", "第二回会合を開催しました。"),
        ("utf-8", "제2차 회의 ⟨第二回⟩"),
    ],
)
def test_each_charset_is_read_as_it_was_written(charset, said):
    encoding = {"ks_c_5601-1987": "cp949", "shift_jis": "cp932"}.get(charset, charset)
    raw = f"Content-Type: text/plain; charset={charset}\n\n".encode() + said.encode(encoding)

    assert read_mail(raw).text == said


@pytest.mark.parametrize(
    ("said", "encoding", "claimed"),
    [
        ("제2차 회의를 개최했습니다.", "cp949", "utf-8"),
        ("제2차 회의를 개최했습니다.", "utf-8", "euc-kr"),
        ("제2차 회의를 개최했습니다.", "cp949", "no-such-charset"),
        ("第二回会合を開催しました。", "cp932", "us-ascii"),
        ("第二回会合を開催しました。", "iso-2022-jp", "utf-8"),
        ("제2차 회의를 개최했습니다.", "utf-8", "iso-8859-2"),
        (r"See C:\new", "ascii", "unicode_escape"),
    ],
)
def test_a_wrong_charset_is_seen_through(said, encoding, claimed):
    raw = f"Content-Type: text/plain; charset={claimed}\n\n".encode() + said.encode(encoding)

    assert read_mail(raw).text == said


def test_what_windows_adds_to_japanese_mail_is_read():
    raw = b"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B-!-j\x1b(B ok \x1b(I6E\x1b(B"

    assert read_mail(raw).text == "①㈱ ok ｶﾅ"


def test_names_and_subjects_are_read_as_they_were_written():
    mail = read_mail(
        b"From: =?euc-kr?B?sei/tcjx?= <Lead@Ministry.Example>\n"
        b"Subject: =?iso-2022-jp?B?GyRCMnE5ZxsoQg==?= 1\nMessage-ID: <a@b>\n\nx"
    )

    assert (mail.from_name, mail.from_address, mail.subject) == ("김영희", "lead@ministry.example", "会合 1")


def test_the_plain_text_is_read_and_the_html_where_there_is_no_other():
    assert read_mail(raw_mail("plain", html="<p>rich</p>")).text == "plain"
    assert read_mail(raw_mail(html="<p>rich &amp; full</p>")).text == "rich & full"
    assert read_mail(raw_mail(" \n", html="<p>rich</p>")).text == "rich"


def test_attachments_are_named_and_logos_are_none():
    raw = raw_mail("See attached.", files=("보고서.pdf",))
    logo = b"""Content-Type: multipart/related; boundary=B

--B
Content-Type: text/plain

Done
--B
Content-Type: image/png; name=logo.png
Content-ID: <logo>

x
--B--
"""

    assert read_mail(raw).attachments == ("보고서.pdf",)
    assert read_mail(logo).attachments == ()


def test_the_text_of_an_attached_mail_is_not_what_its_sender_says():
    raw = b"""Content-Type: multipart/mixed; boundary=B

--B
Content-Type: text/plain

See the attached mail.
--B
Content-Type: message/rfc822

Subject: other

No change
--B--
"""

    assert read_mail(raw).text == "See the attached mail."


def test_what_cannot_be_stored_or_shown_is_left_out():
    raw = b"Subject: a\x00b\n\nDone\x00\x1b[31m \xe2\x80\xaex\xe2\x80\xac"

    mail = read_mail(raw)

    assert (mail.subject, mail.text) == ("ab", "Done[31m x")


def test_a_mail_without_an_identity_gets_the_same_in_each_copy():
    raw = raw_mail("Done", message_id=None)

    first, second = read_mail(raw), read_mail(b"Received: by another server\n" + raw)

    assert first.message_id == second.message_id != read_mail(raw_mail("Else", message_id=None)).message_id


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b"\xff\xfe", b"Content-Type: multipart/mixed\n\nno boundary", b"Content-Transfer-Encoding: base64\n\n!!",
     b"Subject: =?utf-8?b?!!!?=\nFrom: <<>@\n\nx", b"Content-Type: text/plain; charset=\"\x00\"\n\nx"],
)  # fmt: skip
def test_a_broken_mail_is_still_a_mail(raw):
    assert read_mail(raw).message_id


def test_a_mail_nested_beyond_reason_is_refused():
    parts = [f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3_000)]

    with pytest.raises(Unreadable):
        read_mail("".join(parts).encode())


@given(st.binary(max_size=2_000))
def test_no_bytes_break_the_reading(raw):
    mail = read_mail(raw)
    own_words(mail.text, SENT)
    is_automatic(mail)


@given(st.text(max_size=1_000))
def test_no_words_break_the_understanding(words):
    read_answer(own_words(words, SENT), due_on=DUE_ON, today=TODAY)


PIECES_TO_KEEP_US_BUSY = [
    "> \n", "On 1 ", "-", "\n", "a ", "From: \n", "1. ", "<", "<!--", "<a ", "확인 ", "2027. ", "thanks\n",
    "thanks, ", "thanks\n\n", "Thank you. a\n", "감사합니다. ", "Kim 드림\n", "1 no change; ", "1 ", "2 both, ", "①", "네 ", "모두 ",
    "다음주", "来週", "next week ", " \t", "1, ", "SCCD-2024-01 ", "yes\n", "Dear Kim\n",
]  # fmt: skip


def seconds_to_read(text: str) -> float:
    """Of the processor, for all that is done with the words of a reply."""
    started = time.process_time()
    words = own_words(text, SENT)
    with contextlib.suppress(Unclear):
        by_item(words, ITEMS)
    read_answer(words, due_on=DUE_ON, today=TODAY)
    return time.process_time() - started


@pytest.mark.parametrize("piece", PIECES_TO_KEEP_US_BUSY)
def test_a_mail_made_to_keep_us_busy_does_not(piece):
    assert seconds_to_read(piece * (100_000 // len(piece))) < 4


def seconds_to_find_own_words(text: str) -> float:
    started = time.process_time()
    own_words(text, SENT)
    return time.process_time() - started


@pytest.mark.parametrize("piece", ["thanks\n", "thanks, ", "Thank you. a\n", "Kim 드림\n"])
def test_four_times_the_thanks_take_about_four_times_as_long_to_read(piece):
    once, four_times = (seconds_to_find_own_words(piece * (n // len(piece))) for n in (100_000, 400_000))

    assert four_times < 8 * once + 0.1


@pytest.mark.parametrize("piece", PIECES_TO_KEEP_US_BUSY)
def test_html_made_to_keep_us_busy_does_not(piece):
    started = time.process_time()

    text_of_html(piece * (100_000 // len(piece)))

    assert time.process_time() - started < 4


AUTOMATIC = [
    {"auto_submitted": "auto-replied"}, {"auto_submitted": "auto-generated"}, {"precedence": "bulk"},
    {"precedence": "auto_reply"}, {"x_autoreply": "yes"}, {"subject": "Automatic reply: [SCCD]"},
    {"subject": "Out of Office: Kim"}, {"subject": "[부재중] Re: [SCCD]"}, {"subject": "자동 회신: [SCCD]"},
    {"subject": "自動応答: [SCCD]"}, {"subject": "Read: [SCCD]"},
]  # fmt: skip


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_mail_that_nobody_wrote_is_known(headers):
    assert is_automatic(read_mail(raw_mail("No change", **headers)))


@pytest.mark.parametrize("headers", [{}, {"auto_submitted": "no"}, {"precedence": "first-class"}])
def test_mail_that_somebody_wrote_is_none(headers):
    assert not is_automatic(read_mail(raw_mail("No change", **headers)))
