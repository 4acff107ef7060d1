"""Gets the build that fits, however often the connection breaks."""

import hashlib
from pathlib import Path

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_pb2, fit_pb2, friendship_pb2
from phone import Phone

PROFILE = device_pb2.DeviceProfile(
    platform=device_pb2.PLATFORM_ANDROID,
    os_version="14",
    supported_abis=["arm64-v8a", "armeabi-v7a"],
    screen_density=420,
    resolution=device_pb2.Resolution(width=1080, height=2400),
    supported_locales=["zh-CN", "en"],
)


def match(phone: Phone, owner: friendship_pb2.PersonRef, package_name: str) -> fit_pb2.FitAnswer:
    """What fits the phone: `fit`, `app_store_link`, or `no_fit` with the reasons."""
    request = pb.MatchAppRequest(owner=owner, package_name=package_name, profile=PROFILE)
    return phone.call(phone.downloads.MatchApp, request).answer


def download(
    phone: Phone, owner: friendship_pb2.PersonRef, package_name: str, folder: Path, break_at: int | None = None
) -> list[Path]:
    """Downloads the files of a fit from where the last try ended; none when it broke off.

    Until its bytes are complete a file is `<its SHA-256>.part`. `break_at` plays a connection that breaks there.
    """
    resume = [fit_pb2.FilePosition(sha256=part.stem, offset=part.stat().st_size) for part in folder.glob("*.part")]
    request = pb.DownloadAppRequest(owner=owner, package_name=package_name, profile=PROFILE, resume=resume)
    stream = phone.call(phone.downloads.DownloadApp, request, deadline=600)
    files = next(stream).answer.fit.files
    for message in stream:
        with part_of(files[message.chunk.file_index], folder).open("ab") as part:
            part.write(message.chunk.data[:break_at])
        if break_at is not None:
            stream.cancel()
            return []
    return [finish(file, folder) for file in files]


def part_of(file: fit_pb2.PackageFile, folder: Path) -> Path:
    """Where a file is while it is not complete."""
    return folder / f"{file.sha256}.part"


def finish(file: fit_pb2.PackageFile, folder: Path) -> Path:
    """Gives a file its name if its bytes are those that were announced; else it must not be installed."""
    part = part_of(file, folder)
    with part.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != file.sha256:
        part.unlink()
        raise SystemExit(f"{file.name} has the wrong bytes")
    return part.rename(folder / file.name)
