"""Takes in one mail: which message it answers, and what becomes of it. Nothing is ever answered automatically.

All or nothing: a mail becomes answers that the desk accepts or returns, or it waits on the desk with the reason."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Case, F, Q, When
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commitments.models import FollowUp, Forum, Marking, ProgressReport, writing
from notifications import answering, bounces, links, replies, reply_items
from notifications.answering import NoLongerAsked
from notifications.bounces import Returned
from notifications.inheritance import forum_id_of
from notifications.links import AnswerLink
from notifications.mail_reading import ReceivedMail, Unreadable, read_mail
from notifications.messages import numbered
from notifications.models import AddressProblem, Delivery, IncomingMail, Preference, Reminder
from notifications.recipients import Directory
from notifications.replies import Answer, Meaning
from notifications.reply_items import Asked, Unclear
from notifications.reply_phrases import REFERENCE

log = logging.getLogger(__name__)

DOOR = "mail"
KEPT_TEXT = 20_000  # characters
ASKED_LATELY = timedelta(days=60)
ANSWER_LINK = re.compile(r"/a/([\w.:-]{20,400})/")
# Signed for one person, not for whoever reads the mail here.
OUR_LINK = re.compile(r"/([apu])/[\w.:-]{20,400}/")

NOTHING_ASKED = gettext_noop("That message asked about nothing that can be answered by mail.")
CLOSED = gettext_noop("The item has been closed since.")
MOVED = gettext_noop("The date has moved since that message; the reply is about the old one.")
HANDED_OVER = gettext_noop("Another post answers for the item now.")
NOT_WHOLE = gettext_noop("The mail is too large to be read to its end. Read it in the mailbox.")
BROKEN = gettext_noop("The mail is broken and cannot be read. Look at it in the mailbox.")
UNMATCHED = gettext_noop("The mail does not say which message it answers.")
SEEN_BY_ANOTHER = gettext_noop("“Seen” from somebody else than the recipient: it silences nothing by itself.")
NO_MESSAGE = gettext_noop("Returned mail of which we cannot tell which message it was.")
ON_ITS_WAY = gettext_noop(
    "The message that came back is still on its way by our books. Look again in some minutes."
)
# Of what needs nobody:
BY_ANOTHER = gettext_noop("Answered by somebody else than the recipient.")
BY_ITS_THREAD = gettext_noop("Only its thread says which message it answers. See whether it really does.")
HOLDS_NO_MORE = gettext_noop("The sender is no longer the one who is told for this post.")
SWITCHED_OFF = gettext_noop("Its recipient asked for no more weekly overviews; they are switched off.")
COPY = gettext_noop("The same mail came to another mailbox too.")
NOT_ARRIVED_YET = gettext_noop("Not delivered yet; the relay goes on trying.")
CAME_BACK = gettext_noop("The message came back. It stands under “Not delivered”.")


@dataclass(frozen=True)
class Match:
    """`is_proven`: whoever wrote it has had the message. A thread's name can be guessed."""

    delivery: Delivery
    is_proven: bool


Items = list[tuple[Asked, Reminder]]


def receive(raw: bytes, *, mailbox: str, now: datetime, received_at: datetime) -> IncomingMail | None:
    """None: it belongs to nothing here, or was taken in before. `raw` may be the beginning of a longer mail."""
    # What a person will read is stored in English and shown in their language.
    with writing(via=DOOR), translation.override("en"):
        try:
            return _take_in(read_mail(raw), mailbox, now=now, received_at=received_at)
        except Unreadable as error:
            log.warning("A mail in %s cannot be read: %s", mailbox, error)
        except (OperationalError, InterfaceError):
            raise  # the database, not the mail, which is read again the next time
        except Exception:  # one mail must not keep the others back; it goes to a person
            log.exception("A mail in %s could not be taken in", mailbox)
        return _set_aside(raw, mailbox, received_at)


