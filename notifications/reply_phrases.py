"""How people say it in mails, in three languages: greetings, quotations, signatures, and the answers themselves.

Every repetition is bounded or stands alone, so that any text is read in linear time. The phrases of an answer are
matched against a whole sentence in small letters; the Korean and Japanese ones without its spaces."""

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


# -- what is not the sender's own text

QUOTED = re.compile(r"\s*[>＞]")
# A line above the message that is answered, below which everything is quotation.
SEPARATOR = _any(
    r"\s*[-_=*]{2,40}\s*(?:original message|forwarded message|reply message|원본 ?메시지|원본 ?메일|원본 ?이메일"
    r"|원래 ?메시지|전달된? ?메시지|전달된? ?메일|받은 ?메일|元のメッセージ|元のメール|転送メッセージ|転送されたメッセージ"
    r"|original mail|original)\s*[-_=*]{0,40}\s*",
    r"\s*_{20,200}\s*",
    r"\s*(?:begin forwarded message|전달된 메시지의 시작|転送されたメッセージ)\s*[:：]\s*",
)
FROM = _any(r"\s*\*?(?:from|보낸 ?사람|보낸 ?이|발신(?:인|자)?|差出人|送信者|from名)\*?\s*[:：]")
OTHER_HEADER = _any(
    r"\s*\*?(?:sent|date|to|cc|subject|날짜|보낸 ?날짜|보낸 ?시간|보낸 ?일시|발신 ?일시|받는 ?사람|받는 ?이|수신(?:인|자)?"
    r"|참조|제목|送信日時|日時|日付|宛先|件名|cc)\*?\s*[:：]"
)
# “On 14 Dec 2026 at 8:30, the desk <desk@…> wrote:”, which mail programs break into up to three lines.
WROTE = _any(
    r".{0,300}(?:wrote|writes|작성|쓴 ?글|보낸 ?글|のメール|書きました|書かれました|님이)\s*[:：]?\s*",
    r".{0,300}<[^<>\s]{3,200}@[^<>\s]{3,200}>\s*[:：]\s*",
)
STARTS_ATTRIBUTION = _any(
    r"\s*(?:on|at)\s.{0,60}\d",
    r"\s*['“\"]?\d{2,4}\s?[年년./-]",
    r"\s*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? ",
)
WHEN = re.compile(r"\d{1,2}[:시時]\s?\d{2}")

SIGNATURE = _any(
    r"--\s*",
    r"\s*(?:sent from (?:my |outlook|mail for|samsung|the all)|get outlook for|보낸 곳|나의 \S{1,20}에서 보냄"
    r"|내 \S{1,20}에서 보냄|\S{1,20}에서 보냄|\S{1,12}용 outlook|outlook for |iphoneから送信|私の\S{1,20}から送信"
    r"|\S{1,20}から送信).{0,80}",
)
# Behind the last of these stands who writes, and nothing that answers.
CLOSING = _any(
    r"\s*(?:with )?(?:best|kind|warm|many thanks and best)?\s?(?:regards|wishes)(?:,.{0,60})?",
    r"\s*(?:yours )?(?:sincerely|faithfully|respectfully)( yours)?",
    r"\s*(?:many )?thanks?(?: you)?(?: very much| in advance| again)?",
    r"\s*(?:대단히 |항상 )?감사(?:합니다|드립니다|하겠습니다)",
    r"\s*\S{1,30}(?: \S{1,20})? (?:드림|올림|배상|拝)",
    r"\s*(?:何卒|どうぞ|引き続き|以上、?)?(?:よろしく|宜しく)(?:お願い|御願い)?(?:します|いたします|致します|申し上げます)?",
    r"\s*(?:以上(?:です)?|敬具|草々)",
)
COURTESY = _any(
    r"(?:dear|hello|hi|good (?:morning|afternoon|evening)|sir|madam|(?:dear )?colleagues?)(?: .{0,60})?",
    r"(?:i hope|hope) (?:this|you).{0,80}",
    r"(?:sorry|apologies|my apologies|i am sorry|i'm sorry|죄송합니다(?:만)?|죄송하지만)",
    r"(?:thank you|thanks)(?: for .{0,60}| very much| in advance)?",
    r"(?:best|kind|warm) (?:regards|wishes)|regards",
    r"안녕하(?:십니까|세요)",
    r"(?:항상 |늘 )?수고(?:가 )?(?:많으(?:십니다|세요)|하십니다|하세요)",
    r"(?:대단히 |항상 |.{0,10}(?:메일|안내|연락) )?감사(?:합니다|드립니다)",
    r"(?:いつも|大変|平素より|平素は)?(?:大変)?お世話になっ(?:ております|ています|ます)|お疲れ(?:様|さま)(?:です|でございます)",
    r"申し訳(?:ありません|ございません)が?|恐れ入りますが|恐縮ですが|(?:以上)?(?:よろしく|宜しく)(?:お願い|御願い)?.{0,10}",
    r"(?:ご連絡|御連絡|メール)(?:を|いただき|頂き|、){0,2}(?:誠に)?(?:ありがとうございます|ありがとうございました|有難うございます)",
)
# At the beginning only, and the second only behind a greeting: elsewhere such sentences answer.
ADDRESS = _any(r".{0,30}(?:様|さま|御中|各位|殿|님|귀하|귀중)")
INTRODUCTION = _any(
    r"(?!.*(?:중|예정|상태|완료|계획|전망|없음|동일|것)입니다).{1,24}입니다",
    r"(?!.*(?:中|予定|済み|状況|見込み|とおり|未定|なし|ところ)です).{1,24}です",
)
LEADS_TO_ANSWERS = _any(
    r"(?:please find|here (?:are|is)|below (?:are|is)|see)(?: below| here)?(?: (?:our|my|the))? "
    r"(?:answers?|repl(?:y|ies)|status)(?: below)?:?",
    r"(?:our|my|the) (?:answers?|repl(?:y|ies)|status)(?: (?:is|are))?(?: as follows| below)?:?",
    r".{0,30}(?:아래와|다음과|하기와) ?같이.{0,20}(?:회신|답변|제출|보고|알려).{0,12}",
    r".{0,30}(?:下記|以下|次)の(?:とおり|通り).{0,24}",
)

