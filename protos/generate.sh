#!/bin/sh
# Generates the Python stubs and their types from protos/ into the folder given (default: protos/gen).
set -eu
cd "$(dirname "$0")/.."
out=${1:-protos/gen}
bin=${BIN:-.venv/bin}

protoc() { "$bin/python" -m grpc_tools.protoc --proto_path=protos "$@"; }

mkdir -p "$out"
find "$out" -name '*_pb2*' -delete
protoc --plugin=protoc-gen-mypy="$bin/protoc-gen-mypy" --python_out="$out" --mypy_out="quiet:$out" protos/appshare/v1/*.proto
# Only the files with a service get service stubs: the others would be empty modules.
# shellcheck disable=SC2046  # no path of ours has a space
protoc --plugin=protoc-gen-mypy_grpc="$bin/protoc-gen-mypy_grpc" \
  --grpc_python_out="$out" --mypy_grpc_out="quiet,only_async:$out" $(grep -l '^service ' protos/appshare/v1/*.proto)