def _take_in(
    mail: ReceivedMail, mailbox: str, *, now: datetime, received_at: datetime
) -> IncomingMail | None:
    returned = bounces.read_bounce(mail)
    match = _match_by_ids(returned.message_ids) if returned else _match_unsubscribing(mail) or _match(mail)
    asked = asked_in(match.delivery) if match else []
    follow_up = _whose_readers_may_read(match.delivery, asked) if match else _most_guarded_mentioned(mail)
    if not (match or follow_up or _was_asked_lately(mail, returned, now)):
        return None
    if returned is None and _is_ours(mail, match):
        return None
    row = IncomingMail(
        mailbox=mailbox,
        message_id=mail.message_id,
        kind=_kind(mail, match, returned),
        from_address=mail.from_address,
        from_name=mail.from_name,
        subject=mail.subject,
        text=OUR_LINK.sub(r"/\1/…/", mail.text)[:KEPT_TEXT],
        attachments="\n".join(mail.attachments),
        received_at=received_at,
        delivery=match.delivery if match else None,
        follow_up=follow_up,
        forum=_forum(mail, asked, follow_up),
    )
    return row if _once(row, lambda: _settle(row, mail, match, returned, asked, now=now)) else None


def _set_aside(raw: bytes, mailbox: str, received_at: datetime) -> IncomingMail | None:
    match = _match_by_ids(bounces.message_ids_in(raw.decode("latin-1")))
    row = IncomingMail(
        mailbox=mailbox,
        message_id=f"<{hashlib.sha256(raw).hexdigest()}@broken>",
        kind=IncomingMail.Kind.OTHER,
        received_at=received_at,
        delivery=match.delivery if match else None,
    )
    return row if _once(row, lambda: row.wait(BROKEN)) else None


def _once(row: IncomingMail, settle: Callable[[], None]) -> bool:
    """The row and what it leads to, or neither. False: it was taken in before, or at this moment by another worker."""
    same = IncomingMail.objects.filter(mailbox=row.mailbox, message_id=row.message_id)
    try:
        with transaction.atomic():
            if same.exists():
                return False
            row.save()
            settle()
    except IntegrityError:
        if same.exists():
            return False
        raise
    return True


def _settle(
    row: IncomingMail,
    mail: ReceivedMail,
    match: Match | None,
    returned: Returned | None,
    asked: Items,
    *,
    now: datetime,
) -> None:
    if match and match.is_proven and not returned and match.delivery.state == Delivery.State.UNCERTAIN:
        match.delivery.mark_sent(now=now)  # whoever answers it has got it
    if IncomingMail.objects.filter(message_id=row.message_id).exclude(pk=row.pk).exists():
        row.note(COPY)
    elif returned is not None:
        take_back(row, returned, now=now)
    elif match is not None and _switches_off(row, mail, match):
        with writing(why=row.name):
            Preference.switch_overview(match.delivery.recipient, on=False)
        row.note(SWITCHED_OFF)
    elif row.kind == IncomingMail.Kind.AUTOMATIC:
        row.note()
    elif match is not None:
        _answer(row, mail, match, asked, now=now)
    else:
        row.wait(UNMATCHED)


def take_back(row: IncomingMail, returned: Returned, *, now: datetime) -> None:
    """The message has not arrived: it stands among those not delivered again, and its address among those that refuse."""
    if row.delivery is None:
        row.wait(NO_MESSAGE)
    elif not returned.is_final:
        row.note(NOT_ARRIVED_YET)
    elif row.delivery.came_back(returned.reason):
        log.warning(
            "Message %s came back from %s: %s", row.delivery.pk, row.delivery.address, returned.reason
        )
        row.note(CAME_BACK)
    else:
        row.wait(ON_ITS_WAY)
    if row.delivery is not None and row.delivery.address and returned.is_permanent:
        AddressProblem.mark(row.delivery.address, reason=returned.reason, now=now)


