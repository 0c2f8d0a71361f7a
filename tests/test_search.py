"""A search finds the same rows in both databases: those that say what was asked for."""

import json
import random
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.html import conditional_escape, escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.models import (
    Conference,
    Organisation,
    Recommendation,
    SearchDocument,
    Source,
    Theme,
    ThemeAssignment,
    WorkingGroup,
)
from recommendations.search import indexing, nearest_words, parse, search
from recommendations.search.engines import BREAK, EVERY, SQLITE_REBUILD, Matches
from recommendations.search.query import Query, Term
from recommendations.templatetags.cssr import highlighted
from recommendations.text import fold, marked, stem, stems, tokens
from tests import CI
from tests.test_lists import listing

PAIRS = json.loads((Path(__file__).parent / "search_pairs.json").read_text(encoding="utf-8"))
TYPED = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("aZéßﬁ１٣۱ءاللآىةـّ -\"'’“”«»|()*:^&!<>{}%_\\\x00\u200f"), max_size=60),
    st.lists(
        st.sampled_from(
            ["OR", "|", "-", '"', "“", "«", "-”", "NOT", "AND", "NEAR(", "return", "حق"]
        )
    ).map(" ".join),
)
with_database = settings(
    max_examples=150,
    deadline=None,
    derandomize=CI,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
without_database = settings(max_examples=500, deadline=None, derandomize=CI)


def rows_of_pairs():
    return [
        Recommendation(
            reference=reference,
            kind="cross-cutting",
            state="published",
            position=1000 + number,
            text_ar_origin="official" if "text_ar" in texts else "",
            **texts,
        )
        for number, (reference, texts) in enumerate(PAIRS["documents"].items())
    ]


@pytest.fixture
def pairs(db):
    """The documents of the pairs as recommendations, and nothing else."""
    Recommendation.objects.all().delete()
    rows = Recommendation.objects.bulk_create(rows_of_pairs())
    indexing.remake(Recommendation, [row.pk for row in rows])


def found(text, **options):
    rows = search(Recommendation.objects.published(), parse(text), **options)
    return sorted(rows.values_list("reference", flat=True))


def found_in_own(text):
    return found(text, in_own=True)


def suggested(text):
    return nearest_words(Recommendation, parse(text))


# Pairs


@pytest.mark.parametrize("language", ["english", "arabic"])
def test_each_query_finds_its_documents_and_no_other(pairs, language):
    wanted = {pair["query"]: pair["finds"] for pair in PAIRS[language]}
    assert {query: found(query) for query in wanted} == wanted


@pytest.mark.parametrize("language", ["english", "arabic"])
def test_there_are_sixty_pairs_each_with_what_it_must_not_find(language):
    queries = {pair["query"] for pair in PAIRS[language]}
    assert len(queries) == 60
    for pair in PAIRS[language]:
        assert pair["not"] and set(pair["not"]) <= PAIRS["documents"].keys() - set(pair["finds"])


# Two engines, one reference


def said(row, path):
    """The texts at the end of a path, by attributes alone; nothing beyond an unpublished record."""
    name, _, rest = path.partition("__")
    value = getattr(row, name)
    for other in value.all() if hasattr(value, "all") else [value]:
        if not rest:
            yield other
        elif other is not None and getattr(other, "state", "published") == "published":
            yield from said(other, rest)


def stems_of(row, paths):
    return [stems(text) for path in paths for text in said(row, path) if text]


def has(texts, phrase):
    return any(
        text[start : start + len(phrase)] == phrase for text in texts for start in range(len(text))
    )


def holds(clauses, texts):
    return all(
        any(has(texts, stems(words)) != is_excluded for words, is_excluded, _ in clause)
        for clause in clauses
    )


def written(clauses):
    return " ".join(
        " OR ".join(("-" if is_excluded else "") + text for _, is_excluded, text in clause)
        for clause in clauses
    )


def queries(texts, count, seed=11):
    """Reproducible queries as clauses of (words, whether excluded, as typed)."""
    chance = random.Random(seed)
    texts = [[text[each.start : each.end] for each in tokens(text)] for text in texts if text]

    def term():
        words = chance.choice(texts)
        start = chance.randrange(len(words))
        words = words[start : start + chance.choice([1, 1, 1, 2, 3])]
        if len(words) > 1 and chance.random() < 0.2:
            words = words[::-1]
        text = " ".join(words)
        if chance.random() < 0.3:
            text = chance.choice([text.upper(), "و" + text, text + "s"])
        quotes = chance.choice(['"%s"', "“%s”", "«%s»"]) if " " in text else "%s"
        return text, chance.random() < 0.15, quotes % text

    for _ in range(count):
        yield [
            [term() for _ in range(chance.choice([1, 1, 1, 2, 3]))]
            for _ in range(chance.choice([1, 1, 2, 3]))
        ]


def test_four_hundred_queries_find_the_rows_that_plain_python_finds(collection):
    rows = Recommendation.objects.bulk_create(rows_of_pairs())
    indexing.remake(Recommendation, [row.pk for row in rows])
    rows = list(Recommendation.objects.published())
    own = {row.reference: stems_of(row, Recommendation.search_own) for row in rows}
    names = {row.reference: stems_of(row, Recommendation.search_names) for row in rows}
    texts = [row.text for row in rows] + [row.text_ar for row in rows]
    texts += [row.reference for row in rows] + ["Brussels Conference", "Syrians for Truth"]
    sizes = []
    for clauses in queries(texts, 400):
        query = written(clauses)
        wanted = [key for key in own if holds(clauses, own[key] + names[key])]
        wanted_in_own = [key for key in own if holds(clauses, own[key])]
        assert found(query) == sorted(wanted), query
        assert found(query, in_own=True) == sorted(wanted_in_own), query
        sizes.append(len(wanted))
    assert sum(1 for size in sizes if 0 < size < len(rows)) > 200


@with_database
@given(st.lists(TYPED, min_size=1, max_size=30))
def test_every_stem_is_one_word_to_the_database(db, texts):
    words = {word: None for text in texts for word in stems(text)}
    SearchDocument.objects.filter(kind="word").delete()
    SearchDocument.objects.bulk_create(
        SearchDocument(kind="word", object_id=number, own=f"{word} {EVERY}", names=BREAK, words="")
        for number, word in enumerate(words)
    )
    documents = SearchDocument.objects.filter(kind="word")
    assert [
        list(documents.filter(Matches(Query(((Term((word,), (word,)),),)))).values_list("own"))
        for word in words
    ] == [[(f"{word} {EVERY}",)] for word in words]


# Anything typed


@with_database
@given(TYPED)
def test_whatever_is_typed_is_a_query(db, typed):
    query = parse(typed)
    list(search(Recommendation.objects.published(), query))
    list(search(Recommendation.objects.published(), query, in_own=True))
    assert all(term.stems and len(term.stems) == len(term.words) for term in query.wanted)


@without_database
@given(TYPED)
def test_folding_twice_is_folding_once(typed):
    assert fold(fold(typed)) == fold(typed)
    assert fold(typed) == fold(unicodedata.normalize("NFD", typed)) == fold(typed.upper().lower())


@without_database
@given(TYPED)
def test_tokens_stand_in_the_text_and_are_letters_and_digits(typed):
    places = [place for each in tokens(typed) for place in (each.start, each.end)]
    assert places == sorted(places)
    for each in tokens(typed):
        assert each.folded.isalnum() and each.stem.isalnum() and len(each.stem) <= 40
        assert each.stem == stem(each.folded)
        assert all(letter.isascii() or "\u0621" <= letter <= "\u064a" for letter in each.stem)
        assert each.stem == each.stem.lower()


@without_database
@given(TYPED, TYPED)
def test_marking_changes_no_letter_and_escapes_every_piece(text, query):
    pieces = marked(text, parse(query).phrases)
    assert "".join(piece for piece, _ in pieces) == text
    html = conditional_escape(highlighted(text, parse(query)))
    assert html.replace("<mark>", "").replace("</mark>", "") == escape(text)


# The analyser


@pytest.mark.parametrize(
    ("words", "folded"),
    [
        ("RÉSUMÉ résumé re\u0301sume\u0301", "resume"),
        ("İzmir izmir ızmir", "izmir"),
        ("ﬁeld ｆｉｅｌｄ", "field"),
        ("ℌello", "hello"),
        ("الإدارة الأدارة الادارة ٱلْإِدَارَة الإدارةـ", "الاداره"),
        ("مسؤول مسئول مسءول مسي\u0654ول", "مسءول"),
        ("على علي علی", "علي"),
        ("١٠٧ ۱۰۷ 107 １０７", "107"),
    ],
)
def test_variants_fold_to_one(words, folded):
    assert {fold(word) for word in words.split()} == {folded}


@pytest.mark.parametrize(
    "family",
    [
        "return returns returned returning Return’s",
        "organise organize organisation organizations organised",
        "analyse analyze analysed analyzing",
        "women woman WOMEN’S",
        "travelled traveling travels",
        "enrolment enrollment",
        "لاجئ لاجئة اللاجئين واللاجئات فللاجئين وباللاجئين كاللاجئ",
        "الحق حق والحق بالحق للحق وللحق فبالحق",
        "توصية التوصيات وبتوصيات للتوصية",
        "المانحة المانحين مانح وللمانحين",
    ],
)
def test_forms_of_a_word_have_one_stem(family):
    assert len(set(stems(family))) == 1


@pytest.mark.parametrize(
    "pair", ["hour our", "four for", "wise wiz", "الآن أن", "والد دين", "لجنة لاجئ", "آلية آل"]
)
def test_other_words_have_other_stems(pair):
    assert len(set(stems(pair))) == 2


def test_an_apostrophe_ends_a_word_in_english_and_is_a_letter_in_a_name():
    words = [each.folded for each in tokens("Syria’s don't Dara’a O'Brien Darʿa refugees’ ‘all’")]
    assert words == ["syria", "don", "daraa", "obrien", "dara", "refugees", "all"]


def test_marks_stand_on_the_words_as_printed():
    pieces = marked("Returnees return; Returns of «اللاجئين»", parse("returning لاجئ").phrases)
    assert [piece for piece, is_match in pieces if is_match] == ["return", "Returns", "اللاجئين"]


def test_a_phrase_is_marked_as_a_whole_and_once():
    text = "civil, civil society and society"
    assert marked(text, parse('"civil society" society').phrases) == [
        ("civil, ", False),
        ("civil society", True),
        (" and ", False),
        ("society", True),
    ]


# The syntax


def read(text):
    """A query as nested lists of the words of each term."""
    sign = {True: "-", False: ""}
    return [
        [sign[term.is_excluded] + " ".join(term.words) for term in clause]
        for clause in parse(text).clauses
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        (' - -- OR | "" “” « \'', []),
        ("a b", [["a"], ["b"]]),
        ("a or b", [["a"], ["or"], ["b"]]),
        ("a OR b c", [["a", "b"], ["c"]]),
        ("a | b | c", [["a", "b", "c"]]),
        ("OR a OR", [["a"]]),
        ("a OR OR b", [["a", "b"]]),
        ("-a", [["-a"]]),
        ("- a", [["a"]]),
        ("a-b", [["a b"]]),
        ("a -b", [["a"], ["-b"]]),
        ("a OR -b", [["a", "-b"]]),
        ('"a b', [["a b"]]),
        ('"a OR b" -"c d"', [["a or b"], ["-c d"]]),
        ("“a «b»”", [["a b"]]),
        ("«a b» -“c”", [["a b"], ["-c"]]),
        ('a"b c"d', [["a"], ["b c"], ["d"]]),
        ("CSSR-B7-PR-3", [["cssr b7 pr 3"]]),
        ("(a) & b* NEAR(c, 2)", [["a"], ["b"], ["near c"], ["2"]]),
        ("a\x00b\u200fc", [["a b c"]]),
    ],
)
def test_what_a_query_is_read_as(text, clauses):
    assert read(text) == clauses


