"""The desk's own pages. Django's admin has the rest: /commitments/<kind>/, with kinds in small letters."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, path, register_converter

from tracker.desk.views import (
    absence,
    commitments,
    deeds,
    demonstration,
    feeds,
    forecast,
    importing,
    incoming,
    ladders,
    letters,
    mail,
    meetings,
    my_desk,
    operations,
    preferences,
    quick_add,
    settings,
)
from tracker.desk.views.commitment import commitment

if TYPE_CHECKING:
    from tracker.desk.site import DeskSite


class ReferenceConverter:
    """SCCD-2024-01; capitals, so that it is never the name of a kind of entry."""

    regex = r"[A-Z0-9][A-Z0-9.-]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")

ITEM = "commitments/<reference:reference>/"
PAGES: list[tuple[str, Callable[..., Any], str]] = [
    ("", my_desk.my_desk, "index"),
    ("desk/<slug:slug>/", my_desk.desk_list, "desk_list"),
    ("search/", commitments.search, "search"),
    ("commitments/", commitments.commitments, "commitments"),
    ("commitments/add/", quick_add.quick_add, "quick_add"),
    ("commitments/add/foresee/", quick_add.foresee, "foresee"),
    (ITEM, commitment, "commitment"),
    (f"{ITEM}report/", deeds.report, "report"),
    (f"{ITEM}assign/", deeds.assign, "assign"),
    (f"{ITEM}close/", deeds.close, "close"),
    (f"{ITEM}reopen/", deeds.reopen, "reopen"),
    ("dates/<int:pk>/move/", deeds.move, "move"),
    ("reports/<int:pk>/", deeds.decide_report, "decide_report"),
    ("requests/<int:pk>/", deeds.decide_request, "decide_request"),
    ("tasks/<int:pk>/done/", deeds.task_done, "task_done"),
    ("tasks/<int:pk>/write/", letters.write, "write"),
    ("missed/<int:pk>/done/", operations.missed_done, "missed_done"),
    ("addresses/<int:pk>/mended/", operations.address_mended, "address_mended"),
    ("posts/<int:pk>/", absence.post, "post"),
    ("people/<int:pk>/", absence.person, "person"),
    ("people/<int:pk>/preferences/", preferences.preferences, "preferences"),
    ("leave/<int:pk>/end/", absence.end_leave, "end_leave"),
    ("desk/mail/<int:pk>/", incoming.incoming, "incoming"),
    ("desk/mail/<int:pk>/done/", incoming.done, "incoming_done"),
    ("operations/", operations.operations, "operations"),
    ("operations/<slug:channel>/try/", operations.try_channel, "try_channel"),
    ("ladders/", ladders.ladders, "ladders"),
    ("ladders/<slug:family>/", ladders.change, "ladder"),
    ("ladders/<slug:family>/back/", ladders.back, "ladder_back"),
    ("forums/<int:pk>/ladders/", ladders.of_forum, "ladders_of_forum"),
    ("forums/<int:pk>/ladders/<slug:family>/", ladders.change_of_forum, "ladder_of_forum"),
    ("forums/<int:pk>/ladders/<slug:family>/back/", ladders.back_of_forum, "ladder_back_of_forum"),
    (f"{ITEM}ladders/", ladders.of_commitment, "ladders_of_commitment"),
    (f"{ITEM}ladders/<slug:family>/", ladders.change_of_commitment, "ladder_of_commitment"),
    (f"{ITEM}ladders/<slug:family>/back/", ladders.back_of_commitment, "ladder_back_of_commitment"),
    ("meetings/", meetings.meetings, "meetings"),
    ("meetings/<int:pk>/", meetings.meeting, "meeting"),
    ("mail/", mail.mail, "mail"),
    ("mail/switch/", mail.switch, "mail_switch"),
    ("mail/<int:pk>/", mail.message, "message"),
    ("mail/<int:pk>/html/", mail.message_html, "message_html"),
    ("mail/<int:pk>/again/", mail.send_again, "send_again"),
    ("mail/<int:pk>/seen/", operations.see_to, "see_to"),
    ("mail/sample/", mail.sample, "mail_sample"),
    ("forecast/", forecast.ahead, "forecast"),
    ("import/", importing.import_sheet, "import"),
    ("feeds/", feeds.feeds, "feeds"),
    ("feeds/<int:pk>/revoke/", feeds.revoke, "feed_revoke"),
    ("demonstration/", demonstration.page, "demonstration"),
    ("demonstration/load/", demonstration.load, "demonstration_load"),
    ("demonstration/remove/", demonstration.remove, "demonstration_remove"),
    ("settings/", settings.settings, "settings"),
]


def own_pages(site: "DeskSite") -> list[URLPattern]:
    return [path(route, site.admin_view(view), name=name) for route, view, name in PAGES]
