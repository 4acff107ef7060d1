import json

from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.kept_lists import KeptLists
from appshare.device_agent.model import App, ByContact, ByDevice, ByNumber, Share, ShareList
from appshare.fit.device_profile import Platform

LIST = ShareList((Share("d1", App("a.b", "Notes", "2.1", 21, "f" * 64, Platform.IOS)),), "v1")


def test_a_list_is_kept_with_its_version(home: AgentHome) -> None:
    assert home.kept_lists().of(ByContact(1)) == ShareList((), "")
    home.save_kept_lists(home.kept_lists().with_list(ByContact(1), LIST))
    assert home.kept_lists().of(ByContact(1)) == LIST


def test_a_list_is_of_the_owner_as_meant() -> None:
    kept = KeptLists({}).with_list(ByContact(1), LIST)
    for other in (ByContact(2), ByNumber("1"), ByDevice("1")):
        assert kept.of(other).version == ""
    assert kept.without(ByContact(1)).of(ByContact(1)).version == ""


def test_the_lists_that_were_looked_at_last_are_kept() -> None:
    kept = KeptLists({})
    for index in range(30):
        kept = kept.with_list(ByContact(index), LIST).with_list(ByContact(0), LIST)
    assert [json.dumps(key) for key in kept.lists][-1] == '"contact:0"'
    assert len(kept.lists) == 20
    assert kept.of(ByContact(29)) == LIST
    assert kept.of(ByContact(5)).version == ""