# The index follows


FOOD = "CSSR-B7-EC-6"


@pytest.fixture
def food(collection):
    return Recommendation.objects.get(reference=FOOD)


def test_a_saved_text_is_found_by_its_new_words_only(food):
    assert found_in_own("sovereignty") == [FOOD]
    food.text = "Zucchini for everybody"
    food.save()
    assert (found_in_own("sovereignty"), found("zucchini")) == ([], [FOOD])


def test_what_is_withdrawn_is_neither_found_nor_suggested(food):
    assert found_in_own("sovereignty") == [FOOD]
    assert suggested("soveregnty") == {"soveregnty": "sovereignty"}
    food.state = "withdrawn"
    food.save()
    assert (found("sovereignty"), suggested("soveregnty")) == ([], {})
    assert not SearchDocument.objects.filter(kind="recommendation", object_id=food.pk).exists()
    food.state = "published"
    food.save()
    assert found_in_own("sovereignty") == [FOOD]


@pytest.mark.parametrize("state", ["draft", "in-review", "withdrawn"])
def test_the_words_of_what_is_not_published_are_nowhere(collection, state):
    for number in range(3):
        Recommendation.objects.create(
            reference=f"X-{number}", kind="cross-cutting", text="Xylophone", state=state
        )
    indexing.rebuild()
    assert (found("xylophone"), suggested("xylophon")) == ([], {})
    assert not SearchDocument.objects.filter(words__contains="xylophone").exists()


