#!/bin/sh
# Compares protos/ with the contract of the last release (released.binpb); what buf.yaml calls breaking is an error.
set -eu
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}
released=protos/released.binpb

[ -f "$released" ] || {
  echo "no release yet: there is no contract to break"
  exit 0
}
"$bin/buf" breaking --against "$released"
echo "the contract of the last release holds"
