"""The wire of the catalogue: its lists, and what its operator changes."""

from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

from appshare.app_download.adaptation import row_of
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.package import Package, PageKey
from appshare.app_download.wire import LONGEST_NAME, write_package, write_row
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb

_LONGEST_URL = 2048


class CatalogueServicer:
    """The RPCs by which an operator looks after the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def ListCatalogue(self, request: pb.ListCatalogueRequest, context: Context) -> pb.ListCatalogueResponse:
        """Lists the packages."""
        page, token = await self._page(request)
        return pb.ListCatalogueResponse(packages=[write_package(each) for each in page], next_page_token=token)

    async def DeleteFromCatalogue(
        self, request: pb.DeleteFromCatalogueRequest, context: Context
    ) -> pb.DeleteFromCatalogueResponse:
        """Removes a package."""
        await self._catalogue.remove(request.package_id)
        return pb.DeleteFromCatalogueResponse()

    async def ListAdaptationRows(
        self, request: pb.ListAdaptationRowsRequest, context: Context
    ) -> pb.ListAdaptationRowsResponse:
        """Lists the adaptation table."""
        page, token = await self._page(request)
        return pb.ListAdaptationRowsResponse(rows=[write_row(row_of(each)) for each in page], next_page_token=token)

    async def WriteAppStoreLink(
        self, request: pb.WriteAppStoreLinkRequest, context: Context
    ) -> pb.WriteAppStoreLinkResponse:
        """Sets or removes an App Store link."""
        require_text(request.package_name, "package_name")
        require_length(request.package_name, "package_name", LONGEST_NAME)
        require_length(request.url, "url", _LONGEST_URL)
        if request.url and not _is_link(request.url):
            raise invalid_field("url", "not an https address of a page, such as https://apps.apple.com/app/id123456789")
        await self._catalogue.set_app_store_link(request.package_name, request.url)
        return pb.WriteAppStoreLinkResponse()

    async def _page(
        self, request: pb.ListCatalogueRequest | pb.ListAdaptationRowsRequest
    ) -> tuple[Sequence[Package], str]:
        after = cast("PageKey | None", paging.decode_token(request.page_token, str, int, str))
        size = paging.page_size(request.page_size)
        found = await self._catalogue.page(request.package_name, after, size + 1)
        page = found[:size]
        return page, paging.encode_token(*page[-1].page_key) if len(found) > size else ""


def _is_link(url: str) -> bool:
    """Whether a phone opens it as it reads: no spaces, and nobody's name in front of the host."""
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