# -- what it says; see replies.read_answer

NO_CHANGE = _any(
    r"(?:there (?:is|are|has been|have been|was|were) )?(?:still )?(?:no|nothing)(?: further| new| significant| major)?"
    r"(?: changes?| updates?| developments?)(?: (?:so far|yet|to report|at this time|at this stage|at present|for now"
    r"|on (?:our|my) side|from (?:our|my) side|here|since .{1,40}))?",
    r"(?:there is )?nothing (?:new|has changed|to report|new to report)(?: (?:on|from) (?:our|my) side)?|no news",
    r"unchanged|(?:the )?status (?:is )?unchanged|same as (?:before|last time)",
    r"(?:현재|아직|특별한|특이|추가|별도|특별히)*(?:변동|변경|변화|특이|진전)(?:된)?(?:사항|내용)?(?:이|은)?없(?:음|습니다|읍니다|어요|음입니다|음을알려드립니다)",
    r"(?:現在|特に|とくに|特段|現時点で)*(?:変更|変化|変わり|動き|進展)(?:点|事項)?(?:は|が)?(?:特に|とくに|特段)?"
    r"(?:なし|無し|無い|ない|ありません|ございません|無いです|ないです)(?:です|でございます)?",
)
SEEN = _any(
    r"(?:well |duly )?(?:seen|noted|acknowledged|received|read)(?: with thanks| and noted)?|got it",
    r"(?:i|we) (?:have )?(?:seen|noted|received|read|acknowledged?) (?:it|this|your (?:mail|message|reminder))",
    r"(?:메일|내용|해당내용|안내|수신|잘)*(?:을|를)?(?:잘)?(?:확인|수신|숙지)(?:했|하였)?(?:습니다|음|함|완료|하였음|했음)",
    r"잘받(?:았|아보았)습니다|알겠습니다|네|예|넵|네네|はい|ok|okay|yes",
    r"(?:内容|メール|拝受|上記|本件)*(?:を|は|、)*(?:確認|拝見|受領|承知|了解|拝受)(?:し|いた|致|いたし|致し)?"
    r"(?:しました|ました|いたしました|致しました|です|済み|済みです|しております|いたしております)",
)
# By itself, or before any other answer: “네 확인했습니다”, “OK, no change”.
YES = re.compile(r"네네?|예|넵|はい|yes|ok|okay|알겠습니다")
YES_BEFORE = re.compile(r"^(?:네네?|예|넵|はい|yes|ok|okay)(?: |(?=[가-힣ぁ-んァ-ヶ一-龯]))")
IN_TIME = (
    r"(?:later|soon|shortly|in due course|separately|as soon as possible|tomorrow|today|this week|(?:early )?next (?:week|month)"
    r"|(?:by|on) (?:mon|tues|wednes|thurs|fri)day|(?:by|at) the end of (?:the|this|next) (?:week|month))"
)
IN_TIME_KO = (
    r"(?:추후|나중에|다시|곧|별도로|조속히|조만간|빠른시일내에?|(?:내부)?검토후에?|(?:내부)?확인후에?|검토하여|확인하여|오늘중(?:으로)?"
    r"|내일|(?:이번주|금주|다음주|내주|차주|이달|이번달|다음달|내달)(?:중|초|말|안)?(?:에|까지|으로)?|[월화수목금]요일(?:에|까지)?"
    r"|\d{1,2}월\d{1,2}일(?:에|까지)?)"
)
IN_TIME_JA = (
    r"(?:(?:後日|後ほど|のちほど|あらためて|改めて|追って|別途|至急|明日|本日中|週明け|月末|年内|(?:今週|来週|今月|来月)(?:中|末|初め|前半|後半)?"
    r"|[月火水木金]曜日?|\d{1,2}月\d{1,2}日|(?:確認|検討)(?:の上|のうえ|後|し|して))(?:まで|までに|に|には|は)?)"
)
AFTER_ALL_KO = r"(?:을|를)?(?:드리겠습니다|하겠습니다|드리도록하겠습니다|하도록하겠습니다|토록하겠습니다|(?:드릴|할)?예정입니다|하겠음|(?:할)?예정임)"
AFTER_ALL_JA = (
    r"(?:を)?(?:します|いたします|致します|させていただきます|申し上げます|(?:する|いたします)?予定です)"
)
I_WILL = r"(?:(?:i|we)(?:['’]ll)? ?)?(?:will |shall )?"
# Nothing but a promise to answer; what is only promised to be reported or handed in may be the answer itself.
WILL_ANSWER = _any(
    rf"{I_WILL}(?:answer|reply|respond|come back|get back|revert)(?: to (?:you|this|it))?(?: {IN_TIME}){{0,2}}",
    rf"{IN_TIME_KO}{{0,4}}(?:회신|답변|답장|연락){AFTER_ALL_KO}",
    rf"{IN_TIME_JA}{{0,4}}(?:ご|御)?(?:回答|返信|返答|連絡){AFTER_ALL_JA}",
)
WILL_REPORT = _any(
    rf"{I_WILL}report(?: to (?:you|this|it))?(?: {IN_TIME}){{0,2}}",
    rf"{IN_TIME_KO}{{0,4}}(?:보고|제출){AFTER_ALL_KO}",
    rf"{IN_TIME_JA}{{0,4}}(?:ご|御)?(?:報告|提出){AFTER_ALL_JA}",
    IN_TIME,
    IN_TIME_KO,
    IN_TIME_JA,
)
NOT_MINE = _any(
    r"(?:sorry |i am afraid |i'm afraid )?(?:(?:this|that|it|this item|this one)(?: is|'s) )?(?:really |actually )?not "
    r"(?:mine|ours|my item|our item|my task|our task|my responsibility|our responsibility|my portfolio|our portfolio"
    r"|(?:within|in) (?:my|our) (?:remit|responsibility|competence|portfolio)|for (?:me|us))",
    r"(?:i am|i'm|we are|we're) not (?:responsible|in charge|the owner)(?: (?:for|of) (?:this|it|this item))?",
    r"wrong (?:person|addressee|division|recipient)",
    r"(?!.{0,24}(?:변동|변경)).{0,24}(?:담당|소관)(?:자|업무|부서|사항|과)?(?:이|가|은|는)?(?:아님|아닙니다|아니다|아니에요|아님을알려드립니다)",
    r"(?!.{0,24}変更).{0,24}(?:担当|所管|所掌)(?:外|者?ではありません|者?ではございません|者?ではない|事項ではありません|業務ではありません)"
    r"(?:です|となります|になります|でございます|であります)?",
)
MORE_TIME = _any(
    r"more time|extra time|(?:need|want|like|request|ask for|asking for|grant|have|propose|seek|seeking) (?:us |me )?"
    r"(?:a |an |for )?(?:short |further |another )?(?:extension|postponement|deferral)",
    r"extension (?:of|to|until|till|by|for|is requested)|please (?:extend|postpone|defer)|(?:need|have|give us|give me) "
    r"until|(?:could|can|may|might) (?:we|i|you|this|it|the (?:deadline|date)) (?:please )?(?:be )?(?:have until|extend|"
    r"extended|postpone|postponed|move|moved)",
    r"(?:기한|기일|일정|제출일|마감)\s?(?:을|를|의)?\s?(?:연장|연기|유예|조정)|연장\s?(?:을|를)?\s?(?:요청|신청|부탁|희망|바랍|해\s?주|건의)"
    r"|시간이?\s?(?:좀\s?)?더\s?(?:필요|주)|말미를|늦춰\s?주|미뤄\s?주",
    r"(?:期限|期日|締切り?|〆切り?|提出)\s?(?:の|を)?\s?(?:延長|延期|猶予)|延長\s?(?:を|の)?\s?(?:お願い|希望|申請|申し出|申し入れ|ください|いただ)"
    r"|(?:もう少し|今しばらく)\s?(?:お)?(?:時間|猶予)|猶予\s?(?:を|いただ)|お待ち(?:ください|いただ)",
)
# Where a sentence that asks for time, or one beside it, may name the day.
NAMES_THE_LIMIT = re.compile(r"until|till|\bby\b|\bto\b|까지|まで|[:：]\s?['’]?\d", re.IGNORECASE)
A_DAY = re.compile(
    r"(?:\d{4}년 )?\d{1,2}월 \d{1,2}일|(?:\d{4}年|令和\d{1,2}年)?\d{1,2}月\d{1,2}日|20\d\d-\d\d-\d\d"
    r"|\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}(?: 20\d\d)?|[A-Z][a-z]{2,8} \d{1,2}(?:st|nd|rd|th)?(?:, 20\d\d)?"
)

