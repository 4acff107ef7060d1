from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.gateway.device.shared_lists import _united
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.app_pb2 import App
from appshare.v1.error_reason_pb2 import ERROR_REASON_INVALID_FIELD, ERROR_REASON_INVALID_PHONE_NUMBER
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    Friend,
    PersonRef,
)
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_FRIENDS,
    PUSH_OUTCOME_ACCEPTED,
    PUSH_OUTCOME_REFUSED,
    Audience,
    MergedShare,
    Share,
)

SOMEBODY = PersonRef(number="+8613800138000")
FIRST_PAGE, SECOND_PAGE, NEXT_PAGE = "first", "second", "next"


def acquaintances(**levels: Any) -> list[radar_pb.Acquaintance]:
    """Devices with a level for each direction, of which the radar says the first of the viewer."""
    return [
        radar_pb.Acquaintance(device_id=device_id, as_viewer=as_viewer, as_owner=as_owner)
        for device_id, (as_viewer, as_owner) in levels.items()
    ]


FRIENDS = acquaintances(
    phone=(FRIENDSHIP_LEVEL_LIKELY, FRIENDSHIP_LEVEL_CONFIRMED), tablet=(FRIENDSHIP_LEVEL_NONE, FRIENDSHIP_LEVEL_LIKELY)
)


def share(name: str, owner: str = "phone") -> Share:
    return Share(owner_device_id=owner, app=App(package_name=name))


def related(*devices: tuple[str, Any, int]) -> list[registry_pb.RelatedDevice]:
    return [registry_pb.RelatedDevice(device_id=each, level=level, person=person) for each, level, person in devices]


def find(stage: Stage, found: Sequence[radar_pb.Acquaintance]) -> None:
    """The radar finds these devices, whoever is meant."""
    stage.radar.answers["FindDevices"] = radar_pb.FindDevicesResponse(acquaintances=found)
    stage.radar.answers["BatchFindDevices"] = lambda request: radar_pb.BatchFindDevicesResponse(
        results=[radar_pb.PersonDevices(acquaintances=found) for _ in request.people]
    )


async def test_the_default_audience_is_read_and_set(stage: Stage) -> None:
    audience = Audience(kind=AUDIENCE_KIND_FRIENDS)
    stage.registry.answers["ReadDefaultAudience"] = registry_pb.ReadDefaultAudienceResponse(audience=audience)
    assert (await stage.ask(pb.GetDefaultAudienceRequest())).audience == audience
    await stage.ask(pb.SetDefaultAudienceRequest(audience=audience))
    [write] = stage.registry.asked("WriteDefaultAudience")
    assert write == registry_pb.WriteDefaultAudienceRequest(device_id="me", audience=audience)


async def test_a_list_that_the_viewer_has_is_not_sent_again(stage: Stage) -> None:
    find(stage, FRIENDS)
    stage.registry.answers["ListVisibleShares"] = registry_pb.ListVisibleSharesResponse(
        list_version="v2", unchanged=True
    )
    listed = await stage.ask(pb.ListSharesRequest(owner=SOMEBODY, known_list_version="v2"))
    assert (listed.unchanged, listed.list_version, list(listed.shares)) == (True, "v2", [])
    assert stage.registry.asked("ListVisibleShares")[0].known_list_version == "v2"


async def test_a_list_comes_with_its_version(stage: Stage) -> None:
    find(stage, FRIENDS)
    stage.registry.answers["ListVisibleShares"] = registry_pb.ListVisibleSharesResponse(
        shares=[share("a.b")], list_version="v1", next_page_token=NEXT_PAGE
    )
    listed = await stage.ask(pb.ListSharesRequest(owner=SOMEBODY))
    assert (listed.list_version, listed.next_page_token, listed.unchanged) == ("v1", NEXT_PAGE, False)
    [asked] = stage.registry.asked("ListVisibleShares")
    assert list(asked.owners) == related(("phone", FRIENDSHIP_LEVEL_LIKELY, 0), ("tablet", FRIENDSHIP_LEVEL_NONE, 0))


