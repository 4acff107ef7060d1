"""The host of the processes that read what upstreams publish: each answers one request and ends."""

from appshare.app_download.reading_process.host import Read, serve
from appshare.app_download.upstreams.index_reading.limits import IndexLimits


def main() -> None:
    """Run the program."""
    serve(_load, IndexLimits().memory_bytes)


def _load() -> Read:
    # Not before memory is bound: what is loaded here meets hostile bytes.
    from appshare.app_download.upstreams.index_reading.answering import answer  # noqa: PLC0415  # see above

    return answer


if __name__ == "__main__":
    main()