# -- where an answer for one of several items begins: “1.”, “2:”, “③”, “No. 4)”, “5번:”, or its reference

LEAD_IN = r"\s*(?:[-*•·▶○□※]\s*)?(?:(?:re|regarding|about|on|item|no\.?|nr\.?|number|관련|번호|項番|第)\s*[:.]?\s*)?[\[(【(（]?"
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
NUMBERED = re.compile(
    LEAD_IN
    + r"(?:(?P<n>\d{1,3})\s*(?:번|番|項)?\s*[\])】)）]?\s*[.:：)）、．\-–—](?!\d|\s?\d{1,2}\s?[./](?!\s?\d{1,2}\s?[.일(]))|(?P<o>["
    + CIRCLED
    + r"]))\s*[.:：]?\s*",
    re.IGNORECASE,
)
REFERENCE = re.compile(r"(?<![A-Z0-9-])[A-Z0-9][A-Z0-9-]{0,30}-\d{4}-\d{2,5}(?![\d-])")
REFERRED = re.compile(
    LEAD_IN
    + r"(?P<ref>"
    + REFERENCE.pattern
    + r")[\])】)）]?(?:\s*(?:의 건|건|관련|について|の件))?\s*[.:：,、)\-–—=→]*\s*",
    re.IGNORECASE,
)

