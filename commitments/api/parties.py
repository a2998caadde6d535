"""Who owes and who is told."""

import django_filters.rest_framework as filters

from commitments.api.entries import NAMES, Entry
from commitments.api.fields import ByCode
from commitments.api.filters import Search, one_of
from commitments.api.resources import WritableResource
from commitments.models import Calendar, Organisation, Party, Post


class PartySerializer(Entry):
    calendar = ByCode("code", queryset=Calendar.objects.all())

    class Meta(Entry.Meta):
        model = Party
        fields = ["code", "kind", *NAMES, "calendar", "language"]


class PartyFilters(filters.FilterSet):
    q = Search()
    kind = filters.ChoiceFilter(choices=Party.Kind.choices)


class Parties(WritableResource):
    queryset = Party.objects.select_related("calendar")
    serializer_class = PartySerializer
    filterset_class = PartyFilters
    orderings = ("code",)
    lookup_field = "code"
    lookup_value_regex = "[A-Z0-9-]+"


class OrganisationSerializer(Entry):
    party = ByCode("code", queryset=Party.objects.all())
    calendar = ByCode("code", queryset=Calendar.objects.all(), required=False)

    class Meta(Entry.Meta):
        model = Organisation
        fields = [
            "id",
            "party",
            "parent",
            *NAMES,
            "calendar",
            "zone",
            "language",
            "telephone",
            "demonstration",
        ]


class OrganisationFilters(filters.FilterSet):
    q = Search()
    party = one_of(Party, "code")
    parent = one_of(Organisation, "id")


class Organisations(WritableResource):
    queryset = Organisation.objects.select_related("party", "calendar")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilters


class PostSerializer(Entry):
    class Meta(Entry.Meta):
        model = Post
        fields = ["id", "organisation", *NAMES, "superior", "alternate", "demonstration"]


class PostFilters(filters.FilterSet):
    q = Search()
    organisation = one_of(Organisation, "id")
    party = one_of(Party, "code", field_name="organisation__party")


class Posts(WritableResource):
    queryset = Post.objects.all()
    serializer_class = PostSerializer
    filterset_class = PostFilters