def test_a_deleted_one_leaves_no_document(food):
    food.delete()
    assert found_in_own("sovereignty") == []
    assert not SearchDocument.objects.filter(kind="recommendation", object_id=food.pk).exists()


def test_working_groups_are_followed_from_both_sides(food):
    group = WorkingGroup.objects.get(slug="local-governance")
    words = '"local governance" sovereignty'

    def answers(change):
        change()
        return found(words)

    assert found(words) == []
    assert answers(lambda: food.working_groups.add(group)) == [FOOD]
    assert answers(lambda: food.working_groups.remove(group)) == []
    assert answers(lambda: group.recommendations.add(food)) == [FOOD]
    assert answers(lambda: group.recommendations.remove(food)) == []
    assert answers(lambda: food.working_groups.set([group])) == [FOOD]
    assert answers(lambda: food.working_groups.clear()) == []
    assert answers(lambda: group.recommendations.add(food)) == [FOOD]
    assert answers(lambda: group.recommendations.clear()) == []


def test_themes_are_followed_when_given_renamed_withdrawn_and_taken(food):
    theme = Theme.objects.create(slug="new", name_en="Zoology", position=99, state="published")
    assignment = ThemeAssignment.objects.create(recommendation=food, theme=theme)
    assert found("zoology") == [FOOD]
    theme.name_en = "Botany"
    theme.save()
    assert (found("zoology"), found("botany")) == ([], [FOOD])
    theme.state = "draft"
    theme.save()
    assert found("botany") == []
    theme.state = "published"
    theme.save()
    assert found("botany") == [FOOD]
    assignment.delete()
    assert found("botany") == []


