"""Texture compression: the best format that the device's OpenGL can read (TextureCompressionFormatMatcher)."""

from collections.abc import Iterator

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets.preference import first_is_own
from appshare.app_download.model import DeviceProfile, NoFitKind
from appshare.app_download.table_of_contents import Targeting

_GL_ES_3 = 0x30000
_ETC2 = "ETC2"
"""Not an extension: every OpenGL ES from 3.0 on reads it."""

_EXTENSIONS = {
    "ASTC": "GL_KHR_texture_compression_astc_ldr",
    "PVRTC": "GL_IMG_texture_compression_pvrtc",
    "S3TC": "GL_EXT_texture_compression_s3tc",
    "DXT1": "GL_EXT_texture_compression_dxt1",
    "LATC": "GL_EXT_texture_compression_latc",
    "ATC": "GL_AMD_compressed_ATC_texture",
    "THREE_DC": "GL_AMD_compressed_3DC_texture",
    _ETC2: None,
    "ETC1_RGB8": "GL_OES_compressed_ETC1_RGB8_texture",
    "PALETTED": "GL_OES_compressed_paletted_texture",
}
"""By which extension a device says that it reads a format; the best format first."""


def matches(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether this has the best of the device's formats that there is at all."""
    return first_is_own(_formats(profile), wanted)


def miss(profile: DeviceProfile, wanted: Targeting[str]) -> Miss | None:
    """Why the device reads no format of this or a sibling; None if it does, or if the profile names no extension.

    What has no format of its own serves the devices that read none of its siblings'.
    """
    formats = tuple(_formats(profile))
    if not wanted.value or not profile.gl_extensions or wanted.everything & set(formats):
        return None
    return Miss(NoFitKind.TEXTURE, formats or ("none",), tuple(sorted(wanted.everything)))


def _formats(profile: DeviceProfile) -> Iterator[str]:
    """The formats that the device reads, the best first."""
    for name, extension in _EXTENSIONS.items():
        if extension in profile.gl_extensions or (name == _ETC2 and (profile.gl_es_version or 0) >= _GL_ES_3):
            yield name