@pytest.mark.parametrize(
    "request_",
    [
        pb.ListSharesRequest(owner=SOMEBODY),
        pb.ReportInstallRequest(owner=SOMEBODY, package_name="a.b"),
        pb.MatchAppRequest(owner=SOMEBODY, package_name="a.b"),
        pb.PushSharesRequest(recipients=[SOMEBODY]),
        pb.PreviewSharesRequest(viewer=SOMEBODY),
        pb.ListFriendsSharesRequest(),
        pb.BatchCheckFriendsRequest(people=[SOMEBODY]),
    ],
)
async def test_nobody_costs_the_same_calls_as_somebody_who_shares_nothing(stage: Stage, request_: Any) -> None:
    calls, answers = [], []
    for found in ([], FRIENDS[1:]):
        stage.calls.clear()
        find(stage, found)
        outcomes = [PUSH_OUTCOME_REFUSED] * max(1, len(found))
        stage.registry.answers["DeliverPush"] = registry_pb.DeliverPushResponse(outcomes=outcomes)
        try:
            answers.append(str(await stage.ask(request_)))
        except errors.PermissionDeniedError as refusal:
            answers.append(f"{refusal.reason} {refusal.message} {refusal.field} {refusal.metadata}")
        calls.append(stage.asked)
    assert calls[0] == calls[1]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListSharesRequest(owner=SOMEBODY), "owner.number"),
        (pb.ReportInstallRequest(owner=SOMEBODY, package_name="a.b"), "owner.number"),
        (pb.MatchAppRequest(owner=SOMEBODY, package_name="a.b"), "owner.number"),
        (pb.PreviewSharesRequest(viewer=SOMEBODY), "viewer.number"),
    ],
)
async def test_a_number_that_cannot_be_read_is_named_as_in_the_request(stage: Stage, request_: Any, field: str) -> None:
    stage.radar.answers["FindDevices"] = errors.InvalidArgumentError(
        errors.Reason.INVALID_PHONE_NUMBER, "not a phone number", field="person.number"
    )
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await stage.ask(request_)
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.INVALID_PHONE_NUMBER, field)


async def test_a_preview_is_seen_by_each_of_the_persons_devices(stage: Stage) -> None:
    find(stage, FRIENDS)
    seen = {"phone": ["a.a", "c.c"], "tablet": ["b.b", "c.c"]}
    stage.registry.answers["ListVisibleShares"] = lambda request: registry_pb.ListVisibleSharesResponse(
        shares=[share(name, "me") for name in seen[request.viewer_device_id]]
    )
    preview = await stage.ask(pb.PreviewSharesRequest(viewer=SOMEBODY))
    assert [app.package_name for app in preview.apps] == ["a.a", "b.b", "c.c"]
    levels = {each.viewer_device_id: list(each.owners) for each in stage.registry.asked("ListVisibleShares")}
    assert levels == {
        "phone": related(("me", FRIENDSHIP_LEVEL_CONFIRMED, 0)),
        "tablet": related(("me", FRIENDSHIP_LEVEL_LIKELY, 0)),
    }


async def test_a_preview_for_nobody_is_what_a_stranger_sees(stage: Stage) -> None:
    await stage.ask(pb.PreviewSharesRequest(viewer=SOMEBODY))
    [asked] = stage.registry.asked("ListVisibleShares")
    assert asked.viewer_device_id not in ("", "me")
    assert list(asked.owners) == related(("me", FRIENDSHIP_LEVEL_NONE, 0))


async def test_who_is_blocked_is_previewed_nothing(stage: Stage) -> None:
    stage.radar.answers["CheckBlock"] = radar_pb.CheckBlockResponse(blocked=True)
    assert await stage.ask(pb.PreviewSharesRequest(viewer=SOMEBODY)) == pb.PreviewSharesResponse()
    assert stage.calls == [("CheckBlock", radar_pb.CheckBlockRequest(device_id="me", person=SOMEBODY))]


Lists = Sequence[Sequence[str]]
NAMES = st.lists(st.sets(st.text("abc.", min_size=1, max_size=3), max_size=12).map(sorted), min_size=1, max_size=4)


