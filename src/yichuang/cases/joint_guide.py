"""A 一件事 as one guide: the questions, the form and the list of several items put together.

It reads like an item's guide, so that applying from home asks a chain exactly as it asks one item.
A question's key carries its item's code in front; materials are joint, numbered for good.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace

from yichuang.cases import bundle_queries, chain_rules
from yichuang.cases.bundle_queries import JointRow, Portion
from yichuang.cases.joint import BundleRequest, JointMaterial
from yichuang.cases.rules import Submission
from yichuang.catalogue.queries import ChainSheet, ItemGuide, MaterialSheet
from yichuang.catalogue.situations import NEED, WITHOUT, Condition


@dataclass(frozen=True, slots=True)
class JointGuide(ItemGuide):
    """chain: all its steps. chosen, have: those to be done, and those of them whose result is there.
    parts: (step, guide) of what an office takes in. code and name are the chain's."""

    chain: ChainSheet
    chosen: tuple[int, ...]
    have: tuple[int, ...]
    parts: tuple[tuple[int, ItemGuide], ...]

    def portions(self, answers: Mapping[str, str]) -> list[Portion]:
        """Each item with its own answers, under its own keys."""
        return [
            bundle_queries.portion(seq, guide, _own(answers, guide.code))
            for seq, guide in self.parts
        ]

    def exact(self, answers: Mapping[str, str]) -> tuple[MaterialSheet, ...]:
        """The joint list of one situation: what any of the items needs."""
        numbers = {material.name: material.seq for material in self.materials}
        rows = bundle_queries.joint_list(self.portions(answers))
        return tuple(_sheet(row, numbers[row.name]) for row in rows)

    def request(
        self, one: Submission, answers: Mapping[str, str], *, outlet_code: str
    ) -> BundleRequest:
        """The whole matter as it is filed. one: the same, filled in as of a single item."""
        names = {material.seq: material.name for material in self.exact(answers)}
        return BundleRequest(
            chain_code=self.chain.code,
            chosen=self.chosen,
            have=self.have,
            place_code=one.place_code,
            outlet_code=outlet_code,
            applicant=one.applicant,
            idempotency_key=one.idempotency_key,
            situation={part.guide.code: dict(part.answers) for part in self.portions(answers)},
            facts=one.facts,
            materials=tuple(
                JointMaterial(
                    names[entry.position], entry.state, entry.copies, entry.file_id, entry.note
                )
                for entry in one.materials
            ),
            delivery=one.delivery,
            collect_at=one.collect_at,
            channel=one.channel,
            on_behalf=one.on_behalf,
            promised_how=one.promised_how,
            versions={guide.code: guide.version for _seq, guide in self.parts},
        )


def prefix(item_code: str) -> str:
    """What stands before an item's own keys."""
    return item_code.lower().replace("-", "_") + "_"


def _own(answers: Mapping[str, str], item_code: str) -> dict[str, str]:
    before = prefix(item_code)
    return {
        key.removeprefix(before): value for key, value in answers.items() if key.startswith(before)
    }


def joint_guide(
    chain: ChainSheet,
    guides: Mapping[str, ItemGuide],
    *,
    chosen: Collection[int],
    have: Collection[int],
    guided: Collection[int],
) -> JointGuide:
    """The chosen steps of a chain as one guide. guided: steps that no office takes in."""
    parts = tuple(
        (step.seq, guides[step.item_code])
        for step in chain.steps
        if step.seq in chosen
        and step.seq not in have
        and step.seq not in guided
        and step.item_code in guides
    )
    first = parts[0][1] if parts else next(iter(guides.values()))
    everything = [Portion(seq, guide, {}) for seq, guide in parts]
    listed = bundle_queries.joint_list(everything, whole=True)
    same = {field.name: getattr(first, field.name) for field in fields(ItemGuide)}
    objects = dict.fromkeys(one for _seq, guide in parts for one in guide.objects)
    return JointGuide(
        **{
            **same,
            "code": chain.code,
            "name": chain.name,
            "name_en": chain.name_en,
            "objects": tuple(objects),
            "basis": "；".join(dict.fromkeys(g.basis for _seq, g in parts if g.basis)),
            "materials_draft": any(guide.materials_draft for _seq, guide in parts),
            "materials": tuple(_sheet(row, n) for n, row in enumerate(listed, start=1)),
            "questions": tuple(
                replace(q, key=prefix(g.code) + q.key, when=_when(q.when, g.code))
                for _seq, g in parts
                for q in g.questions
            ),
            "situations": tuple(
                replace(row, when=_when(row.when, g.code))
                for _seq, g in parts
                for row in g.situations
                if row.effect not in (NEED, WITHOUT)  # the joint list says that
            ),
            "facts": tuple(bundle_queries.joint_facts(everything)),
        },
        chain=chain,
        chosen=tuple(sorted(chosen)),
        have=tuple(sorted(have)),
        parts=parts,
    )


def _when(condition: Condition, item_code: str) -> Condition:
    return tuple((prefix(item_code) + key, values) for key, values in condition)


def _sheet(row: JointRow, number: int) -> MaterialSheet:
    """A joint row as a page reads a material."""
    form = row.is_form
    return replace(
        row.sheet,
        seq=number,
        name=row.name,
        name_en=chain_rules.JOINT_FORM_EN if form else row.sheet.name_en,
        held=row.held,
        later_days=row.later_days,
        promise=row.sheet.promise if row.promise or row.sheet.promise == "barred" else "",
        sample="" if form else row.sheet.sample,
    )
