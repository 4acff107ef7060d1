"""The library at work: a device shares an app with its friends, and another gets it; docs/library.md explains it.

    python docs/examples/library/share_and_get.py 127.0.0.1:7400

It needs a cloud whose catalogue holds the sample chat, and asks for the one-time codes.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from appshare import errors
from appshare.device_agent import (
    AgentHome,
    App,
    AppStoreLink,
    Audience,
    AudienceKind,
    ByContact,
    ByNumber,
    Contact,
    DeviceClient,
    DeviceProfile,
    Downloaded,
    NoFit,
    fetch_app,
    open_client,
)

LI, ZHANG, NOBODY = "+8613800138001", "+8613800138002", "+8613800138009"
CHAT = App("org.appshare.sample.chat", "Sample Chat", "3.0", 300)
PHONE = DeviceProfile(sdk_version=34, supported_abis=("arm64-v8a", "armeabi-v7a"), screen_density=420)


@asynccontextmanager
async def registered(server: str, number: str, code_of: Callable[[str], str]) -> AsyncIterator[DeviceClient]:
    """A client of a new device; it ends with the context, and so does its session, which is kept nowhere."""
    async with DeviceClient(server) as client:
        registration = await client.register(number)
        await client.verify_number(registration.registration_id, code_of(registration.registration_id))
        yield client


async def share(client: DeviceClient) -> None:
    """Li Wei lists Zhang Min, publishes what is installed, and shares one app with friends."""
    await client.replace_contacts([Contact(1, (ZHANG,))])
    await client.publish_apps([CHAT])
    await client.set_audiences({CHAT.package_name: Audience(AudienceKind.FRIENDS)})


async def get(client: DeviceClient, folder: Path) -> None:
    """Zhang Min lists Li Wei, looks at what is shared, and gets it in the build that fits."""
    await client.replace_contacts([Contact(7, (LI,))])
    for shared in (await client.shares(ByContact(7))).shares:
        print(f"Li Wei shares {shared.app.label} {shared.app.version_name}")
    match await fetch_app(client, ByContact(7), CHAT.package_name, PHONE, folder):
        case Downloaded(fit, paths):
            print(f"{[path.name for path in paths]} of version {fit.version_name}: {fit.explanation[0]}")
        case NoFit(reasons):
            print(*(reason.message for reason in reasons), sep="\n")
        case AppStoreLink(url):
            print(f"the app is in the App Store: {url}")


async def fail(client: DeviceClient) -> None:
    """Whoever shares nothing, or is not there, is refused in the same words."""
    try:
        await client.shares(ByNumber(NOBODY))
    except errors.PermissionDeniedError as error:
        print(f"{error.reason}: {error.message}")


async def friends_of_this_device(home: AgentHome) -> int:
    """Calls as the device that `appshare register` has registered; a session that is over is renewed and kept."""
    async with open_client(home) as client:
        return len((await client.friends()).friends)


async def play(server: str, code_of: Callable[[str], str]) -> None:
    """Plays it all."""
    async with registered(server, LI, code_of) as li, registered(server, ZHANG, code_of) as zhang:
        await share(li)
        with tempfile.TemporaryDirectory() as folder:
            await get(zhang, Path(folder))
        await fail(zhang)


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1], lambda registration_id: input(f"The code of registration {registration_id}: ")))
