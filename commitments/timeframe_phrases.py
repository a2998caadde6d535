"""How texts in three languages say when: a table of patterns for each, and what the words are worth.

A pattern says with its named groups what it found; digits after a name (`year1`, `year2`) only keep
apart two places for the same thing. A space stands for any short run of white space, ` ?` for one
that may be missing. Every repetition is bounded, so that any text is read in linear time.

A period (kind "window" or "part") comes with its relation, by the group that matched:

    by_end   by the end of it            by     by it, that is, until it is over
    within   at any time until its end   until  going on until it is over
    before   until the day before it     in     during it, or on that day; also where none is needed
    bare     nothing said: understood only where it is the whole phrase
"""

import re
from typing import NamedTuple

RELATIONS = ("by_end", "by", "within", "until", "before", "in", "bare")

# One character for one, so that positions in the text stay what they were.
ALIKE = str.maketrans("０１２３４５６７８９（）．：　\u00a0‐‑‒–—’‘`", "0123456789().:  -----'''")

# fmt: off
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)
# fmt: on
WORTH: dict[str, dict[str, int]] = {
    "relative": {
        **dict.fromkeys(["the", "this", "current", "the current"], 0),
        **dict.fromkeys(["next", "the next"], 1),
        **dict.fromkeys(["올해", "금년", "당해", "이번", "금"], 0),
        **dict.fromkeys(["내년", "명년", "다음", "차기"], 1),
        **dict.fromkeys(["내후년", "후년", "再来年"], 2),
        **dict.fromkeys(["今年", "本年", "今", "本", "当"], 0),
        **dict.fromkeys(["来年", "明年", "来", "次"], 1),
        **dict.fromkeys(["last", "작년", "지난해", "昨年"], -1),
    },
    "relative_month": {
        **dict.fromkeys(["this", "the current", "이번달", "이달", "금월", "今月", "本月", "当月"], 0),
        **dict.fromkeys(["next", "다음달", "내달", "익월", "来月", "翌月"], 1),
    },
    "half": {
        **dict.fromkeys(["first", "1st", "상", "전", "上", "前"], 1),
        **dict.fromkeys(["second", "2nd", "latter", "하", "후", "下", "後"], 2),
    },
    "quarter": {
        **dict.fromkeys(["first", "1st", "一"], 1),
        **dict.fromkeys(["second", "2nd", "二"], 2),
        **dict.fromkeys(["third", "3rd", "三"], 3),
        **dict.fromkeys(["fourth", "4th", "final", "四"], 4),
    },
    "month": {name[:length]: n for n, name in enumerate(MONTH_NAMES, 1) for length in (3, 4, len(name))},
    "part": {
        **dict.fromkeys(["early", "the beginning of", "the start of", "초"], 0),
        **dict.fromkeys(["早期", "早々", "初め", "はじめ", "初頭"], 0),
        **dict.fromkeys(["mid", "the middle of", "중반", "半ば", "なかば", "中頃"], 1),
        **dict.fromkeys(["late", "후반", "말경", "末頃"], 2),
    },
    "tenth": {
        **dict.fromkeys(["상순", "초순", "上旬"], 0),
        **dict.fromkeys(["중순", "中旬"], 1),
        **dict.fromkeys(["하순", "下旬"], 2),
    },
    # First months, in the northern half of the globe. Winter is left out: it lies in two years.
    "season": {
        **dict.fromkeys(["spring", "봄", "春"], 3),
        **dict.fromkeys(["summer", "여름", "夏"], 6),
        **dict.fromkeys(["autumn", "fall", "가을", "秋"], 9),
    },
    "era": {"元": 1},
    "n": {
        **dict.fromkeys(["a", "an", "one", "한", "一"], 1),
        **dict.fromkeys(["two", "두", "二"], 2),
        **dict.fromkeys(["three", "세", "三"], 3),
        **dict.fromkeys(["four", "네", "四"], 4),
        **dict.fromkeys(["five", "다섯", "五"], 5),
        **dict.fromkeys(["six", "여섯", "六"], 6),
        **{"seven": 7, "七": 7, "eight": 8, "八": 8, "nine": 9, "九": 9, "ten": 10, "十": 10},
        **{
            "eleven": 11,
            "twelve": 12,
            "fourteen": 14,
            "fifteen": 15,
            "eighteen": 18,
            "twenty": 20,
            "twenty-four": 24,
            "thirty": 30,
        },
        **{"forty-five": 45, "sixty": 60, "ninety": 90, "one hundred and twenty": 120},
        **{"十二": 12, "十五": 15, "十八": 18, "二十": 20, "三十": 30, "六十": 60, "九十": 90, "百二十": 120},
    },
}

