"""Chunks are put together by hand: protobuf reads them as what it would have written."""

from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.wire import encode_chunk
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import fit_pb2


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.binary(max_size=300), st.sampled_from([1, 1000]))
def test_a_chunk_is_what_protobuf_reads(file_index: int, offset: int, data: bytes, times: int) -> None:
    message = pb.DownloadResponse.FromString(encode_chunk(file_index, offset, memoryview(data * times)))
    chunk = fit_pb2.FileChunk(file_index=file_index, offset=offset, data=data * times)
    assert message == pb.DownloadResponse(chunk=chunk)
