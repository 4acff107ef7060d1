#!/bin/sh
# Plays the walkthrough on the cloud at APPSHARE_ADDRESS; docs/integrating.md shows these commands.
set -eu
cd "$(dirname "$0")"

npm ci
npm run generate
npm start
