"""The page of a record: its words, its facts, and links both ways along every relation."""

from urllib.parse import urldefrag

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from recommendations import citing
from recommendations.choices import Kind, Language, Role, State
from recommendations.models import (
    Addressee,
    Conference,
    FollowUp,
    Funder,
    Instrument,
    Meeting,
    Organisation,
    OrganisationRole,
    Recommendation,
    RecommendationLink,
    Source,
    Support,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from recommendations.views.details.base import ROWS
from tests.pages import MODELS, PREFIXES, SITE, Page, records

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("collection")]

BUDGET = 12
RICH = (  # pages on which every relation has a row
    "/recommendations/CSSR-B7-CS-4/",
    "/working-groups/protection-priorities/",
    "/themes/return/",
    "/meetings/brussels-2023-ministerial-meeting/",
    "/conferences/brussels-2023/",
    "/organisations/cssr/",
    "/organisations/stj/",
    "/organisations/ose-syria/",
    "/funders/norway/",
    "/sources/stj-brussels-2023/",
)


def read(client, address) -> Page:
    response = client.get(address)
    assert response.status_code == 200, address
    return Page(response)


def words(page) -> str:
    return " ".join(page.one("main").text.split())


def neighbours():
    """Every pair of public records that a relation joins."""
    for each in Recommendation.objects.published():
        yield each, each.meeting
        yield each, each.meeting.conference
        yield each, each.organisation
        yield each, each.passage.source
        yield from ((each, group) for group in each.working_groups.all())
        yield from ((each, theme) for theme in each.themes.all())
        yield from ((each, addressee.organisation) for addressee in each.addressees.all())
        yield from ((each, link.other) for link in each.links.all())
        if each.kind != Kind.OWN:
            bodies = each.meeting.roles.filter(role=Role.RECOMMENDING_BODY)
            yield from ((each, role.organisation) for role in bodies)
    for each in Meeting.objects.published():
        yield each, each.conference
        yield each, each.passage.source
        yield from ((each, group) for group in each.working_groups.all())
    for each in OrganisationRole.objects.all():
        yield each.organisation, each.passage.source
        for thing in (each.body, each.meeting, each.source):
            yield each.organisation, thing
    for each in Support.objects.all():
        yield each.funder, each.organisation
        yield each.funder, each.passage.source
    for model in (Conference, WorkingGroup):
        yield from ((each, each.passage.source) for each in model.objects.published())
    for each in FollowUp.objects.published():
        yield each.organisation, each.passage.source
    for each in ThemeAssignment.objects.filter(recommendation__kind=Kind.NUMBERED):
        yield from ((each.theme, group) for group in each.recommendation.working_groups.all())


@pytest.mark.parametrize("lang", PREFIXES)
def test_relations_are_links_both_ways(client, lang):
    with override(lang):
        pairs = {
            tuple(each.get_absolute_url() for each in pair) for pair in neighbours() if all(pair)
        }
    links = {}
    for address in {address for pair in pairs for address in pair}:
        links[address] = {urldefrag(link).url for link in read(client, address).links}
    for one, other in pairs:
        assert other in links[one], f"{one} does not lead to {other}"
        assert one in links[other], f"{other} does not lead to {one}"


@pytest.mark.parametrize("prefix", PREFIXES.values())
@pytest.mark.parametrize("model", MODELS)
def test_a_record_that_is_not_published_has_no_page_and_no_link(client, model, prefix):
    for state in State.values:
        record = model.objects.first()
        model.objects.filter(pk=record.pk).update(state=state)
        with override("ar" if prefix else "en"):
            address = record.get_absolute_url()
        expected = {State.PUBLISHED: 200, State.WITHDRAWN: 410}.get(state, 404)
        assert client.get(address).status_code == expected, (address, state)
    for other in records():
        links = {urldefrag(link).url for link in read(client, prefix + other).links}
        assert address not in links, f"{other} leads to {address}"


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_a_reference_in_small_letters_leads_to_the_one_address(client, prefix):
    response = client.get(f"{prefix}/recommendations/cssr-b7-Pr-3/")
    assert response.status_code == 301
    assert response["Location"] == f"{prefix}/recommendations/CSSR-B7-PR-3/"
    assert client.get(f"{prefix}/recommendations/cssr-b7-pr-99/").status_code == 404


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as found:
        read(client, address)
    return len(found)


