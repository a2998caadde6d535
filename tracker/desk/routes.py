"""The desk's own pages. Django's admin has the rest: /commitments/<kind>/, with kinds in small letters."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, path, register_converter

from tracker.desk.views import (
    absence,
    bodies,
    bulk,
    commitments,
    counterparts,
    dashboards,
    dates,
    deeds,
    demonstration,
    feeds,
    forecast,
    gaps,
    importing,
    incoming,
    ladders,
    letters,
    mail,
    meetings,
    month,
    my_desk,
    operations,
    papers,
    preferences,
    quick_add,
    rotation,
    saved_views,
    search,
    settings,
    splitting,
    timeline,
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
    ("desk/<slug:slug>/export/<slug:kind>/", dates.export, "export_dates"),
    ("desk/<slug:slug>/bulk/<slug:deed>/", bulk.of_dates, "bulk_dates"),
    ("search/", search.search, "search"),
    ("commitments/", commitments.commitments, "commitments"),
    ("commitments/columns/", saved_views.choose_columns, "choose_columns"),
    ("commitments/export/<slug:kind>/", commitments.export, "export"),
    ("commitments/bulk/<slug:deed>/", bulk.commitments, "bulk"),
    ("commitments/views/", saved_views.save, "save_view"),
    ("commitments/views/<int:pk>/", saved_views.change, "change_view"),
    ("counterparts/<slug:kind>/<int:pk>/", counterparts.counterpart, "counterpart"),
    ("commitments/add/", quick_add.quick_add, "quick_add"),
    ("commitments/add/foresee/", quick_add.foresee, "foresee"),
    (ITEM, commitment, "commitment"),
    (f"{ITEM}report/", deeds.report, "report"),
    (f"{ITEM}assign/", deeds.assign, "assign"),
    (f"{ITEM}close/", deeds.close, "close"),
    (f"{ITEM}reopen/", deeds.reopen, "reopen"),
    (f"{ITEM}roll-forward/", deeds.roll_forward, "roll_forward"),
    (f"{ITEM}contact/", deeds.contact, "contact"),
    (f"{ITEM}split/", splitting.split, "split"),
    (f"{ITEM}merge/", splitting.merge, "merge"),
    ("closings/<int:pk>/", deeds.decide_closing, "decide_closing"),
    ("dates/<int:pk>/snooze/", deeds.snooze, "snooze"),
    ("meetings/<int:pk>/contact/", deeds.contact_of_meeting, "contact_of_meeting"),
    ("dates/<int:pk>/move/", deeds.move, "move"),
    ("reports/<int:pk>/", deeds.decide_report, "decide_report"),
    ("requests/<int:pk>/", deeds.decide_request, "decide_request"),
    ("tasks/<int:pk>/done/", deeds.task_done, "task_done"),
    ("tasks/<int:pk>/write/", letters.write, "write"),
    ("missed/<int:pk>/done/", operations.missed_done, "missed_done"),
    ("addresses/<int:pk>/mended/", operations.address_mended, "address_mended"),
    ("posts/<int:pk>/", absence.post, "post"),
    ("posts/<int:pk>/handover/", rotation.handover, "handover"),
    ("posts/<int:pk>/dossier/", rotation.dossier, "dossier"),
    ("organisations/<int:pk>/", bodies.body, "body"),
    *(
        (f"organisations/<int:pk>/{kind}/", partial(bodies.change, kind=kind), f"body_{kind}")
        for kind in bodies.TITLES
    ),
    ("reorganisations/<int:pk>/withdraw/", bodies.withdraw, "withdraw"),
    ("orphans/", gaps.gaps, "gaps"),
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
    ("meetings/<int:pk>/table/", papers.table_page, "follow_up_table"),
    ("minister/", papers.minister_page, "minister"),
    ("weekly/", papers.weekly_page, "weekly"),
    ("calendar/", month.month, "month"),
    ("forums/<int:pk>/timeline/", timeline.timeline, "timeline"),
    ("forums/<int:pk>/dashboard/", dashboards.of_forum, "dashboard_of_forum"),
    ("organisations/<int:pk>/dashboard/", dashboards.of_organisation, "dashboard_of_organisation"),
    ("mail/", mail.mail, "mail"),
    ("mail/switch/", mail.switch, "mail_switch"),
    ("mail/<int:pk>/", mail.message, "message"),
    ("mail/<int:pk>/html/", mail.message_html, "message_html"),
    ("mail/<int:pk>/again/", mail.send_again, "send_again"),
    ("mail/<int:pk>/seen/", operations.see_to, "see_to"),
    ("mail/sample/", mail.sample, "mail_sample"),
    ("forecast/", forecast.ahead, "forecast"),
    ("import/", importing.upload, "import"),
    ("import/<int:pk>/", importing.run, "import_run"),
    ("import/<int:pk>/columns/", importing.columns, "import_columns"),
    ("import/<int:pk>/enter/", importing.enter, "import_enter"),
    ("import/<int:pk>/cancel/", importing.cancel, "import_cancel"),
    ("feeds/", feeds.feeds, "feeds"),
    ("feeds/<int:pk>/revoke/", feeds.revoke, "feed_revoke"),
    ("demonstration/", demonstration.page, "demonstration"),
    ("demonstration/load/", demonstration.load, "demonstration_load"),
    ("demonstration/remove/", demonstration.remove, "demonstration_remove"),
    ("settings/", settings.settings, "settings"),
]


def own_pages(site: "DeskSite") -> list[URLPattern]:
    return [path(route, site.admin_view(view), name=name) for route, view, name in PAGES]