DAYS, WORKING_DAYS, MONTHS = "days", "working_days", "months"
UNITS = {
    **dict.fromkeys(["day", "days", "calendar day", "calendar days", "일", "日"], (DAYS, 1)),
    **dict.fromkeys(["working day", "working days", "business day", "business days"], (WORKING_DAYS, 1)),
    **dict.fromkeys(["영업일", "근무일", "営業日"], (WORKING_DAYS, 1)),
    **dict.fromkeys(["week", "weeks", "주", "주일", "週間"], (DAYS, 7)),
    **dict.fromkeys(["month", "months", "개월", "달"], (MONTHS, 1)),
    **dict.fromkeys(["か月", "ヶ月", "ヵ月", "カ月", "ケ月", "箇月"], (MONTHS, 1)),
    **dict.fromkeys(["year", "years", "년", "年"], (MONTHS, 12)),
}

# An interval that starts with the text itself starts on the day it was declared.
THE_DECLARATION = re.compile(
    r"(?:(?:the )?(?:date|adoption|issuance) of )?(?:this|the present) (?:joint )?"
    r"(?:statement|declaration|communiqu[eé]|document|meeting)|today"
    r"|(?:이번|본|이) ?(?:공동 ?)?(?:성명|선언|선언문|회의)(?: ?발표| ?채택)?(?:일)?"
    r"|本(?:共同)?(?:声明|宣言|会合)(?:の?(?:発出|採択))?",
    re.IGNORECASE,
)