def test_a_page_asks_as_many_questions_with_many_rows_as_with_few(client):
    few = {address: queries(client, address) for address in RICH}
    grow(30)
    for address, number in few.items():
        assert number <= BUDGET, address
        assert queries(client, address) == number, address


def grow(count):
    """More rows of every relation of the pages that RICH names."""
    group = WorkingGroup.objects.get(code="PR")
    first = Recommendation.objects.get(reference="CSSR-B7-CS-4")
    stj, cssr, ose = (Organisation.objects.get(slug=slug) for slug in ("stj", "cssr", "ose-syria"))
    geneva = Meeting.objects.get(slug="geneva-2023-05")
    support, endorsement = Support.objects.first(), FollowUp.objects.first()
    for i in range(count):
        public = {"state": State.PUBLISHED}
        text = {"text": "More.", "passage": first.passage, **public}
        numbered = Recommendation.objects.create(
            reference=f"N-{i}", kind=Kind.NUMBERED, number=10 + i, meeting=first.meeting, **text
        )
        numbered.working_groups.add(group, first.working_groups.get())
        numbered.addressees.add(Addressee.objects.get(organisation=ose))
        numbered.instruments.add(Instrument.objects.first())
        for slug in ("return", "recovery"):
            numbered.theme_assignments.create(theme=Theme.objects.get(slug=slug))
        own = Recommendation.objects.create(
            reference=f"O-{i}", kind=Kind.OWN, organisation=stj, meeting=geneva, **text
        )
        RecommendationLink.objects.create(recommendation=first, other=own, reason_en="Because.")
        meeting = Meeting.objects.create(
            slug=f"m-{i}",
            name_en=f"Meeting {i}",
            words_in_source="a meeting",
            conference=first.meeting.conference,
            passage=first.passage,
            **public,
        )
        meeting.working_groups.add(group)
        other = Organisation.objects.create(slug=f"o-{i}", name_en=f"Organisation {i}", **public)
        for organisation, thing in (
            (cssr, {"meeting": meeting}),
            (other, {"meeting": first.meeting}),
            (other, {"body": cssr}),
        ):
            OrganisationRole.objects.create(
                organisation=organisation, role=Role.CONTRIBUTOR, passage=first.passage, **thing
            )
        funder = Funder.objects.create(slug=f"f-{i}", name_en=f"Funder {i}", **public)
        Support.objects.create(funder=funder, organisation=cssr, passage=support.passage)
        again = FollowUp.objects.create(
            slug=f"e-{i}",
            kind=endorsement.kind,
            organisation=stj,
            text="Again.",
            passage=endorsement.passage,
            **public,
        )
        again.recommendations.add(first)


def test_a_long_list_is_cut_and_leads_to_all_of_it(client):
    theme = Theme.objects.get(slug="return")
    before = theme.recommendations.count()
    grow(ROWS)
    page = read(client, "/themes/return/")
    assert len([each for each in page.elements if "rec" in (each["class"] or "").split()]) == ROWS
    assert page.one("h2", id="recommendations")["data-total"] == str(ROWS + before)
    assert "/recommendations/?theme=return" in page.links


