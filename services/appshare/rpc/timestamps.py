"""Times as they go over the wire."""

from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(seconds: float) -> Timestamp:
    """A time in seconds since the epoch as a message, in whole milliseconds."""
    message = Timestamp()
    message.FromMilliseconds(int(seconds * 1000))
    return message