class Row(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    months: int = 0  # from one occurrence to the next, where no `n` and `unit` say it
    or_months: int = 0  # where the word has a second meaning
    sign: int = 1  # -1: so long before the event


def _row(kind: str, pattern: str, *, months: int = 0, or_months: int = 0, sign: int = 1) -> Row:
    spaced = pattern.replace(" ?", r"\s{0,4}").replace(" ", r"\s{1,4}")
    return Row(kind, re.compile(spaced, re.IGNORECASE), months, or_months, sign)


def _words(group: str, *, latin: bool) -> str:
    """The words of a group as alternatives, longest first."""
    words = sorted((word for word in WORTH[group] if word.isascii() == latin), key=len, reverse=True)
    return f"(?:{'|'.join(words)})"


_YEAR = r"(?:(?:19|20)\d\d|2100)(?![\d/]|-\d)"
_MONTH_NUMBER = r"(?<!\d)(?P<month>1[0-2]|0?[1-9])"
_DAY_NUMBER = r"(?P<day>3[01]|[12]\d|0?[1-9])"

# --- English ------------------------------------------------------------------------------------------

_ALONE = r"(?<![\w-])"
_RELATION = (
    rf"{_ALONE}(?:"
    r"(?P<by_end>(?:(?:by|before|until|at|through|prior to|no later than|not later than) |\A ?)(?:the )?end(?: of |-| ))"
    r"|(?P<by>(?:by no later than|no later than|not later than|on or before|by) (?:or around )?)"
    r"|(?P<until>(?:up until|until|till|through to|through|up to) )"
    r"|(?P<before>(?:before|prior to|ahead of|in advance of) )"
    r"|(?P<within>(?:within|later in|later|sometime in|sometime) )"
    r"|(?P<in>(?:in the course of|over the course of|in|during|throughout) ))"
)
_BY = rf"(?:{_RELATION}|(?P<bare>\A ?))"
_BY_DAY = rf"(?:{_BY}|{_ALONE}(?P<in2>on) )"
_THE_YEAR = (
    rf"(?:(?:(?P<fiscal1>(?:(?:the )?(?:\w{{2,12}} )?(?:fiscal|financial) year |FY ?))|(?:the )?(?:calendar )?year )?(?P<year>{_YEAR})"
    r"|(?P<relative>the current|the next(?= (?:\w{2,12} )?(?:fiscal|financial) )|the|this|current|next|last)"
    r" (?:calendar )?(?P<fiscal2>(?:\w{2,12} )?(?:fiscal|financial) )?year\b)"
)
_LATEST = r"(?: at the latest)?"
_OF_YEAR = rf"(?:(?: of|,)? {_THE_YEAR})?{_LATEST}"
_MONTH = rf"(?P<month>{_words('month', latin=True)})\b(?:\.(?= ?\d))?"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (?:the )?)?"
_TIME = r"(?:(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?: ?(?:h|hours|hrs))?(?: \(?[A-Z]{2,5}\)?)?,? (?:on )?)?"
_PART = r"(?P<part>early|mid|late|the beginning of|the start of|the middle of)(?:-| )(?:in )?"
_NUMBER = rf"(?P<n>\d{{1,4}}|{_words('n', latin=True)})(?: \([\w-]{{1,12}}\))?"
_UNIT = r"(?P<unit>(?:(?:calendar|working|business) )?days?|weeks?|months?|years?)\b"
_STOP = (
    r"(?= ?(?:\Z|[.;,:()\n]|(?:and|or|shall|will|must|for each|in each|by each|the parties|each party)\b))"
)
_NEXT = r"(?:(?:the|our|its|their|a) )?(?:next|subsequent|upcoming|forthcoming) "
_EVENT = rf"(?!{_NEXT})(?P<event>\w[^.;,:()\n]{{1,120}}?){_STOP}"
_EACH = r"(?P<per_party> (?:for|in|by) each (?:\w{2,12} )?(?:country|party|member|participant|partner|economy|signatory))?"
_MEETING = (
    rf"{_NEXT}(?:(?!(?:to|and|or|through|for|in|at|by|of|on|generation|steps?|few)\b)[\w-]{{1,20}} ){{0,5}}"
    r"(?:meeting|ministerial|summit|session|dialogue|round|conference|plenary|consultations?|SCCD|TTC)\b"
)
_AMOUNT = r"growth|revenue|budget|production|capacity|emissions|average|rate|turnover|inflation|value|trade|cost|sales"
_AT_LEAST = r"(?:(?:at least|no later than|not later than|not less than) )?"
_AHEAD = rf"{_ALONE}(?:within|over|in|during|throughout|for) (?:the )?(?:next|coming|following) "
_NAMED_MEETING = r"(?:the )?(?:\d{4} (?:[\w-]{1,20} ){0,5}(?:meetings?|summit|ministerial|conference|session|assembly)|(?:COP|MC) ?-?\d\d?)\b"