# The same without a point, “2 no change”, “2번 변동 없음”, and within a line; see reply_items.Place.
STARTS_BARE = re.compile(LEAD_IN + r"(?P<n>\d{1,3})(?!\d)", re.IGNORECASE)
WITHIN = re.compile(
    r"(?P<behind>[;；,，、。·・&]|(?<!\d)[/|]|(?<!\d)[.!?！？](?=\s)|(?<=\d)[과와と]|(?<!\d\.)(?=\s)|(?=["
    + CIRCLED
    + r"]))\s{0,3}(?:(?:and|item|no\.?|nr\.?|및|그리고|번호|項番)\s{0,2}:?\s{0,2})?[\[(【（]?(?!(?<=\d,)\d{3})(?P<n>\d{1,3}|["
    + CIRCLED
    + r"])(?!\d)",
    re.IGNORECASE,
)
POINTED = re.compile(
    r"\s{0,3}(?:번|番|項)?\s{0,3}[\])】)）]?\s{0,3}(?:[.:：)）、．]|[-–—](?=\s)|(?<=\s)[-–—])(?!\d|\s?\d{1,2}\s?[./](?!\s?\d{1,2}\s?[.일(]))"
    r"\s{0,3}[.:：]?"
)
A_MONTH = r"\s{0,2}(?:월|月|(?:jan|feb|march|apr|june|july|aug|sep|oct|nov|dec)[a-z]{0,6}\b)"
BARE = re.compile(
    rf"(?!{A_MONTH})(?:\s?(?:번|番|項)(?:\s?항목)?)?(?:(?:은|는)(?=\s)|は|(?=\s|$|[,，、·・&]|[과와と]\s?\d|とも|共に|모두|전부))",
    re.IGNORECASE,
)
GLUED = re.compile(rf"(?!{A_MONTH}|[일日년年시時])(?:번|番)?(?=[^\W\d_])", re.IGNORECASE)
# “2 meetings were held” counts, and does not answer for item 2.
AMOUNT = re.compile(
    r"\s{0,3}(?:%|(?!(?:is|was|has|this|does|yes|as|us|its|progress|status|discuss)\b)(?:[a-z]{1,20}-){0,2}[a-z]{2,30}s\b"
    r"|(?:more|further|other|of|out|or|to|percent|per|may)\b"
    r"|(?:회|건|차|개|개월|개국|명|일|시|분|주|년|차례|단계|번째|가지)(?:이|을|를|의|씩|째|간)?(?![가-힣])"
    r"|(?:回|件|日|時|分|名|人|週|年|点|者|国|次|度|段階|か月|ヶ月|カ国|か国))",
    re.IGNORECASE,
)
# What may stand between two numbers of which the same is said.
JOINED = re.compile(r"[ \t,，、·・&]{0,10}(?:and|및|그리고|[와과と])?[ \t]{0,5}", re.IGNORECASE)