@pytest.mark.parametrize("address", RICH)
def test_each_list_on_a_page_is_the_list_and_the_file_that_it_leads_to(client, address):
    page = read(client, address)
    for heading in page.all("h2"):
        section = next(each for each in heading.lineage if each.tag in ("section", "main"))
        links = [each for each in page.all("a") if section in each.lineage]
        files = [each["href"] for each in links if ".csv" in each["href"]]
        if heading["data-total"] and files:
            rows = client.get(files[0]).getvalue().count(b"\r\n") - 1
            assert rows == int(heading["data-total"]), files[0]
            listed = read(client, files[0].replace(".csv", "/"))
            assert listed.one("h2", id="results")["data-total"] == heading["data-total"]


def test_a_recommendation_says_where_it_comes_from(client):
    page = read(client, "/recommendations/CSSR-B7-PR-3/")
    for text in (
        "Protection priorities for Syrians working group",
        "Bahjat Hajar, representative of the Civil Society Support Room (CSSR)",
        "exact day not in the source",
        "Syrians for Truth and Justice · June 2023",
        "Speech, paragraph 8, item 3 D1:L78",
        "Checked against the document, character by character",
        "Third, the protection priorities for Syrians group",
        "Both texts say “refugees”.",
        "Not named in the text",
        "Endorsement Syrians for Truth and Justice · June 2023",
        "Nothing else is recorded. That does not mean that nothing was done.",
    ):
        assert text in words(page), text
    current = page.one("li", **{"aria-current": "true"})
    assert current.text.startswith("3. Ensuring the safe and voluntary return")
    assert "/sources/stj-brussels-2023/#L78" in page.links
    assert "/recommendations/?sdg=10.7" in page.links
    assert page.one("a", rel="prev")["href"] == "/recommendations/CSSR-B7-PR-2/"
    assert page.one("a", rel="next")["href"] == "/recommendations/CSSR-B7-PR-4/"


def test_an_excerpt_is_shown_within_its_sentence(client):
    page = read(client, "/recommendations/STJ-G23-1/")
    assert "Word for word a part of this passage" in words(page)
    assert page.one("mark").text == "providing protection for all citizens across Syria"
    assert (
        page.one("mark").parent.text
        == Recommendation.objects.get(number=1, kind=Kind.OWN).passage.text
    )
    assert "None recorded. That does not mean that nothing was done." in words(page)


def test_a_text_that_differs_from_its_source_is_owned_up_to(client):
    recommendation = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    Recommendation.objects.filter(pk=recommendation.pk).update(text="Another text.")
    page = read(client, recommendation.get_absolute_url())
    assert "The text differs from this passage" in words(page)
    assert page.one("li", **{"aria-current": "true"}).text == f"3. {recommendation.passage.text}"
    source = read(client, "/sources/stj-brussels-2023/")
    assert "Recorded with another text: CSSR-B7-PR-3" in words(source)


def test_a_recorded_arabic_text_stands_first_on_the_arabic_page(client):
    page = read(client, "/ar/recommendations/CSSR-B7-PR-4/")
    assert page.one("blockquote", **{"class": "quote"}).lang == "en"
    assert len(page.all("p", **{"class": "note"})) == 1
    Recommendation.objects.filter(reference="CSSR-B7-PR-4").update(
        text_ar="ضمان مرونة الوصول", text_ar_origin="translation"
    )
    page = read(client, "/ar/recommendations/CSSR-B7-PR-4/")
    first, original = (
        page.one("blockquote", **{"class": "quote"}),
        page.one("blockquote", **{"class": "original"}),
    )
    assert (first.text, first.lang, first.dir) == ("ضمان مرونة الوصول", "ar", "rtl")
    assert (original.lang, original.dir) == ("en", "ltr")
    assert not page.all("p", **{"class": "note"})
    page = read(client, "/recommendations/CSSR-B7-PR-4/")
    assert page.one("blockquote", **{"class": "quote"}).lang == "en"
    assert "unofficial translation" in words(page)


def test_a_group_shows_its_lead_in_and_its_list_in_order(client):
    page = read(client, "/working-groups/economy-recovery/")
    assert "the most important of which:" in page.one("blockquote", **{"class": "spoken"}).text
    rows = [each["data-key"] for each in page.all("li") if each["class"] == "rec"]
    assert rows == [*(f"CSSR-B7-EC-{n}" for n in range(1, 7)), "CSSR-B7-ALL-1"]
    assert page.one("h2", id="numbered")["data-total"] == "6"