ENGLISH = (
    _row(
        "window",
        rf"{_BY_DAY}{_TIME}{_WEEKDAY}(?:the )?{_DAY_NUMBER}(?:st|nd|rd|th)?(?: of)? {_MONTH}{_OF_YEAR}",
    ),
    _row("window", rf"{_BY_DAY}{_TIME}{_WEEKDAY}{_MONTH} {_DAY_NUMBER}(?:st|nd|rd|th)?(?!\d){_OF_YEAR}"),
    _row("window", rf"{_BY_DAY}{_TIME}(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"),
    _row("window", rf"{_BY}(?:the )?(?P<half>first|1st|second|2nd|latter) half{_OF_YEAR}"),
    _row("window", rf"{_BY}H(?P<half>[12])(?: of)? {_THE_YEAR}"),
    _row("window", rf"{_BY}(?P<half>[12])H ?(?P<year>{_YEAR})"),
    _row("window", rf"{_BY}(?P<year>{_YEAR}) ?H(?P<half>[12])\b"),
    _row("window", rf"{_BY}(?:the )?(?P<quarter>{_words('quarter', latin=True)}) quarter{_OF_YEAR}"),
    _row("window", rf"{_BY}Q(?P<quarter>[1-4])\b{_OF_YEAR}"),
    _row("window", rf"{_BY}(?P<year>{_YEAR}) ?Q(?P<quarter>[1-4])\b"),
    _row("window", rf"{_BY}{_MONTH}{_OF_YEAR}(?! ?\d)"),
    _row("window", rf"{_BY}(?P<relative_month>this|next|the current) month\b"),
    _row("window", rf"{_BY}{_THE_YEAR}{_LATEST}"),
    _row("window", rf"{_ALONE}(?P<in>)(?P<relative>next) year\b"),
    _row("window", rf"{_ALONE}(?P<in>)(?P<relative_month>next) month\b"),
    _row(
        "window",
        rf"{_ALONE}(?P<by_end>(?:(?:by|before|until|at) |\A ?)(?:the )?year(?: |-)end)(?:(?: of)? (?P<year>{_YEAR}))?",
    ),
    _row("part", rf"(?:{_RELATION}|{_ALONE}){_PART}{_MONTH}{_OF_YEAR}"),
    _row("part", rf"(?:{_RELATION}|{_ALONE}){_PART}{_THE_YEAR}"),
    _row(
        "part",
        rf"(?:{_RELATION}|{_ALONE})(?:the )?(?P<season>{_words('season', latin=True)})(?: of|,)? {_THE_YEAR}",
    ),
    _row(
        "part",
        rf"(?:{_RELATION}|{_ALONE})(?P<relative>this|next) (?P<season>{_words('season', latin=True)})\b",
    ),
    _row("ahead", rf"{_AHEAD}(?:{_NUMBER} {_UNIT}|(?P<unit2>week|month|year)\b)"),
    _row(
        "event_relative",
        rf"{_ALONE}(?:within|no later than|not later than) {_NUMBER} {_UNIT} (?:of|after|from|following) {_EVENT}{_EACH}",
    ),
    _row("event_relative", rf"{_ALONE}{_NUMBER} {_UNIT} (?:after|from|following) {_EVENT}{_EACH}"),
    _row(
        "event_relative",
        rf"{_ALONE}{_AT_LEAST}{_NUMBER} {_UNIT} (?:before|prior to|ahead of|in advance of) {_EVENT}",
        sign=-1,
    ),
    _row("event_relative", rf"{_ALONE}(?:within|in no more than) {_NUMBER} {_UNIT}{_EACH}"),
    _row(
        "event_relative",
        rf"{_ALONE}upon (?P<event>(?:the )?(?:entry into force|ratification|adoption|signature|signing|conclusion|completion)\b(?: of [^.;,:()\n]{{1,80}}?{_STOP})?){_EACH}",
    ),
    _row(
        "event_relative",
        rf"{_ALONE}(?:by|before|prior to|ahead of|in time for|in the run-up to) (?P<event>{_NAMED_MEETING})",
    ),
    _row(
        "next_meeting",
        rf"{_ALONE}(?P<there>at|by|before|prior to|ahead of|in advance of|until|no later than|in time for|looking to|for) {_MEETING}",
    ),
    _row(
        "next_meeting",
        rf"{_ALONE}{_AT_LEAST}{_NUMBER} {_UNIT} (?:before|prior to|ahead of|in advance of) {_MEETING}",
        sign=-1,
    ),
    _row("next_meeting", rf"{_ALONE}{_MEETING}"),
    _row(
        "cadence",
        rf"{_ALONE}(?:at least )?(?:annually|annual(?! (?:{_AMOUNT})\b)|yearly|(?:every|each) year)\b",
        months=12,
    ),
    _row(
        "cadence",
        rf"{_ALONE}(?:at least )?(?:once (?:a|per|every|each) (?:calendar )?year|on an annual basis)\b",
        months=12,
    ),
    _row("cadence", rf"{_ALONE}(?:semi-?annual(?:ly)?|half-?yearly|every half(?: |-)year)\b", months=6),
    _row(
        "cadence",
        rf"{_ALONE}(?:at least )?(?:twice|two times)(?: a| per| each| every|-)? ?year(?:ly)?\b",
        months=6,
    ),
    _row("cadence", rf"{_ALONE}bi-?annual(?:ly)?\b", months=6, or_months=24),
    _row("cadence", rf"{_ALONE}three times (?:a|per|each|every) year\b", months=4),
    _row(
        "cadence",
        rf"{_ALONE}(?:quarterly|(?:every|each) quarter|(?:once (?:a|per) quarter)|four times (?:a|per|each|every) year)\b",
        months=3,
    ),
    _row("cadence", rf"{_ALONE}(?:monthly|(?:every|each) month|once (?:a|per) month)\b", months=1),
    _row("cadence", rf"{_ALONE}(?:biennial(?:ly)?|(?:once )?every (?:other|second) year)\b", months=24),
    _row("cadence", rf"{_ALONE}triennial(?:ly)?\b", months=36),
    _row("cadence", rf"{_ALONE}(?:at least )?(?:once )?every {_NUMBER} (?P<unit>months|years)\b"),
    _row(
        "cadence_unknown",
        rf"{_ALONE}(?:(?:on a )?(?:regular|periodic) basis|at regular intervals|regular(?:ly)?|periodic(?:ally)?)\b",
    ),
    _row(
        "open_urgent",
        rf"{_ALONE}(?:as soon as (?:possible|practicable|feasible)|at an early date|urgent(?:ly)?|promptly)\b",
    ),
    _row(
        "open_urgent",
        rf"{_ALONE}(?:at the earliest|without (?:undue |further )?delay|immediately|expeditiously)\b",
    ),
    _row(
        "open",
        rf"{_ALONE}(?:in due course|in the near future|when(?:ever)? appropriate|at a later (?:date|stage))\b",
    ),
    _row("open", rf"{_ALONE}at (?:an|the) appropriate (?:time|moment|juncture)\b"),
    _row(
        "open",
        rf"{_ALONE}(?:in|over) the (?:coming (?:days|weeks|months|years)|(?:medium|long|longer)(?: |-)term)\b",
    ),
    _row(
        "continuous", rf"{_ALONE}(?:continu(?:e|es|ing)(?: to)?|on an ongoing basis|on a continuing basis)\b"
    ),
)