def note_report(returned: Returned, *, now: datetime) -> IncomingMail | None:
    """What a relay reports without a mail: once for each time that the message was sent, however often it is said."""
    match = _match_by_ids(returned.message_ids)
    if match is None or _is_of_an_earlier_sending(returned, match.delivery):
        return None
    asked = asked_in(match.delivery)
    row = IncomingMail(
        mailbox="webhook",
        message_id=_event(match.delivery, returned),
        kind=IncomingMail.Kind.BOUNCE,
        subject=returned.reason,
        received_at=now,
        delivery=match.delivery,
        follow_up=_whose_readers_may_read(match.delivery, asked),
        forum=_forum_of(asked),
    )
    with writing(via=DOOR):
        return row if _once(row, lambda: take_back(row, returned, now=now)) else None


def _is_of_an_earlier_sending(returned: Returned, delivery: Delivery) -> bool:
    """Relays repeat what they reported; the message has been sent again since."""
    return bool(returned.at and delivery.sent_at and returned.at < delivery.sent_at)


def _event(delivery: Delivery, returned: Returned) -> str:
    said = f"{delivery.message_id} {delivery.sent_at} {returned.is_final} {returned.reason}"
    return f"<{hashlib.sha256(said.encode()).hexdigest()}@report>"


# -- which message


def _match(mail: ReceivedMail) -> Match | None:
    """By its headers; else by a link of ours that it quotes; else by the thread, if the recipient wrote it."""
    return _match_by_ids(mail.refers_to) or _match_by_link(mail.text) or _match_by_thread(mail)


def _match_by_ids(message_ids: Sequence[str]) -> Match | None:
    sent = Delivery.objects.select_related("recipient").in_bulk(message_ids, field_name="message_id")
    found = next((sent[name] for name in message_ids if name in sent), None)
    return Match(found, is_proven=True) if found else None


def _match_unsubscribing(mail: ReceivedMail) -> Match | None:
    """The last overview that went to the sender: what mail programs send by our List-Unsubscribe names no message."""
    if not (mail.from_address and replies.asks_for_no_more(mail.subject)):
        return None
    overviews = Delivery.objects.filter(
        _to(mail.from_address), message_class=Delivery.MessageClass.OVERVIEW, sent_at__isnull=False
    )
    found = overviews.order_by("-sent_at").select_related("recipient").first()
    return Match(found, is_proven=False) if found else None


def _switches_off(row: IncomingMail, mail: ReceivedMail, match: Match) -> bool:
    """Only for oneself, and only what may be switched off."""
    if not (match.delivery.is_overview and row.is_from_recipient):
        return False
    words = replies.own_words(mail.text, match.delivery.text)
    return replies.asks_for_no_more(mail.subject) or replies.asks_for_no_more(words)


def _match_by_link(text: str) -> Match | None:
    """Some relays give messages another Message-ID."""
    keys = [link.delivery_id for link in _answer_links(text)]
    found = Delivery.objects.select_related("recipient").filter(pk__in=keys[:1]).first()
    return Match(found, is_proven=True) if found else None


def _answer_links(text: str) -> Iterator[AnswerLink]:
    for token in ANSWER_LINK.findall(text):
        with contextlib.suppress(links.Expired, links.Invalid):
            yield links.read_answer_link(token)


def _match_by_thread(mail: ReceivedMail) -> Match | None:
    """The newest message of it. That name is no secret."""
    theirs = Delivery.objects.filter(recipient__email__iexact=mail.from_address, sent_at__isnull=False)
    for name in mail.refers_to if mail.from_address else ():
        found = (
            theirs.filter(headers__References=name).order_by("-sent_at").select_related("recipient").first()
        )
        if found is not None:
            return Match(found, is_proven=False)
    return None


def _most_guarded_mentioned(mail: ReceivedMail) -> FollowUp | None:
    """A date of a commitment that the mail names: of several the restricted one's, so that nobody else reads it."""
    named = set(REFERENCE.findall(f"{mail.subject}\n{mail.text}"))
    of_named = FollowUp.objects.filter(commitment__reference__in=list(named)[:50])
    restricted = Case(When(commitment__marking=Marking.RESTRICTED, then=0), default=1)
    return of_named.order_by(restricted, F("closed_at").asc(nulls_first=True), "due_on", "id").first()