@pytest.mark.parametrize(
    ("model", "key", "field", "count"),
    [
        (Conference, "brussels-2023", "name_en", 23),
        (Source, "stj-geneva-2023", "title", 23),
        (Organisation, "stj", "short_name", 2),
        (WorkingGroup, "local-governance", "name_ar", 5),
    ],
)
def test_a_renamed_record_is_found_by_its_new_name(collection, model, key, field, count):
    row = model.objects.get(slug=key)
    numbers = len(found("Quetzalcoatl"))
    setattr(row, field, "Quetzalcoatl")
    row.save()
    wanted = [
        each.reference
        for each in Recommendation.objects.published()
        if "Quetzalcoatl" in [name for path in each.search_names for name in said(each, path)]
    ]
    assert numbers == 0 and wanted
    assert found("quetzalcoatl") == sorted(wanted)
    own = search(model.objects.published(), parse("quetzalcoatl"))
    assert list(own.values_list("slug", flat=True)) == [key]


def test_loaddata_is_followed(food, tmp_path):
    out = StringIO()
    call_command(
        "dumpdata",
        "recommendations.recommendation",
        use_natural_foreign_keys=True,
        use_natural_primary_keys=True,
        stdout=out,
    )
    rows = json.loads(out.getvalue())
    for row in rows:
        if row["fields"]["reference"] == FOOD:
            row["fields"]["text"] = "Zucchini for everybody"
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    call_command("loaddata", tmp_path / "rows.json", verbosity=0)
    assert (found_in_own("sovereignty"), found("zucchini")) == ([], [FOOD])
    assert indexing.stale(Recommendation) == set()