@given(NAMES, st.integers(1, 5))
def test_a_preview_by_pages_is_the_union_of_what_the_devices_see(lists: Lists, size: int) -> None:
    seen: list[str] = []
    token = ""
    while True:
        page = _united([page_of(names, token, size) for names in lists])
        assert len(page.apps) <= size * len(lists)
        seen += [app.package_name for app in page.apps]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted({name for names in lists for name in names})


def page_of(names: Sequence[str], token: str, size: int) -> registry_pb.ListVisibleSharesResponse:
    """A page as the registry gives it: the token is the last name of the page before."""
    rest = [name for name in names if name > token]
    return registry_pb.ListVisibleSharesResponse(
        shares=map(share, rest[:size]), next_page_token=rest[size - 1] if len(rest) > size else ""
    )


def pages(**friends: Sequence[Friend]) -> Any:
    """Pages of friends by the token that asks for each; the pages follow each other."""
    following: Mapping[str, str] = dict(zip(friends, [*list(friends)[1:], ""], strict=True))

    def answer(request: radar_pb.ListFriendshipsRequest) -> radar_pb.ListFriendshipsResponse:
        token = request.page_token or FIRST_PAGE
        return radar_pb.ListFriendshipsResponse(
            friends=friends[token], next_page_token=following[token], truncated=token == SECOND_PAGE
        )

    return answer


LIKELY = FRIENDSHIP_LEVEL_LIKELY
TWO_PAGES = pages(
    first=[Friend(device_id="d1", contact_id=7, level=LIKELY), Friend(device_id="d2", contact_id=7, level=LIKELY)],
    second=[Friend(device_id="d3", level=LIKELY)],
)


async def test_what_all_friends_share_is_asked_of_all_of_them(stage: Stage) -> None:
    stage.radar.answers["ListFriendships"] = TWO_PAGES
    merged = MergedShare(package_name="a.b", friend_count=2)
    stage.registry.answers["ListMergedShares"] = registry_pb.ListMergedSharesResponse(
        shares=[merged], next_page_token=NEXT_PAGE
    )
    request = pb.ListFriendsSharesRequest(search="note", page_size=3, page_token=SECOND_PAGE)
    listed = await stage.ask(request)
    assert (list(listed.shares), listed.next_page_token, listed.truncated) == ([merged], NEXT_PAGE, True)
    [asked] = stage.registry.asked("ListMergedShares")
    assert asked == registry_pb.ListMergedSharesRequest(
        viewer_device_id="me",
        owners=related(("d1", LIKELY, 7), ("d2", LIKELY, 7), ("d3", LIKELY, 0)),
        search="note",
        page_size=3,
        page_token=SECOND_PAGE,
    )


async def test_more_friends_than_the_registry_takes_are_cut_off_and_told(stage: Stage) -> None:
    many = [Friend(device_id=f"d{index}", level=LIKELY) for index in range(2_001)]
    stage.radar.answers["ListFriendships"] = pages(first=many, last=many, never=many)
    listed = await stage.ask(pb.ListFriendsSharesRequest())
    assert listed.truncated
    assert [len(each.owners) for each in stage.registry.asked("ListMergedShares")] == [4_000]
    assert len(stage.radar.asked("ListFriendships")) == 2


@pytest.mark.parametrize(
    "request_", [pb.MatchAppRequest(package_name="a.b"), pb.DownloadAppRequest(package_name="a.b")]
)
async def test_without_an_owner_any_friend_will_do(stage: Stage, request_: Any) -> None:
    stage.radar.answers["ListFriendships"] = TWO_PAGES
    stage.registry.answers["FindVisibleShare"] = registry_pb.FindVisibleShareResponse(share=share("a.b", "d3"))
    if isinstance(request_, pb.MatchAppRequest):
        await stage.ask(request_)
    else:
        assert [message async for message in stage.stream(request_)] == []
    [asked] = stage.registry.asked("FindVisibleShare")
    assert [each.device_id for each in asked.owners] == ["d1", "d2", "d3"]
    assert stage.asked[-1] in ("Match", "Download")


async def test_an_app_that_no_friend_shares_is_refused(stage: Stage) -> None:
    with pytest.raises(errors.PermissionDeniedError):
        await stage.ask(pb.MatchAppRequest(package_name="a.b"))
    assert "Match" not in stage.asked