# --- Korean -------------------------------------------------------------------------------------------

_KO_ALONE = r"(?<![가-힣\d])"
_KO_YEAR = (
    rf"(?:(?P<fiscal>(?:(?P<year1>{_YEAR})(?: ?년)? ?|(?P<relative1>이번|당해|다음|차기|금) ?)?회계연도)"
    rf"|(?<!\d)(?P<year2>{_YEAR}) ?년도?(?!대|간| ?전)|'(?P<short_year>\d\d)(?: ?년|\.)"
    r"|(?P<relative2>내후년|올해|금년|내년|명년|후년|작년|지난해)도?)"
)
_KO_RELATION = (
    r"(?:(?P<by_end> ?말(?:경|쯤)?(?:까지|에| ?이?내에?| ?이전)| ?말(?![가-힣]))"
    r"|(?P<before> ?전(?:까지|에))"
    r"|(?P<by> ?(?:까지|이전))"
    r"|(?P<within> ?이?내(?:에|로|(?![가-힣]))| ?안(?:에|으로))"
    r"|(?P<in> ?중(?:에|으로|(?![가-힣]))| ?(?:에는?|동안|경에?|쯤에?)(?![가-힣])))"
)
_KO_BY = rf"(?:{_KO_RELATION}|(?P<bare>[\s.]?\Z))"
_KO_WEEKDAY = r"(?: ?\([월화수목금토일](?:요일)?\))?"
_KO_NUMBER = rf"(?<!\d)(?P<n>\d{{1,4}}|{_words('n', latin=False)})"
_KO_UNIT = r"(?P<unit>영업일|근무일|주일|일|주|개월|달|년)"
_KO_WORD = r"(?!차기|차회|다음)[가-힣A-Za-z]{1,10}"
_KO_EVENT = rf"(?<![가-힣A-Za-z])(?P<event>(?:{_KO_WORD}(?<![은는이가을를에]) ){{0,2}}?{_KO_WORD}?)"
_KO_AFTER = r"(?:된|한)?(?:일|날)? ?(?:이후|후|뒤|으로부터|로부터|부터)"
_KO_EACH = r"(?P<per_party>(?:각국|국가|당사국)별(?:로)? )?"
_KO_MEETING = (
    r"(?:(?:차기|차회) ?[가-힣A-Za-z·\-\s]{0,20}?|다음 ?(?!달|주|해|분기|단계|세대)[가-힣A-Za-z·]{0,10}? ?)"
    r"(?:회의|회담|대화|협의|분과|총회|위원회|라운드|SCCD)"
)