def test_a_theme_that_only_a_cross_cutting_statement_has_says_so(client):
    assert "is said for several groups together" in words(read(client, "/themes/women-youth/"))
    assert "is said for several" not in words(read(client, "/themes/economy/"))


def test_a_funder_is_quoted_and_nothing_is_added(client):
    page = read(client, "/funders/norway/")
    (quotation,) = page.all("blockquote")
    sentence = "The CSSR is supported by Switzerland, Norway, the European Union and Sweden."
    assert quotation.text == sentence
    assert words(page).count("Not in the source") == 2
    Support.objects.update(amount="€ 5", since="2020-01-01", since_precision="year")
    assert "€ 5" in words(read(client, "/funders/norway/"))
    assert "Since 2020" in words(read(client, "/funders/norway/"))


def test_a_meeting_of_several_days_names_the_last(client):
    Meeting.objects.filter(slug="geneva-2023-05").update(
        date="2023-05-02", end_date="2023-05-04", date_precision="day", date_qualifier=""
    )
    page = read(client, "/meetings/geneva-2023-05/")
    assert "2 May 2023 to 4 May 2023" in words(page)
    assert "exact day" not in words(page)


@pytest.mark.parametrize("source", ["stj-brussels-2023", "stj-geneva-2023"])
def test_a_source_is_shown_word_for_word_with_anchors(client, source):
    source = Source.objects.get(slug=source)
    page = read(client, source.get_absolute_url())
    assert source.sha256 in words(page)
    passages = list(source.passages.order_by("position"))
    shown = [each for each in page.all("div") if "passage" in (each["class"] or "").split()]
    assert [each["id"] for each in shown] == [passage.anchor for passage in passages]
    for element, passage in zip(shown, passages, strict=True):
        assert " ".join(passage.text.split()) in element.text
        assert any("speech" in (each["class"] or "") for each in element.lineage) == (
            passage.in_speech
        )
    paragraphs = {each["id"] for each in page.all("div") if each["class"] == "doc-par"} - {None}
    assert paragraphs == {passage.paragraph for passage in passages} - {""}


def cited(reference, style):
    recommendation = Recommendation.objects.get(reference=reference)
    bodies = Organisation.objects.filter(slug="cssr")
    publishers = recommendation.passage.source.publishers
    return style(recommendation, bodies, publishers, f"https://example.org/{reference}/")


def test_apa_names_who_asked_who_spoke_and_who_recorded_it():
    assert cited("CSSR-B7-PR-3", citing.apa) == (
        "Civil Society Support Room, protection priorities for Syrians group. (2023). "
        "Recommendation 3 [Speech by Bahjat Hajar, Ministerial meeting, Seventh Brussels "
        "Conference]. In Syrians for Truth and Justice (2023, June), Brussels Conference: STJ "
        "Supports the CSSR Recommendations. CSSR recommendations, CSSR-B7-PR-3, version 1. "
        "https://example.org/CSSR-B7-PR-3/"
    )
    assert cited("STJ-G23-1", citing.apa) == (
        "Syrians for Truth and Justice. (2023, May). Recommendation 1 [CSSR meeting with the "
        "Special Envoy, Geneva]. In Syrians for Truth and Justice (2023, May), Geneva: STJ "
        "Partakes in CSSR Meetings. CSSR recommendations, STJ-G23-1, version 1. "
        "https://example.org/STJ-G23-1/"
    )
    assert cited("CSSR-B7-ALL-1", citing.apa).startswith(
        "Civil Society Support Room, 4 working groups. (2023). Cross-cutting recommendation [Speech"
    )