async def test_a_push_finds_its_recipients_in_one_call_and_says_its_id(stage: Stage) -> None:
    stage.radar.answers["BatchFindDevices"] = radar_pb.BatchFindDevicesResponse(
        results=[
            radar_pb.PersonDevices(acquaintances=FRIENDS),
            radar_pb.PersonDevices(),
            radar_pb.PersonDevices(acquaintances=FRIENDS[1:]),
        ]
    )
    stage.registry.answers["DeliverPush"] = registry_pb.DeliverPushResponse(
        outcomes=[PUSH_OUTCOME_ACCEPTED, PUSH_OUTCOME_REFUSED, PUSH_OUTCOME_REFUSED], push_id="p7"
    )
    people = [SOMEBODY, PersonRef(contact_id=1), PersonRef(device_id="tablet")]
    pushed = await stage.ask(pb.PushSharesRequest(recipients=people, note="hello"))
    assert list(pushed.outcomes) == [PUSH_OUTCOME_ACCEPTED, PUSH_OUTCOME_REFUSED, PUSH_OUTCOME_REFUSED]
    assert pushed.push_id == "p7"
    [asked] = stage.radar.asked("BatchFindDevices")
    assert list(asked.people) == people
    [delivered] = stage.registry.asked("DeliverPush")
    phone, tablet, nobody = delivered.recipients
    assert [phone, tablet] == related(("phone", FRIENDSHIP_LEVEL_CONFIRMED, 0), ("tablet", FRIENDSHIP_LEVEL_LIKELY, 0))
    assert nobody.level == FRIENDSHIP_LEVEL_NONE


@pytest.mark.parametrize(
    ("error", "reason", "field"),
    [
        (ERROR_REASON_INVALID_PHONE_NUMBER, errors.Reason.INVALID_PHONE_NUMBER, "recipients[1].number"),
        (ERROR_REASON_INVALID_FIELD, errors.Reason.INVALID_FIELD, "recipients[1]"),
    ],
)
async def test_a_push_to_somebody_unreadable_goes_to_nobody(
    stage: Stage, error: Any, reason: errors.Reason, field: str
) -> None:
    stage.radar.answers["BatchFindDevices"] = radar_pb.BatchFindDevicesResponse(
        results=[radar_pb.PersonDevices(acquaintances=FRIENDS), radar_pb.PersonDevices(error=error)]
    )
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await stage.ask(pb.PushSharesRequest(recipients=[SOMEBODY, PersonRef(number="none")]))
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    assert stage.asked == ["BatchFindDevices"]


async def test_a_push_is_taken_back_by_its_sender(stage: Stage) -> None:
    await stage.ask(pb.RecallPushRequest(push_id="p7"))
    assert stage.registry.asked("WithdrawPush") == [
        registry_pb.WithdrawPushRequest(sender_device_id="me", push_id="p7")
    ]


async def test_an_install_is_told_to_those_who_share_the_app(stage: Stage) -> None:
    find(stage, FRIENDS)
    stage.registry.answers["RecordInstall"] = registry_pb.RecordInstallResponse(recorded=True)
    await stage.ask(pb.ReportInstallRequest(owner=SOMEBODY, package_name="a.b", version_code=3))
    [asked] = stage.registry.asked("RecordInstall")
    assert asked == registry_pb.RecordInstallRequest(
        viewer_device_id="me",
        owners=related(("phone", FRIENDSHIP_LEVEL_LIKELY, 0), ("tablet", FRIENDSHIP_LEVEL_NONE, 0)),
        package_name="a.b",
        version_code=3,
    )


async def test_an_install_of_what_is_not_shared_is_refused_as_a_look_is(stage: Stage) -> None:
    refusals = []
    for request in (
        pb.ReportInstallRequest(owner=SOMEBODY, package_name="a.b"),
        pb.ListSharesRequest(owner=SOMEBODY),
        pb.MatchAppRequest(owner=SOMEBODY, package_name="a.b"),
    ):
        with pytest.raises(errors.PermissionDeniedError) as refusal:
            await stage.ask(request)
        refusals.append((refusal.value.reason, refusal.value.message))
    assert len(set(refusals)) == 1
