#!/bin/sh
# Plays the walkthrough on the cloud at APPSHARE_ADDRESS; docs/integrating.md shows these commands.
set -eu
cd "$(dirname "$0")"

python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
mkdir -p generated
.venv/bin/python -m grpc_tools.protoc --proto_path=../../../protos \
  --python_out=generated --pyi_out=generated --grpc_python_out=generated \
  ../../../protos/appshare/v1/*.proto
PYTHONPATH=generated .venv/bin/python walkthrough.py
