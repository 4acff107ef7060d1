"""Apps by name: what a device finds of the catalogue and the upstreams, and what it never learns of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.cloud import ANDROID_14, GATEWAY, Cloud, Device, running_cloud
from tests.support.upstream import NOTES, OWNER, Repository, UpstreamServer

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import upstream_pb2
from appshare.v1.app_search_pb2 import (
    APP_AVAILABILITY_FITS,
    APP_AVAILABILITY_NO_FIT,
    APP_AVAILABILITY_NOT_SHARED,
    APP_AVAILABILITY_UNSPECIFIED,
    NamedApp,
)
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile
from appshare.v1.operator_gateway_pb2_grpc import UpstreamServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_EVERYONE, AUDIENCE_KIND_FRIENDS, AUDIENCE_KIND_NOBODY

CHAT = "org.appshare.sample.chat"
SUMMARY = "no catalogue"
"""Words that only the upstream has for its app."""


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[UpstreamServer]:
    repository = Repository(tmp_path / "repository")
    metadata = repository.index["packages"][NOTES]["metadata"]
    metadata["name"]["zh-CN"] = "便签"
    repository.publish()
    with UpstreamServer(repository.folder).running() as server:
        yield server


async def add_upstream(cloud: Cloud, server: UpstreamServer) -> None:
    stub = UpstreamServiceStub(cloud.operator_channel)
    facts = upstream_pb2.Upstream(name="sample", address=server.address, fingerprint=OWNER.fingerprint)
    request = upstream_pb2.AddUpstreamRequest(upstream=facts)
    async for _ in GATEWAY.stream(stub.AddUpstream, request, metadata=cloud.operator_metadata):
        pass


async def search(device: Device, text: str, **more: Any) -> pb.SearchByNameResponse:
    request = pb.SearchByNameRequest(**{"text": text, "profile": ANDROID_14, **more})
    found: pb.SearchByNameResponse = await device.call(device.downloads.SearchByName, request)
    return found


async def found(device: Device, text: str, **more: Any) -> list[str]:
    return [app.package_name.rpartition(".")[2] for app in (await search(device, text, **more)).apps]


async def test_a_search_says_where_an_app_comes_from_and_who_shares_it(
    cloud: Cloud, samples: Path, upstream: UpstreamServer
) -> None:
    owner, viewer = await cloud.friends()
    await add_upstream(cloud, upstream)
    await cloud.add_packages(samples, "chat-1*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, notes=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_FRIENDS)
    chat, maps, notes = (await search(viewer, "ORG sample")).apps
    assert chat == NamedApp(
        package_name=CHAT,
        label="Chat",
        availability=APP_AVAILABILITY_FITS,
        version_name="1.0",
        version_code=chat.version_code,
        friend_count=1,
    )
    assert (maps.availability, maps.version_name) == (APP_AVAILABILITY_NO_FIT, "")
    assert (notes.availability, notes.upstream, notes.version_name) == (APP_AVAILABILITY_FITS, "sample", "2.0")


async def test_an_app_is_found_by_what_others_than_its_owner_call_it(cloud: Cloud, upstream: UpstreamServer) -> None:
    owner, viewer = await cloud.friends()
    await add_upstream(cloud, upstream)
    await owner.share(notes=AUDIENCE_KIND_FRIENDS, chat=AUDIENCE_KIND_FRIENDS)
    for text in ("便签", "Catalogue NO", "notes", "chat notes", "sample notes"):
        expected = [] if text == "chat notes" else ["notes"]
        assert await found(viewer, text) == expected, text


async def test_without_a_profile_nothing_is_said_of_versions(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "chat-1*.apk")
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    [chat] = (await search(viewer, "chat", profile=None)).apps
    assert (chat.availability, chat.version_name, chat.label) == (APP_AVAILABILITY_UNSPECIFIED, "", "Chat")


async def test_only_a_friend_finds_and_only_what_is_shared(
    cloud: Cloud, samples: Path, upstream: UpstreamServer
) -> None:
    """Whoever shares nothing with the viewer, and whatever the catalogue has: the answer is the same byte for byte."""
    owner, viewer = await cloud.friends()
    stranger = await cloud.register()
    await stranger.sync(owner.number)
    nothing = [(await search(each, "chat")).SerializeToString() for each in (viewer, stranger)]
    await add_upstream(cloud, upstream)
    await cloud.add_packages(samples, "[bmc]*-1*.apk")
    await owner.share(chat=AUDIENCE_KIND_NOBODY, mail=AUDIENCE_KIND_EVERYONE, notes=AUDIENCE_KIND_FRIENDS)
    for device in (viewer, stranger):
        for text in ("chat", "browser", "maps"):
            assert [(await search(device, text)).SerializeToString()] == nothing[:1], text
    assert (await search(stranger, "notes")).SerializeToString() == nothing[1]
    assert await found(viewer, "org.appshare.sample") == ["mail", "notes"]
    assert await found(stranger, "org.appshare.sample") == []


async def test_pages_hold_every_app_once(cloud: Cloud, samples: Path) -> None:
    owner, viewer = await cloud.friends()
    await cloud.add_packages(samples, "chat-1*.apk")
    await owner.share(**dict.fromkeys(("a", "b", "chat", "d", "e"), AUDIENCE_KIND_FRIENDS))
    names: list[str] = []
    token = ""
    while True:
        page = await search(viewer, "sample", page_size=2, page_token=token)
        names += [app.package_name.rpartition(".")[2] for app in page.apps]
        token = page.next_page_token
        if not token:
            break
    assert names == ["a", "b", "chat", "d", "e"]


async def test_the_operator_may_let_public_indices_be_searched(
    tmp_path: Path, samples: Path, upstream: UpstreamServer
) -> None:
    async with running_cloud(tmp_path / "cloud", gateway={"search": "upstreams"}) as cloud:
        owner, viewer = await cloud.friends()
        await add_upstream(cloud, upstream)
        await cloud.add_packages(samples, "[bmc]*-1*.apk")
        [notes] = (await search(viewer, SUMMARY)).apps
        assert (notes.availability, notes.label, notes.upstream) == (
            APP_AVAILABILITY_NOT_SHARED,
            "Sample Notes",
            "sample",
        )
        assert notes.friend_count == 0
        assert await found(viewer, "sample") == ["notes"]
        await owner.share(notes=AUDIENCE_KIND_FRIENDS)
        [notes] = (await search(viewer, SUMMARY)).apps
        assert (notes.availability, notes.friend_count) == (APP_AVAILABILITY_FITS, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " "}, "text"),
        ({"text": "x" * 65}, "text"),
        ({"text": "a\nb"}, "text"),
        ({"page_token": "nonsense"}, "page_token"),
        ({"profile": DeviceProfile(platform=PLATFORM_ANDROID)}, "profile.sdk_version"),
    ],
)
async def test_what_cannot_be_searched_for(cloud: Cloud, changes: dict[str, Any], field: str) -> None:
    viewer = await cloud.register()
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await search(viewer, **{"text": "a", **changes})
    assert refused.value.field == field
