"""The host of the processes that read packages: each answers one request and ends."""

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.reading_process.host import Read, serve


def main() -> None:
    """Run the program."""
    serve(_load, ReadingLimits().memory_bytes)


def _load() -> Read:
    # Not before memory is bound: apk-info's allocator reserves a GiB of address space if it can.
    from appshare.app_download.package_reading.answering import answer  # noqa: PLC0415  # see above

    return answer


if __name__ == "__main__":
    main()
