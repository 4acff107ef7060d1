"""The table of who gets what, and the running system."""

from pathlib import Path

from tests.integration.access.matrix import Observed, as_text, differences, limits, observe, read_table, the_table
from tests.integration.access.questions import ENDINGS, QUESTIONS, Outcome
from tests.integration.access.relations import RELATIONS
from tests.support.cloud import running_cloud

from appshare.v1 import device_gateway_pb2


async def test_everybody_gets_what_the_table_says_and_refusals_look_the_same(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, **limits()) as cloud:
        observed = await observe(cloud)
    assert differences(the_table(), observed.cells) == []
    assert observed.told_apart() == []


def test_every_rpc_has_a_row_in_which_it_is_asked() -> None:
    services = device_gateway_pb2.DESCRIPTOR.services_by_name.values()
    rpcs = {method.name for service in services for method in service.methods}
    questions = (*QUESTIONS, *ENDINGS)
    assert {question.rpc for question in questions} == rpcs
    assert {question.name for question in questions} == set(the_table())


def test_a_table_that_was_printed_is_read_again() -> None:
    assert read_table(as_text(the_table())) == the_table()


def test_a_cell_that_is_another_is_told() -> None:
    cells = the_table()
    cells["ListShares of the owner"]["stranger"] = "-FES-"
    assert differences(the_table(), cells) == ["ListShares of the owner, stranger: -FES- instead of --E--"]
    del cells["DeleteAccount"]
    assert len(differences(the_table(), cells)) == 1 + len(RELATIONS)


def test_answers_that_are_not_the_same_are_told() -> None:
    observed = Observed()
    observed.add("ListShares", "stranger", {"N": [Outcome("refused", "not shared")], "F": [Outcome("open")]})
    observed.add("ListShares", "no owner", {"N": [Outcome("refused", "not shared")]})
    assert observed.told_apart() == []
    observed.add("ListShares", "owner blocks", {"N": [Outcome("refused", "blocked")]})
    assert observed.told_apart() == ["ListShares: 'refused' is not the same for stranger N, and for owner blocks N"]