def _was_asked_lately(mail: ReceivedMail, returned: Returned | None, now: datetime) -> bool:
    address = returned.address if returned else mail.from_address
    lately = Delivery.objects.filter(created_at__gte=now - ASKED_LATELY)
    return bool(address) and lately.filter(_to(address)).exists()


def _to(address: str) -> Q:
    return Q(recipient__email__iexact=address) | Q(address__iexact=address)


def _is_ours(mail: ReceivedMail, match: Match | None) -> bool:
    """A copy of our own message, or the desk writing to an owner; unless the desk itself was asked."""
    if Delivery.objects.filter(message_id=mail.message_id).exists():
        return True
    asked = match.delivery.recipient.email.lower() if match else ""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    from_desk = Forum.objects.filter(desk_mailbox__iexact=mail.from_address).exclude(desk_mailbox="")
    return mail.from_address != asked and (mail.from_address == sender or from_desk.exists())


def _kind(mail: ReceivedMail, match: Match | None, returned: Returned | None) -> str:
    if returned:
        return IncomingMail.Kind.BOUNCE
    if replies.is_automatic(mail):
        return IncomingMail.Kind.AUTOMATIC
    return IncomingMail.Kind.REPLY if match else IncomingMail.Kind.OTHER


def _forum(mail: ReceivedMail, asked: Items, follow_up: FollowUp | None) -> Forum | None:
    """Whose desk reads it where no item says so; None: any desk."""
    if asked or follow_up:
        return follow_up.forum if follow_up else _forum_of(asked)
    known = Forum.objects.exclude(desk_mailbox="")
    found = {forum for forum in known if forum.desk_mailbox.lower() in mail.to_addresses}
    return found.pop() if len(found) == 1 else None


def _forum_of(asked: Items) -> Forum | None:
    found = {reminder.follow_up.forum for _asked, reminder in asked}
    return found.pop() if len(found) == 1 else None


# -- which items, and what about them


def asked_in(delivery: Delivery) -> Items:
    """What the message asked about, under the numbers that its recipient read."""
    by_number = _of_letter(delivery) if delivery.is_letter else numbered(delivery) or _in_order(delivery)
    related = Reminder.objects.select_related(
        "follow_up__commitment__forum",
        "follow_up__commitment__working_group",
        "follow_up__meeting__forum",
        "post__organisation__calendar",
    )
    found = related.in_bulk(by_number.values())
    return [(_asked(n, found[pk]), found[pk]) for n, pk in sorted(by_number.items()) if pk in found]


def _asked(number: int, reminder: Reminder) -> Asked:
    commitment = reminder.follow_up.commitment
    return Asked(reminder.pk, number, commitment.reference if commitment else "")


def _in_order(delivery: Delivery) -> dict[int, int]:
    keys = delivery.reminders.order_by("due_on", "id").values_list("pk", flat=True)
    return dict(enumerate(keys, 1))


def _of_letter(delivery: Delivery) -> dict[int, int]:
    """It asks for what its owner was reminded of before, and shows that reminder's link."""
    letter = delivery.letter
    theirs = Reminder.objects.filter(
        follow_up=letter.follow_up, post=letter.post, due_on=letter.follow_up.due_on
    )
    last = theirs.filter(state=Reminder.State.TOLD).order_by("told_at").last()
    return {1: last.pk} if last else {}


def _whose_readers_may_read(delivery: Delivery, asked: Items) -> FollowUp | None:
    """Of several items none: then only who sees each of them reads the mail."""
    if delivery.is_letter:
        return delivery.letter.follow_up
    return asked[0][1].follow_up if len(asked) == 1 else None