KOREAN = (
    _row("window", rf"(?:{_KO_YEAR} ?)?{_MONTH_NUMBER} ?월 ?{_DAY_NUMBER} ?일{_KO_WEEKDAY}{_KO_BY}"),
    _row(
        "window",
        rf"(?<!\d)(?P<year>{_YEAR})\. ?{_MONTH_NUMBER}\. ?{_DAY_NUMBER}\.?(?!\d){_KO_WEEKDAY}{_KO_BY}",
    ),
    _row("window", rf"(?:{_KO_YEAR} ?)?{_MONTH_NUMBER} ?월{_KO_BY}"),
    _row("window", rf"(?P<relative_month>이번 ?달|이달|금월|다음 ?달|내달|익월){_KO_BY}"),
    _row("window", rf"(?:{_KO_YEAR} ?|{_KO_ALONE})(?P<half>[상하])반기(?:{_KO_RELATION})?"),
    _row("window", rf"{_KO_YEAR} ?(?P<half>[전후])반기?(?![가-힣])(?:{_KO_RELATION})?"),
    _row(
        "window",
        rf"(?:{_KO_YEAR} ?)?(?:제 ?)?(?<!\d)(?P<quarter>[1-4]) ?(?:/ ?4 ?)?분기(?!별)(?:{_KO_RELATION})?",
    ),
    _row("window", rf"{_KO_YEAR}{_KO_BY}"),
    _row("window", rf"(?:{_KO_YEAR} ?|{_KO_ALONE})(?P<by_end>연말|연내)(?:까지|에)?(?!연시)"),
    _row("part", rf"{_KO_YEAR} ?(?P<part>초|중반|후반|말경)(?=에|까지|경|[\s,.]|\Z)(?:{_KO_RELATION})?"),
    _row("part", rf"(?:{_KO_YEAR} ?)?{_MONTH_NUMBER} ?월 ?(?P<tenth>상순|초순|중순|하순)(?:{_KO_RELATION})?"),
    _row(
        "part",
        rf"(?:{_KO_YEAR} ?)?{_MONTH_NUMBER} ?월 ?(?P<part>초|중반|후반|말경)(?=에|까지|경|[\s,.]|\Z)(?:{_KO_RELATION})?",
    ),
    _row("part", rf"{_KO_YEAR} ?(?P<season>봄|여름|가을)(?:{_KO_RELATION})?"),
    _row("ahead", rf"(?:향후|앞으로) ?{_KO_NUMBER} ?{_KO_UNIT} ?(?:간|동안|이?내)"),
    _row(
        "event_relative", rf"{_KO_EACH}{_KO_EVENT}{_KO_AFTER} ?{_KO_NUMBER} ?{_KO_UNIT} ?(?:이?내|안|까지)에?"
    ),
    _row("event_relative", rf"{_KO_EVENT} ?{_KO_NUMBER} ?{_KO_UNIT} ?전(?:까지|에)", sign=-1),
    _row("event_relative", rf"{_KO_NUMBER} ?{_KO_UNIT} ?이?내(?:에|로|(?![가-힣]))"),
    _row("next_meeting", rf"{_KO_MEETING}(?P<there> ?(?:전까지|전에|까지|에서|시|때)(?![가-힣]))?"),
    _row("next_meeting", rf"{_KO_MEETING} ?{_KO_NUMBER} ?{_KO_UNIT} ?전(?:까지|에)?", sign=-1),
    _row("cadence", rf"매년|매해|해마다|연례|{_KO_ALONE}(?:연|년) ?(?:1 ?회|한 ?(?:번|차례))", months=12),
    _row(
        "cadence",
        rf"반기(?:별|마다)|매 ?반기|반년마다|{_KO_ALONE}(?:연|년) ?(?:2 ?회|두 ?(?:번|차례))",
        months=6,
    ),
    _row("cadence", rf"분기(?:별|마다)|매 ?분기|{_KO_ALONE}(?:연|년) ?(?:4 ?회|네 ?(?:번|차례))", months=3),
    _row("cadence", rf"매월|매달|월례|달마다|{_KO_ALONE}월 ?(?:1 ?회|한 ?(?:번|차례))", months=1),
    _row("cadence", r"격년", months=24),
    _row("cadence", rf"{_KO_NUMBER} ?(?P<unit>개월|달|년)(?:마다|에 ?(?:한|1) ?(?:번|차례|회)| ?주기)"),
    _row("cadence_unknown", r"정례|정기(?=적|화| ?(?:회의|협의|대화|개최)|\Z)|주기적"),
    _row(
        "open_urgent",
        r"조속(?:히|한|하게)|조기에|신속(?:히|하게)|시급(?:히|한)|빠른 ?시일|지체 ?없이|즉시|(?:최대한|가급적) ?빨리",
    ),
    _row("open", r"적절한 ?(?:시기|시점|때)에?|추후|가까운 ?(?:시일|장래|미래)(?: ?내?에)?|중장기적으로"),
    _row("continuous", r"(?:계속|지속)(?! ?가능|되는|된)"),
)

