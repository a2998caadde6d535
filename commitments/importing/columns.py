"""Which columns a sheet of each kind may have, what people call them, and what a column probably means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.importing.tables import Row, Table, refuse
from commitments.models import ImportRun

HEADINGS_WITHIN = 10  # filled rows from the top; officers like a title above their table
IGNORED = "-"  # a column that is left out on purpose
UNDECIDED = ""
IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|（[^）]*）")


@dataclass(frozen=True)
class Column:
    label: str | Promise
    names: tuple[str, ...]  # a heading is compared without case, spaces, hyphens and underscores


@dataclass(frozen=True)
class Layout:
    """The sheets of one kind. Of each group in `needed` one column must be there, or a value for all rows."""

    columns: Mapping[str, Column]
    needed: tuple[tuple[str, ...], ...]
    for_all: tuple[str, ...] = ()  # what may be said once for all rows
    stem: str = ""  # the column whose language is seen from its script
    by_heading: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        names = {plain(n): key for key, column in self.columns.items() for n in (key, *column.names)}
        object.__setattr__(self, "by_heading", names)

    def column_of(self, heading: str) -> str:
        """As the heading stands, else without what it says in brackets; "" if nobody calls a column so."""
        known = self.by_heading
        return known.get(plain(heading)) or known.get(plain(IN_BRACKETS.sub("", heading)), "")

    def missing(self, given: set[str]) -> list[str]:
        """Labels of what is needed and not given."""
        lacking = [group for group in self.needed if not given.intersection(group)]
        return [str(self.columns[group[0]].label) for group in lacking]


def plain(heading: str) -> str:
    return re.sub(r"[\s_\-·*:：]+", "", unicodedata.normalize("NFKC", heading)).casefold()


COMMITMENTS = Layout(
    {
        "reference": Column(
            gettext_lazy("reference"),
            ("ref", "관리번호", "번호", "연번", "참조번호", "管理番号", "整理番号", "番号"),
        ),
        "title": Column(
            gettext_lazy("title, in any of the three languages"), ("commitment", "과제", "합의 내용", "課題")
        ),
        "title_en": Column(
            gettext_lazy("title in English"), ("english title", "영문 제목", "영문", "英語件名", "英文")
        ),
        "title_ko": Column(
            gettext_lazy("title in Korean"),
            ("korean title", "제목", "합의사항", "과제명", "국문 제목", "韓国語件名"),
        ),
        "title_ja": Column(
            gettext_lazy("title in Japanese"),
            ("japanese title", "일문 제목", "件名", "合意事項", "題名", "日本語件名"),
        ),
        "forum": Column(
            gettext_lazy("forum"), ("협의체", "회의체", "포럼", "協議体", "会議体", "フォーラム", "枠組み")
        ),
        "working_group": Column(
            gettext_lazy("working group"), ("group", "분과", "소분과", "작업반", "分科会", "作業部会")
        ),
        "parties": Column(gettext_lazy("parties"), ("party", "당사국", "참여국", "参加国", "当事国")),
        "lead": Column(
            gettext_lazy("lead"),
            ("owner", "주관부서", "담당부서", "담당", "주관과", "主管部署", "主管課", "担当課", "担当"),
        ),
        "supporting": Column(
            gettext_lazy("supporting"),
            ("supporting division", "협조부서", "협조과", "관계부서", "協力部署", "関係課", "協力課"),
        ),
        "kind": Column(gettext_lazy("kind"), ("type", "유형", "종류", "種別", "種類")),
        "cadence_months": Column(
            gettext_lazy("every … months"),
            ("cadence", "every months", "주기(개월)", "주기", "周期(月)", "周期"),
        ),
        "declared_on": Column(
            gettext_lazy("declared on"),
            ("declared", "합의일", "발표일", "선언일", "합의일자", "合意日", "発表日"),
        ),
        "due_on": Column(
            gettext_lazy("deadline"),
            ("due", "due date", "deadline", "기한", "마감일", "완료기한", "期限", "締切"),
        ),
        "quote": Column(gettext_lazy("declared words"), ("declared words", "문안", "합의문", "文言", "原文")),
        "outlook": Column(gettext_lazy("outlook"), ("추진상황", "신호등", "見通し")),
        "letter_number": Column(
            gettext_lazy("letter number"), ("letter no", "공문번호", "문서번호", "文書番号", "公文番号")
        ),
        "aliases": Column(
            gettext_lazy("also known as"),
            ("alias", "old reference", "별칭", "구 관리번호", "別名", "旧管理番号"),
        ),
        "note": Column(gettext_lazy("our reading"), ("note", "remarks", "비고", "메모", "備考")),
    },
    needed=(("title", "title_en", "title_ko", "title_ja"), ("forum",)),
    for_all=("forum",),
    stem="title",
)
PEOPLE = Layout(
    {
        "name": Column(
            gettext_lazy("name, in any of the three languages"),
            ("full name", "person", "성명", "이름", "담당자", "氏名", "名前", "担当者"),
        ),
        "name_en": Column(
            gettext_lazy("name in English"), ("english name", "영문 성명", "영문명", "英字氏名")
        ),
        "name_ko": Column(gettext_lazy("name in Korean"), ("korean name", "국문 성명", "韓国語氏名")),
        "name_ja": Column(gettext_lazy("name in Japanese"), ("japanese name", "일문 성명", "日本語氏名")),
        "email": Column(
            gettext_lazy("mail address"),
            (
                "mail",
                "e-mail address",
                "이메일",
                "메일",
                "전자우편",
                "メール",
                "メールアドレス",
                "電子メール",
            ),
        ),
        "username": Column(
            gettext_lazy("sign-in name"), ("user", "login", "아이디", "ID", "ユーザー名", "ログイン名")
        ),
        "language": Column(gettext_lazy("language"), ("언어", "言語")),
        "party": Column(gettext_lazy("party"), ("country", "국가", "당사국", "国", "当事国")),
        "organisation": Column(
            gettext_lazy("organisation"),
            (
                "organization",
                "division",
                "office",
                "부서",
                "소속",
                "과",
                "기관",
                "部署",
                "所属",
                "課",
                "機関",
            ),
        ),
        "post": Column(
            gettext_lazy("post"), ("position", "title", "직위", "직책", "보직", "役職", "官職", "職名")
        ),
        "from_on": Column(
            pgettext_lazy("of a holding", "holds it from"),
            ("from", "since", "start", "부임일", "시작일", "보임일", "着任日", "開始日"),
        ),
        "until_on": Column(
            pgettext_lazy("of a holding", "holds it until"),
            ("until", "to", "end", "종료일", "이임일", "離任日", "終了日"),
        ),
        "acting": Column(pgettext_lazy("of a holding", "acting"), ("직무대리", "대리", "職務代行", "代行")),
    },
    needed=(("email", "username"), ("name", "name_en", "name_ko", "name_ja")),
    for_all=("party",),
    stem="name",
)
HOLIDAYS = Layout(
    {
        "calendar": Column(gettext_lazy("calendar"), ("country", "달력", "국가", "カレンダー", "暦", "国")),
        "day": Column(
            gettext_lazy("day"), ("date", "holiday date", "날짜", "일자", "일", "휴일", "日付", "日", "月日")
        ),
        "name": Column(
            gettext_lazy("name"),
            (
                "holiday",
                "summary",
                "이름",
                "명칭",
                "공휴일",
                "휴일명",
                "名称",
                "祝日",
                "休日名",
                "国民の祝日",
            ),
        ),
        "working": Column(gettext_lazy("working day"), ("worked", "근무일", "근무", "勤務日", "出勤日")),
    },
    needed=(("day",), ("name",), ("calendar",)),
    for_all=("calendar",),
)
LAYOUTS: dict[str, Layout] = {
    ImportRun.Kind.COMMITMENTS: COMMITMENTS,
    ImportRun.Kind.PEOPLE: PEOPLE,
    ImportRun.Kind.HOLIDAYS: HOLIDAYS,
}


@dataclass(frozen=True)
class Meaning:
    """What each column means, in their order; `for_all`: what holds for every row."""

    columns: tuple[str, ...]
    for_all: Mapping[str, str] = field(default_factory=dict)


def headings_of(table: Table, layout: Layout) -> Row:
    """The row of the first ones that has the most headings that are known; else the first with two cells."""
    top = table.rows[:HEADINGS_WITHIN]
    known = {row.number: sum(bool(layout.column_of(cell)) for cell in row.cells) for row in top}
    best = max(top, key=lambda row: (known[row.number], -row.number))
    if known[best.number] > 1:
        return best
    return next((row for row in top if sum(bool(cell.strip()) for cell in row.cells) > 1), top[0])


def proposed(headings: Sequence[str], layout: Layout, remembered: Mapping[str, str]) -> list[str]:
    """A column for each heading: as it was taken the last time, else by its name. None is proposed twice."""
    found: list[str] = []
    for heading in headings:
        column = remembered.get(plain(heading)) or layout.column_of(heading)
        if not heading.strip():
            column = IGNORED
        elif column != IGNORED and (column in found or column not in layout.columns):
            column = UNDECIDED
        found.append(column)
    return found


def refuse_what_lacks(table: Table, headings: Row, layout: Layout, mapping: Meaning) -> None:
    """Raises Refused: a column twice, or one that is needed and not there."""
    taken = [column for column in mapping.columns if column not in {IGNORED, UNDECIDED}]
    twice = next((column for column in taken if taken.count(column) > 1), None)
    if twice:
        said = _("Two columns say “%(name)s”. Leave one out.") % {"name": twice}
        refuse(table.file, said, row=headings.number)
    missing = layout.missing({*taken, *(name for name, value in mapping.for_all.items() if value)})
    if missing:
        said = _("A column is missing: %(names)s. Say which one it is.") % {"names": ", ".join(missing)}
        refuse(table.file, said, row=headings.number)
    if table.rows[-1].number <= headings.number:
        refuse(table.file, _("The sheet has no row below its headings."), row=headings.number)


def labels(layout: Layout) -> dict[str, Any]:
    return {name: column.label for name, column in layout.columns.items()}
