"""一件事, the pure part: what may be chosen together, the order, who falls with whom, the figures."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from yichuang.cases import chain_rules as rules
from yichuang.cases.chain_rules import LinkFacts, Measure


@dataclass(frozen=True)
class Step:
    seq: int
    depends_on: tuple[int, ...] = ()
    alternative: str = ""
    opens_on: str = "done"
    item_code: str = "X"


@dataclass(frozen=True)
class Fact:
    key: str
    required: bool = False


RESTAURANT = (
    Step(1),
    Step(2, (1,), alternative="food"),
    Step(3, (1,), alternative="food"),
    Step(4, (2,)),
    Step(5),
)


def test_of_alternatives_only_one_may_be_chosen() -> None:
    verdict = rules.check_choice(RESTAURANT, {1, 2, 3})
    assert not verdict and verdict.code == "bundle-alternatives"
    assert rules.check_choice(RESTAURANT, {1, 3, 4})


def test_any_part_may_be_taken_but_not_nothing_and_nothing_unknown() -> None:
    assert rules.check_choice(RESTAURANT, {5})
    assert rules.check_choice(RESTAURANT, ()).code == "bundle-empty"
    assert rules.check_choice(RESTAURANT, {9}).code == "bundle-empty"


def test_what_opens_on_a_failure_is_not_chosen_alone() -> None:
    steps = (Step(1), Step(2, (1,), opens_on="failed"))
    assert rules.check_choice(steps, {2}).code == "bundle-only-after"
    assert rules.check_choice(steps, {1, 2})


def test_a_dependency_on_an_alternative_means_the_chosen_one() -> None:
    assert rules.needs(RESTAURANT, {1, 3, 4}, ()) == {1: (), 3: (1,), 4: (3,)}
    assert rules.needs(RESTAURANT, {3, 4}, ()) == {3: (), 4: (3,)}
    assert rules.needs(RESTAURANT, {1, 3}, {1}) == {1: (), 3: ()}


def test_a_failure_takes_along_only_what_needs_it() -> None:
    links = [
        LinkFacts(1, (), rules.FAILED),
        LinkFacts(2, (1,), rules.WAITING),
        LinkFacts(3, (2,), rules.WAITING),
        LinkFacts(4, (), rules.WAITING),
        LinkFacts(5, (1,), rules.WAITING, opens_on="failed"),
        LinkFacts(6, (1,), rules.WAITING, opens_on="ended", listed=False),
    ]
    assert rules.moves(links) == {
        2: rules.BLOCKED,
        3: rules.BLOCKED,
        4: rules.OPEN,
        5: rules.OPEN,
        6: rules.GUIDED,
    }


def test_what_waits_for_a_failure_is_spared_by_a_success() -> None:
    links = [
        LinkFacts(1, (), rules.DONE),
        LinkFacts(2, (1,), rules.WAITING, opens_on="failed"),
    ]
    assert rules.moves(links) == {2: rules.SKIPPED}


chains = st.integers(1, 7).flatmap(
    lambda n: st.tuples(
        *(
            st.tuples(
                st.sets(st.integers(1, seq - 1)) if seq > 1 else st.just(set()),
                st.sampled_from(("done", "done", "done", "failed", "ended")),
                st.booleans(),
            )
            for seq in range(1, n + 1)
        )
    )
)


@given(chains, st.lists(st.tuples(st.integers(1, 7), st.booleans()), max_size=14))
def test_whatever_comes_of_the_cases_a_bundle_ends(chain, ends) -> None:
    """Ends come in any order; when each open case has ended, nothing waits any more, no link ever
    opens before what it needs has ended, and a settled link stays as it is."""
    links = {
        seq: LinkFacts(seq, tuple(sorted(before)), rules.WAITING, opens_on, listed)
        for seq, (before, opens_on, listed) in enumerate(chain, start=1)
    }

    def carry_on() -> None:
        for seq, state in rules.moves(links.values()).items():
            link = links[seq]
            assert link.state == rules.WAITING
            assert all(
                links[n].state not in (rules.WAITING, rules.OPEN, rules.GUIDED)
                or n in rules.moves(links.values())
                for n in link.needs
            )
            links[seq] = LinkFacts(seq, link.needs, state, link.opens_on, link.listed)

    carry_on()
    left = [*ends, *((seq, True) for seq in range(1, 8) for _again in range(2))] * 7
    for seq, success in left:
        link = links.get(seq)
        if link is None or link.state not in (rules.OPEN, rules.GUIDED):
            continue
        ended = (
            (rules.DONE if success else rules.FAILED)
            if link.state == rules.OPEN
            else rules.GUIDED_DONE
        )
        links[seq] = LinkFacts(seq, link.needs, ended, link.opens_on, link.listed)
        carry_on()
    assert rules.finished([link.state for link in links.values()])


def test_each_fact_is_asked_once_and_insisted_on_if_any_form_insists() -> None:
    asked = rules.asked_once(
        [[Fact("name"), Fact("birth")], [Fact("birth", required=True), Fact("bank")]]
    )
    assert asked == [Fact("name"), Fact("birth", required=True), Fact("bank")]


def test_the_figures_before_and_after() -> None:
    figures = rules.spared(
        [
            Measure(1, ("a", "b"), ("m", "n"), 2, 5, ()),
            Measure(2, ("b",), ("m",), 2, 10, (1,)),
            Measure(3, ("c",), (), 1, 12, ()),
        ]
    )
    assert (figures.fields_before, figures.fields_after) == (19, 8)
    assert (figures.materials_before, figures.materials_after) == (3, 2)
    assert (figures.visits_before, figures.visits_after) == (5, 2)
    assert (figures.days_before, figures.days_after) == (27, 15)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcd"), unique=True),
            st.lists(st.sampled_from("mnop"), unique=True),
            st.integers(0, 2),
            st.integers(0, 30),
        ),
        max_size=8,
    )
)
def test_together_is_never_more_than_one_by_one(rows) -> None:
    figures = rules.spared(
        [
            Measure(seq, tuple(facts), tuple(materials), visits, days, tuple(range(1, seq, 2)))
            for seq, (facts, materials, visits, days) in enumerate(rows, start=1)
        ]
    )
    for part in ("fields", "materials", "visits", "days"):
        assert getattr(figures, f"{part}_after") <= getattr(figures, f"{part}_before")
