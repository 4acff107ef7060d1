"""A package of any size in the data folder of a cloud that is not running, for benchmarks and fault tests.

Its bytes are random and no APK: it stands in the catalogue as ingestion would have put it there.
"""

import os
from pathlib import Path

from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.stores.opening import opened_stores

_PIECE = 1 << 20


async def store_package(data: Path, package_name: str, size: int) -> str:
    """Puts a package of one file into the catalogue; returns its SHA-256."""
    folder = data / "app-download"
    folder.mkdir(parents=True, mode=0o700)
    async with opened_stores(folder, os.environ.get("APPSHARE_DATABASE", ""), connections=1) as stores:
        files = PackageFiles(folder / "packages")
        files.prepare()
        async with files.incoming() as file:
            while file.size < size:
                await file.write(os.urandom(min(_PIECE, size - file.size)))
            manifest = PackageManifest(package_name=package_name, version_code=1, target_sdk=34, signer_sha256="5" * 64)
            apk = Artifact(sha256=file.sha256, size=size, file_name="app.apk", manifest=manifest)
            catalogue = Catalogue(stores.catalogue, stores.decisions, files, AdmissionPolicy(), stores.leases)
            await catalogue.keep(Package(package_id=file.sha256, build=apk), [file])
    return apk.sha256
