#!/bin/sh
# Makes protos/ the contract of a release: an image in released.binpb, which later changes are compared with.
set -eu
cd "$(dirname "$0")/.."
protos/breaking.sh
"${BIN:-.venv/bin}/buf" build --exclude-source-info --output protos/released.binpb
echo "protos/released.binpb is the contract as it stands; commit it with the release"