# -- “no change for both”; the Korean and Japanese without spaces, in small letters

ITEMS = r"(?: (?:of )?(?:them|these|the|two|three|your|items?|points?|cases?|matters?)){0,3}"
ALL_BEFORE = re.compile(
    rf"(?:(?P<n>both|either)|all|each){ITEMS}(?: (?:are|is|have|has|remains?))?(?: still)?[:,]? "
)
ALL_BEFORE_SQUEEZED = re.compile(
    r"(?P<n>둘|두|양|세|셋|네|両|双|どちら|[2-9二三])?(?:건|개|가지|항목|사안|과제|안건|쪽|件|方|項目|案件)?(?:은|는|이|가|の)?"
    r"(?:모두|전부|다|전체|공히|전항목|전건|모든(?:항목|사안|과제|건)|いずれ|すべて|全て|全部|全件|全項目|とも|共に|も)"
    r"(?:の(?:項目|案件|件))?(?:에대해|에대하여|은|는|이|가|とも|共に|も|について|に関して)?は?"
)
ALL_BEHIND = re.compile(
    rf"(?: ?(?:for|on|in|to|with|about|regarding|at))? (?:(?P<n>both|either)|all|each|any){ITEMS}"
)
HOW_MANY = dict.fromkeys(["both", "either", "둘", "두", "양", "両", "双", "どちら", "二", "2"], 2)
HOW_MANY |= dict.fromkeys(["세", "셋", "三", "3"], 3) | {"네": 4} | {str(n): n for n in range(4, 10)}

# -- mail that nobody wrote

# “No more overviews, please”; the first is the subject that our own List-Unsubscribe gives.
UNSUBSCRIBE = _any(r"unsubscribe|수신 ?거부|구독 ?(?:취소|해지)|配信(?:停止|解除|不要)")
OUT_OF_OFFICE = _any(
    r"\s*\[?\(?(?:automatic(?:ally)? (?:reply|response)|auto(?:-| )?(?:reply|response|responder)|autoreply|out of (?:the )?"
    r"office|away from (?:the )?office|vacation|자동 ?(?:회신|응답|답장)|부재 ?중|휴가 ?중|自動(?:応答|返信)|不在(?:通知|連絡|のお知らせ)?"
    r"|read:|읽음:|開封済み:|수신 ?확인:)"
)
CAME_BACK = _any(
    r"undeliver(?:ed|able)|delivery (?:status notification|failure|has failed|incomplete|failed|delayed)|mail delivery"
    r"|returned (?:mail|to sender)|failure notice|(?:could|was) not (?:be )?delivered|delivery unsuccessful|mail system error"
    r"|배달(?:되지| ?실패| ?불가)|(?:전송|발송|전달) ?(?:실패|불가)|반송|수신 ?실패|수신자를 ?찾을"
    r"|配信(?:不能|不可|エラー|でき|失敗)|配送(?:不能|エラー|失敗)|送信(?:エラー|失敗|できません)|エラーメール|不達|届きません"
)
NOT_YET = _any(
    r"delayed|will (?:keep trying|retry|be retried|continue to (?:try|attempt))|still (?:being )?tr(?:y|ied)|warning[:：]"
    r"|지연|재시도|遅延|再送(?:を|し)"
)
