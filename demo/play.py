"""The acts of the demo: the original design from R1 to D4, each step with its number."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from appshare.app_download.package_reader import ReadingLimits, read_package
from demo.cast import ANDROID_PHONES, NUMBERS, Phone, new_phone, operator
from demo.commands import CommandLine
from demo.stage import Stage
from demo.transcript import NotAsItMustBe, Transcript
from demo.upstream import APP, FINGERPRINT, INSTALLED, served_upstream

MISSING_APP = "org.example.not.in.the.catalogue"
STORE_LINK = "https://apps.apple.com/app/id0000000001"

SAMPLE_BUILDS = {
    "new-phone": "chat-3.0-arm64-v8a.apk",
    "older-phone": "chat-2.0-armeabi-v7a.apk",
    "old-phone": "chat-1.0.apk",
    "tablet": "chat-3.0-x86_64.apk",
}
"""Which build of the sample chat each device must get."""

SAMPLE_SCREENS = {
    "new-phone": "maps-1.0-xxhdpi.apk",
    "older-phone": "maps-1.0-hdpi.apk",
    "tablet": "maps-1.0-xhdpi.apk",
}
"""Which build of the sample map each screen must get."""


@dataclass(frozen=True)
class Apps:
    """The apps of the play, by package name.

    Attributes:
        device: the phone that the friend has; some app fits it.
        rich: the one with the most builds.
        public: one to share with everyone.
        large: the one with the largest file.
        private: the one that its owner keeps.
        listed: every app of the catalogue once, as its owner has it installed.
    """

    device: str

    rich: str
    public: str
    large: str
    private: str
    listed: tuple[dict[str, Any], ...]


class Play:
    """Plays the original design on a stage.

    Args:
        folder: for the phones' files.
        packages: a folder of APK files.
        is_sample: whether they are the project's own, of which it is known which build fits which device.
    """

    def __init__(self, stage: Stage, folder: Path, packages: Path, *, is_sample: bool, transcript: Transcript) -> None:
        self._stage = stage
        self._packages = packages
        self._is_sample = is_sample
        self._transcript = transcript
        self.operator: CommandLine = operator(stage, transcript)
        self.owner = new_phone("Li Wei", folder / "li-wei", transcript)
        self.friend = new_phone("Zhang Min", folder / "zhang-min", transcript)
        self._stranger = new_phone("Chen Jie", folder / "chen-jie", transcript)

    def run(self) -> Apps:
        """Plays every step; returns the apps that it was about.

        Raises:
            NotAsItMustBe: a step came out differently.
        """
        apps = self._fill_catalogue()
        self._register(apps)
        self._become_friends()
        self._share(apps)
        self._pull(apps)
        self._push(apps)
        self._see_everyone(apps)
        self._download(apps)
        self._ask_for_iphone(apps)
        self._fit(apps)
        self._find_nothing(apps)
        self._fetch_from_upstream()
        return apps

    def _fill_catalogue(self) -> Apps:
        self._transcript.step("D5", "The operator adds packages to the catalogue: several builds of the same app")
        # A folder of somebody's packages may hold some that are refused.
        expected = 0 if self._is_sample else None
        self.operator.show("packages", "add", self._stage.for_admin(self._packages), exit_code=expected)
        packages = self.operator.read("packages", "list")["packages"]
        if not packages:
            raise NotAsItMustBe("the catalogue is empty: no package of the folder was accepted")
        apps = self._choose_apps(packages)
        self.operator.show("table", apps.rich)
        return apps

    def _choose_apps(self, packages: Sequence[dict[str, Any]]) -> Apps:
        """The parts of the play, for the first phone that some of the apps fit."""
        for device in ANDROID_PHONES:
            spec = self.friend.write_device(device)
            if apps := choose_apps(device, cache(partial(self._fits, spec)), packages):
                return apps
        raise NotAsItMustBe("none of the packages fits a phone of the demo")

    def _fits(self, spec: Path, name: str) -> bool:
        answer = self.operator.read("packages", "match", name, "--spec", self._stage.for_admin(spec), exit_code=None)
        return "fit" in answer

    def _register(self, apps: Apps) -> None:
        self._transcript.step("R1", "The phones register and send their address books, in any order")
        for phone, device in ((self.owner, "tablet"), (self.friend, apps.device), (self._stranger, "tablet")):
            spec = phone.write_device(device)
            started = phone.agent.read("register", phone.number, "--server", self._stage.devices, "--device", spec)
            code = self._stage.code(started["registration"]["registration_id"])
            self._transcript.command(phone.name, f"appshare register {phone.number} --device {device}.json")
            phone.agent.show("register", "--code", code)
        self._sync(self.friend, "Li Wei", "Wang Fang", "Liu Yang")
        self._sync(self.owner, "Zhang Min", "Wang Fang", "Liu Yang")
        self._sync(self._stranger, "Wang Fang")

    def _sync(self, phone: Phone, *names: str) -> None:
        phone.agent.show("contacts", "sync", phone.write_contacts(*names))

    def _become_friends(self) -> None:
        self._transcript.step("R2", "The radar finds who is friends with whom; two contacts in common are the base")
        self.friend.agent.show("friends")
        names = [each["name"] for each in self.friend.agent.read("friends")["friends"]]
        self._transcript.require("Li Wei and Zhang Min are friends", names, ["Li Wei"])
        strangers = self._stranger.agent.read("friends")["friends"]
        self._transcript.require("Chen Jie, with one contact in common, is nobody's friend", strangers, [])

    def _share(self, apps: Apps) -> None:
        self._transcript.step("S1", "Li Wei's apps are published; what is shared, and with whom, is Li Wei's choice")
        agent = self.owner.agent
        missing = {"package_name": MISSING_APP, "label": "Not in the catalogue", "version_name": "1", "version_code": 1}
        others = [missing | {"platform": "android"}, INSTALLED | {"platform": "android"}]
        agent.show("apps", "publish", self.owner.write_apps([*apps.listed, *others]))
        with_friends = sorted({apps.rich, apps.large} - {apps.public, apps.private})
        agent.show("apps", "share", *with_friends, MISSING_APP, APP, "--with", "friends")
        agent.show("apps", "share", apps.public, "--with", "everyone")
        agent.show("apps", "list")

    def _pull(self, apps: Apps) -> None:
        self._transcript.step("S2", "Zhang Min picks Li Wei in the address book and asks what is shared")
        self.friend.agent.show("shares", "Li Wei")
        listed = self.friend.agent.read("shares", "Li Wei")["shares"]
        shares = {each["app"]["package_name"]: each["app"] for each in listed}
        private, friends_only = {apps.private} & set(shares), {apps.rich} & set(shares)
        self._transcript.require("what Li Wei keeps private is not in it", private, set())
        self._transcript.require("what Li Wei shares with friends is", friends_only, {apps.rich})
        self._transcript.say("Whoever asks somebody who shares nothing, or a number that nobody has, is told the same:")
        self._stranger.agent.show("shares", self.friend.number, exit_code=3)
        self._stranger.agent.show("shares", NUMBERS["Liu Yang"], exit_code=3)
        self._transcript.step("S5", "Share information holds the app's identity and version")
        app = shares[apps.rich]
        self._transcript.answer(f"{app['package_name']}: {app['label']}, version {app['version_name']}")
        missing = [field for field in ("package_name", "label", "version_name") if not app[field]]
        self._transcript.require("identity, name and version are there", missing, [])

    def _push(self, apps: Apps) -> None:
        self._transcript.step("S3", "Li Wei pushes an app; receiving is off until Zhang Min says otherwise")
        push = ("push", "Zhang Min", "--app", apps.rich, "--note", "Have a look!")
        self.owner.agent.show(*push, exit_code=3)
        self.friend.agent.show("preferences", "--push", "friends")
        self._transcript.say("Zhang Min is offline now; the push waits in the inbox.")
        self.owner.agent.show(*push)
        self.friend.agent.show("watch", "--poll")
        self._transcript.say("It was acknowledged, so it does not come again:")
        self.friend.agent.show("watch", "--poll")

    def _see_everyone(self, apps: Apps) -> None:
        self._transcript.step("S4", "A stranger sees what is shared with everyone, and nothing else")
        self._stranger.agent.show("shares", self.owner.number)
        shares = self._stranger.agent.read("shares", self.owner.number)["shares"]
        seen = [each["app"]["package_name"] for each in shares]
        self._transcript.require(f"Chen Jie sees {apps.public} only", seen, [apps.public])
        if apps.rich != apps.public:
            self._stranger.agent.show("get", self.owner.number, apps.rich, exit_code=3)

    def _download(self, apps: Apps) -> None:
        self._transcript.step("D1", "One tap: the phone sends app, OS version and resolution, and gets the file")
        self._get(apps.large, show_progress=True)
        self._get(apps.rich, show_progress=False)

    def _get(self, package_name: str, *, show_progress: bool) -> None:
        agent, folder = self.friend.agent, self.friend.folder / "downloads" / package_name
        agent.show("get", "Li Wei", package_name, "--output", folder, live=show_progress)
        # Everything is there already: nothing is sent again, and the answer names what the files must be.
        document = agent.read("get", "Li Wei", package_name, "--output", folder)
        for file, path in zip(document["fit"]["files"], map(Path, document["paths"]), strict=True):
            self._verify(package_name, file, path)

    def _verify(self, package_name: str, file: dict[str, Any], path: Path) -> None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._transcript.require(f"{path.name} has the SHA-256 {digest[:16]}…", digest, file["sha256"])
        manifest = asyncio.run(read_package(path, ReadingLimits()))
        self._transcript.require(f"{path.name} is {package_name}", manifest.package_name, package_name)

    def _ask_for_iphone(self, apps: Apps) -> None:
        self._transcript.step("D2", "The product comes first: an iPhone gets the App Store link")
        self.operator.show("packages", "app-store-link", apps.rich, STORE_LINK)
        iphone = self.friend.write_device("iphone")
        self.friend.agent.show("get", "Li Wei", apps.rich, "--device", iphone)

    def _fit(self, apps: Apps) -> None:
        self._transcript.step("D3", "OS version, processor and then the screen decide which build a device gets")
        for app, expected in ((apps.rich, SAMPLE_BUILDS), (apps.public, SAMPLE_SCREENS)):
            for device, file in expected.items():
                spec = self.friend.write_device(device)
                self.friend.agent.show(
                    "get", "Li Wei", app, "--device", spec, "--dry-run", exit_code=0 if self._is_sample else None
                )
                if self._is_sample:
                    document = self.friend.agent.read("get", "Li Wei", app, "--device", spec, "--dry-run")
                    names = [each["name"] for each in document["fit"]["files"]]
                    self._transcript.require(f"the {device} gets {file}", names, [file])

    def _find_nothing(self, apps: Apps) -> None:
        self._transcript.step("D4", "No such resource: the phone is told so, with the reasons")
        self.friend.agent.show("get", "Li Wei", MISSING_APP, exit_code=4)
        ancient = self.friend.write_device("ancient-phone")
        self.friend.agent.show(
            "get", "Li Wei", apps.rich, "--device", ancient, exit_code=4 if self._is_sample else None
        )

    def _fetch_from_upstream(self) -> None:
        if not self._stage.reaches_this_machine:
            return
        self._transcript.step("U1", "What the catalogue lacks arrives from a signed repository, once it is verified")
        get = ("get", "Li Wei", APP, "--device", self.friend.write_device("new-phone"))
        self.friend.agent.show(*get, exit_code=4)
        with served_upstream() as address:
            self._transcript.say("With the fingerprint of somebody else's certificate the repository is refused:")
            self.operator.show("upstreams", "add", address, "--fingerprint", "ab" * 32, exit_code=1)
            self.operator.show("upstreams", "add", address, "--fingerprint", FINGERPRINT, "--name", "sample")
            folder = self.friend.folder / "downloads" / APP
            self.friend.agent.show(*get, "--output", folder)
        self._transcript.say("The repository is gone now; the cloud has kept what it has verified:")
        document = self.friend.agent.read(*get, "--output", self.friend.folder / "downloads" / "again")
        for file, path in zip(document["fit"]["files"], map(Path, document["paths"]), strict=True):
            self._verify(APP, file, path)
        self.operator.show("packages", "search", "sample notes")


def choose_apps(device: str, fits: Callable[[str], bool], packages: Sequence[dict[str, Any]]) -> Apps | None:
    """Gives every part of the play an app of the catalogue; with few apps, one plays several parts.

    Args:
        fits: whether an app fits the device.

    Returns:
        The parts; None when no app fits the device.
    """
    builds: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        builds.setdefault(package["package_name"], []).append(package)
    by_builds = sorted(builds, key=lambda name: (-len(builds[name]), name))
    by_size = sorted(builds, key=lambda name: -max(file["size"] for each in builds[name] for file in each["files"]))
    rich = next(filter(fits, by_builds), None)
    if rich is None:
        return None
    large = next(filter(fits, by_size))
    public = next((name for name in by_builds if name not in {rich, large}), by_builds[-1])
    private = next((name for name in reversed(by_builds) if name not in {rich, large, public}), "")
    newest = [max(each, key=lambda package: package["version_code"]) for each in builds.values()]
    fields = ("package_name", "label", "version_name", "version_code")
    listed = tuple({field: package[field] for field in fields} | {"platform": "android"} for package in newest)
    return Apps(device, rich, public, large, private, listed)