# --- Japanese -----------------------------------------------------------------------------------------

_JA_YEAR = (
    rf"(?:(?P<fiscal>(?:(?P<year1>{_YEAR})|令和(?P<era1>\d\d?|元)|(?P<relative1>[今本当来次])|(?<![\d元昨前翌毎同各])))年度"
    rf"|(?:(?<!\d)(?P<year2>{_YEAR})|令和(?P<era2>\d\d?|元))年(?!度)|(?P<relative2>再来年|今年|本年|来年|明年|昨年)(?!度))"
)
_JA_RELATION = (
    r"(?:(?P<by_end>末(?:頃)?(?:まで(?:に)?|に|(?=[、。,\s]|\Z)))"
    r"|(?P<before>(?:より)?前(?:までに|に))"
    r"|(?P<by>までに?|以前)"
    r"|(?P<within>(?:以内|内|中)(?:に|(?![一-龥])))"
    r"|(?P<in>に|の間に|頃に?))"
)
_JA_BY = rf"(?:{_JA_RELATION}|(?P<bare>[\s。]?\Z))"
_JA_WEEKDAY = r"(?:\([月火水木金土日](?:曜日)?\))?"
_JA_NUMBER = r"(?<!\d)(?P<n>\d{1,4}|[一二三四五六七八九十百]{1,4})"
_JA_UNIT = r"(?P<unit>営業日|日|週間|[かヶヵカケ箇]月|年)"
_JA_NAME = r"(?!次回|次期|今後)[一-龥々ァ-ヶーA-Za-z]{1,12}"
_JA_EVENT = rf"(?P<event>{_JA_NAME}(?:の{_JA_NAME}){{0,2}})"
_JA_EACH = r"(?P<per_party>各(?:締約)?国(?:について|に対して|ごとに))?"
_JA_MEETING = (
    r"次(?:回|期)の?[一-龥々ァ-ヶー・A-Za-z]{0,20}?(?:会合|会議|対話|協議|会談|サミット|総会|委員会)"
)