def _answer(row: IncomingMail, mail: ReceivedMail, match: Match, asked: Items, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            answered = list(_propose_all(row, mail, match, asked, now=now))
            row.became_answer(answered, why=_flag(row, match, answered, now=now))
    except Unclear as unclear:
        row.wait(str(unclear))
    except ValidationError as refused:
        row.wait(" ".join(refused.messages))


def _propose_all(
    row: IncomingMail, mail: ReceivedMail, match: Match, asked: Items, *, now: datetime
) -> Iterator[Reminder]:
    if not asked:
        raise Unclear(NOTHING_ASKED)
    if not mail.is_whole:
        raise Unclear(NOT_WHOLE)
    words = replies.own_words(mail.text, match.delivery.text)
    reminders = {item.key: reminder for item, reminder in asked}
    may_silence = match.is_proven and row.is_from_recipient
    for item, said in reply_items.by_item(words, [item for item, _reminder in asked]):
        _propose(row, reminders[item.key], said, may_silence=may_silence, now=now)
        yield reminders[item.key]


def _propose(row: IncomingMail, reminder: Reminder, words: str, *, may_silence: bool, now: datetime) -> None:
    said_at = row.received_at
    answer = replies.read_answer(words, due_on=reminder.due_on, today=answering.today_of(reminder, said_at))
    if answer.meaning is Meaning.SEEN and not may_silence:
        raise Unclear(SEEN_BY_ANOTHER)
    try:
        answering.require_asked(reminder, now=now)
        _record(row, reminder, answer, said_at)
    except NoLongerAsked as error:
        raise Unclear(_why_no_longer(reminder)) from error


def _record(row: IncomingMail, reminder: Reminder, answer: Answer, said_at: datetime) -> None:
    name, words = row.name, answer.words
    by_mail = ProgressReport.Source.MAIL
    if answer.meaning is Meaning.SEEN:
        answering.acknowledge(reminder, name=name, now=said_at)
    elif answer.meaning is Meaning.NO_CHANGE:
        answering.report(reminder, name=name, now=said_at, no_change=True, source=by_mail)
    elif answer.meaning is Meaning.NOT_MINE:
        answering.not_mine(reminder, name=name, now=said_at, reason=words)
    elif answer.meaning is Meaning.MORE_TIME:
        answering.ask_for_time(reminder, name=name, now=said_at, until_on=answer.until_on, reason=words)
    else:
        text = "\n\n".join(filter(None, [words, _attached(row)]))
        answering.report(reminder, name=name, now=said_at, text=text, source=by_mail)


def _attached(row: IncomingMail) -> str:
    if not row.attachments:
        return ""
    names = ", ".join(row.attachments.split("\n"))
    with translation.override(row.delivery.language if row.delivery else "en"):
        return _("Attached to the mail: %(names)s") % {"names": names}


def _why_no_longer(reminder: Reminder) -> str:
    if not FollowUp.objects.open().filter(pk=reminder.follow_up_id).exists():
        return CLOSED
    return HANDED_OVER if answering.is_asked(reminder) else MOVED


def _flag(row: IncomingMail, match: Match, answered: Iterable[Reminder], *, now: datetime) -> str:
    """What the desk should look at twice before it accepts."""
    if not row.is_from_recipient:
        return BY_ANOTHER
    if not match.is_proven:
        return BY_ITS_THREAD
    for reminder in answered:
        who = Directory({reminder.post_id}, now=now).recipient(
            reminder.post_id, forum_id_of(reminder.follow_up)
        )
        if who is None or who.user.pk != row.delivery.recipient_id:  # type: ignore[union-attr]
            return HOLDS_NO_MORE
    return ""


def use_for(row: IncomingMail, reminder: Reminder, *, words: str, now: datetime) -> None:
    """See IncomingMail.use_for."""
    if row.state == IncomingMail.State.DONE:
        raise ValidationError(_("This mail was dealt with already."))
    try:
        with transaction.atomic(), writing(why=row.name):
            _propose(row, reminder, words, may_silence=True, now=now)
            row.became_answer([reminder], why=row.why_unclear)
    except Unclear as unclear:
        raise ValidationError(_(str(unclear))) from unclear