def test_bibtex_holds_the_same():
    assert cited("CSSR-B7-PR-3", citing.bibtex) == (
        "@misc{cssr-b7-pr-3,\n"
        "  author = {{Civil Society Support Room, protection priorities for Syrians group}},\n"
        "  title  = {Recommendation 3},\n"
        "  year   = {2023},\n"
        "  note   = {Speech by Bahjat Hajar, Ministerial meeting, Seventh Brussels Conference. "
        "In Syrians for Truth and Justice, Brussels Conference: STJ Supports the CSSR "
        "Recommendations, June 2023. CSSR recommendations, CSSR-B7-PR-3, version 1},\n"
        "  url    = {https://example.org/CSSR-B7-PR-3/}\n"
        "}"
    )
    assert cited("STJ-G23-1", citing.bibtex) == (
        "@misc{stj-g23-1,\n"
        "  author = {{Syrians for Truth and Justice}},\n"
        "  title  = {Recommendation 1},\n"
        "  year   = {2023},\n"
        "  month  = may,\n"
        "  note   = {CSSR meeting with the Special Envoy, Geneva. In Syrians for Truth and "
        "Justice, Geneva: STJ Partakes in CSSR Meetings, May 2023. CSSR recommendations, "
        "STJ-G23-1, version 1},\n"
        "  url    = {https://example.org/STJ-G23-1/}\n"
        "}"
    )


def test_a_citation_is_english_escaped_and_never_more_precise_than_its_source():
    Organisation.objects.filter(slug="stj").update(name_en="Truth & Justice_100%")
    with override("ar"):
        assert "author = {{Truth \\& Justice\\_100\\%}}" in cited("STJ-G23-1", citing.bibtex)
        assert "(2023, May)" in cited("STJ-G23-1", citing.apa)
    Meeting.objects.update(date=None, date_precision="", date_qualifier="")
    assert "Justice_100%. (n.d.). Recommendation" in cited("STJ-G23-1", citing.apa)
    assert "year" not in cited("STJ-G23-1", citing.bibtex)
    Recommendation.objects.update(meeting=None, passage=None)
    recommendation = Recommendation.objects.get(reference="CSSR-B7-PR-3")
    assert citing.apa(recommendation, [], [], "https://example.org/") == (
        "protection priorities for Syrians group. (n.d.). Recommendation 3 [Delivered by Bahjat "
        "Hajar]. CSSR recommendations, CSSR-B7-PR-3, version 1. https://example.org/"
    )


def test_the_page_cites_by_the_permanent_address(client):
    for prefix in PREFIXES.values():
        page = read(client, f"{prefix}/recommendations/CSSR-B7-PR-3/")
        address = f"{SITE}/recommendations/CSSR-B7-PR-3/"
        assert page.one("pre").text.endswith(f"url = {{{address}}} }}")
        assert page.one("blockquote", **{"class": "quote"})["cite"] == address


def test_a_recommendation_with_nothing_recorded_beside_it_has_a_whole_page(client):
    Recommendation.objects.create(
        reference="BARE-1",
        kind=Kind.NUMBERED,
        number=1,
        text="Only this.",
        state=State.PUBLISHED,
        text_language=Language.ENGLISH,
    )
    text = words(read(client, "/recommendations/BARE-1/"))
    assert "Only this." in text
    assert "Its source is not public yet" in text


def test_what_is_counted_keeps_its_order(client, collection):
    """Grouping in the database drops the order of a model."""
    first = Meeting.objects.last()
    first.pk, first.slug, first.date = None, "later", "2030-01-01"
    first._state.adding = True
    first.save()
    assert list(Meeting.objects.counted()) == list(Meeting.objects.all())
    follow_up = FollowUp.objects.first()
    follow_up.pk, follow_up.slug, follow_up.date = None, "earlier", "2020-01-01"
    follow_up._state.adding = True
    follow_up.save()
    said = client.get("/organisations/stj/").context["follow_ups"]
    assert list(said) == list(FollowUp.objects.filter(organisation__slug="stj"))
