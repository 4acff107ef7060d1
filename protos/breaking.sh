#!/bin/sh
# Compares protos/ with those of the last release (a tag like v1.2.3); what buf.yaml calls breaking is an error.
set -eu
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}

release=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null) || {
  echo "no release yet: there is no contract to break"
  exit 0
}
released=$(mktemp -d)
trap 'rm -rf "$released"' EXIT
git archive "$release" buf.yaml protos | tar -x -C "$released"
"$bin/buf" breaking --against "$released"
echo "the contract of $release holds"