def test_what_sends_no_signal_is_stale_until_it_is_remade(food):
    Recommendation.objects.filter(pk=food.pk).update(text="Zucchini")
    new = Recommendation.objects.bulk_create(rows_of_pairs())
    assert indexing.stale(Recommendation) == {food.pk, *(row.pk for row in new)}
    indexing.remake(Recommendation, [food.pk, *(row.pk for row in new)])
    assert indexing.stale(Recommendation) == set()
    assert found("zucchini") == [FOOD]


# Damage and repair


def damage_words():
    SearchDocument.objects.filter(kind="recommendation").update(own="nothing", words="nothing")


def damage_missing():
    SearchDocument.objects.filter(kind="theme").delete()


def damage_left_over():
    SearchDocument.objects.create(
        kind="recommendation", object_id=10**6, own=EVERY, names=BREAK, words="xylophone"
    )


def damage_index():
    """What the engine searches in, where that is not the table of documents itself."""
    if connection.vendor == "postgresql":
        return damage_words()
    with connection.cursor() as cursor:
        cursor.execute(SQLITE_REBUILD[0].replace("rebuild", "delete-all"))


@pytest.mark.parametrize("damage", [damage_words, damage_missing, damage_left_over, damage_index])
def test_a_damaged_index_is_noticed_and_repaired(collection, damage):
    call_command("check_data", stdout=StringIO())
    damage()
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_data", stdout=out)
    assert "run reindex" in out.getvalue()
    call_command("reindex", stdout=StringIO())
    call_command("check_data", stdout=StringIO())
    assert found_in_own("sovereignty") == [FOOD]
    assert suggested("xylophon") == {}
    assert found_in_own("-sovereignty") == sorted(
        Recommendation.objects.published()
        .exclude(reference=FOOD)
        .values_list("reference", flat=True)
    )


def test_reindex_says_how_many_can_be_found(collection):
    out = StringIO()
    call_command("reindex", stdout=out)
    assert out.getvalue() == f"{SearchDocument.objects.count()} records can be found.\n"


# What the reader sees


def test_a_misspelt_word_is_suggested_as_printed(client, collection):
    assert suggested("soverignty") == {"soverignty": "sovereignty"}
    assert suggested("sovereignty qqqqqqq") == {}
    Recommendation.objects.filter(reference=FOOD).update(text="حماية اللاجئين مسؤولية")
    indexing.rebuild()
    assert suggested("مسوؤلية") == {"مسوءليه": "مسؤولية"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("foood", "food"),
        ("Foood, zzzzzz", "food, zzzzzz"),
        ("fóood", "food"),
        ('"foood sovereignty"', '"food sovereignty"'),
        ("-the foood", "-the food"),
    ],
)
def test_the_suggestion_changes_the_misspelt_word_only(collection, typed, meant):
    assert listing("recommendations", f"q={typed}").spelling[0] == meant


def test_matches_are_highlighted_and_the_text_is_escaped(client, food):
    food.text = "<b>Refugees</b> & “returning” <script>alert(1)</script>"
    food.save()
    page = client.get("/recommendations/?q=refugee+return+script").content.decode()
    assert (
        "&lt;b&gt;<mark>Refugees</mark>&lt;/b&gt; &amp; “<mark>returning</mark>” "
        "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"
    ) in page
    assert "<script>alert" not in page


def test_the_search_parameter_takes_200_characters(collection):
    def problems(length):
        problems = listing("recommendations", f"q={'x' * length}").problems
        return [problem.parameter for problem in problems]

    assert (problems(200), problems(201)) == ([], ["q"])