JAPANESE = (
    _row("window", rf"(?:{_JA_YEAR})?{_MONTH_NUMBER}月{_DAY_NUMBER}日{_JA_WEEKDAY}{_JA_BY}"),
    _row("window", rf"(?:{_JA_YEAR}の?)?{_MONTH_NUMBER}月{_JA_BY}"),
    _row("window", rf"(?P<relative_month>今月|本月|当月|来月|翌月){_JA_BY}"),
    _row("window", rf"(?:{_JA_YEAR}の?)?(?P<half>[上下])半?期(?:{_JA_RELATION})?"),
    _row("window", rf"{_JA_YEAR}の?(?P<half>[前後])半(?:{_JA_RELATION})?"),
    _row("window", rf"(?:{_JA_YEAR}の?)?第(?P<quarter>[1-4一二三四])四半期(?:{_JA_RELATION})?"),
    _row("window", rf"{_JA_YEAR}{_JA_BY}"),
    _row("window", r"(?<![\d一二三四五六七八九十数今本来明昨度])(?P<by_end>年内|年末)(?:まで)?に?"),
    _row("part", rf"{_JA_YEAR}の?(?P<part>{_words('part', latin=False)})(?:{_JA_RELATION})?"),
    _row(
        "part",
        rf"(?:{_JA_YEAR}の?)?{_MONTH_NUMBER}月の?(?P<part>{_words('part', latin=False)})(?:{_JA_RELATION})?",
    ),
    _row("part", rf"(?:{_JA_YEAR}の?)?{_MONTH_NUMBER}月(?P<tenth>[上中下]旬)(?:{_JA_RELATION})?"),
    _row("part", rf"(?:{_JA_YEAR}の?|(?P<relative3>[今来]))(?P<season>[春夏秋])(?:{_JA_RELATION})?"),
    _row("ahead", rf"今後{_JA_NUMBER}{_JA_UNIT}(?:間|以内に?|の間に?)"),
    _row("event_relative", rf"{_JA_EACH}{_JA_EVENT}(?:後|から){_JA_NUMBER}{_JA_UNIT}以?内に?"),
    _row("event_relative", rf"{_JA_EVENT}の{_JA_NUMBER}{_JA_UNIT}前(?:まで)?に?", sign=-1),
    _row("event_relative", rf"{_JA_NUMBER}{_JA_UNIT}以内に?"),
    _row("next_meeting", rf"{_JA_MEETING}(?P<there>までに?|前に|で|において)?"),
    _row("next_meeting", rf"{_JA_MEETING}の{_JA_NUMBER}{_JA_UNIT}前(?:まで)?に?", sign=-1),
    _row("cadence", r"毎年|年次|(?<![\d一二三四五六七八九十数])年に?(?:1|一)[回度]", months=12),
    _row(
        "cadence",
        r"半年(?:ごと|毎|に一度|に1回)|半期(?:ごと|毎)|毎半期|(?<![\d一二三四五六七八九十数])年に?(?:2|二)[回度]",
        months=6,
    ),
    _row(
        "cadence",
        r"四半期(?:ごと|毎|に一度|に1回)|毎四半期|(?<![\d一二三四五六七八九十数])年に?(?:4|四)[回度]",
        months=3,
    ),
    _row("cadence", r"毎月|月例|(?<![\d一二三四五六七八九十数か])月に?(?:1|一)[回度]", months=1),
    _row("cadence", r"隔年", months=24),
    _row("cadence", rf"{_JA_NUMBER}(?P<unit>[かヶヵカケ箇]月|年)(?:ごと|毎|に(?:1|一)[回度])"),
    _row("cadence_unknown", r"定期的|定例|定期(?:会合|協議|対話)"),
    _row(
        "open_urgent",
        r"早急に|早期[にの]|速やか[にな]|可及的|でき(?:る)?(?:だけ|る限り|限り)早|至急|直ちに|遅滞なく",
    ),
    _row("open", r"(?:しかるべき|適切な|適当な)(?:時期|時|タイミング)に?|追って|近い将来に?|中長期的に"),
    _row("continuous", r"引き?続き|継続(?:的に|し|する)|継続"),
)

PHRASES = {"en": ENGLISH, "ko": KOREAN, "ja": JAPANESE}

# What a text must contain before the language is worth a try.
SIGNS = {
    "en": re.compile(r"[A-Za-z\d]"),
    "ko": re.compile(r"[가-힣]|\d\.\s?\d"),
    "ja": re.compile(r"[一-龥]"),
}
