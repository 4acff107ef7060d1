"""From the text of an AndroidManifest.xml to what the package says of itself."""

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree  # noqa: S405 - the text is apk-info's own, read under the process's limits

from appshare.app_download.model import SDK_IN_DEVELOPMENT, PackageManifest, Screen, ScreenSize
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

type_Element = ElementTree.Element
