#!/usr/bin/env bash
# Builds the LiveKit server that suites and benches run, unless it is there: build.sh [--optimized]
# Without optimizations the compilers take half of the time; benches need them. A second build waits for the first.
set -euo pipefail
cd "$(dirname "$0")"
export PATH="$PATH:/usr/local/go/bin" CGO_ENABLED=0 GOGC=400
name=livekit-server
compile=(-gcflags 'all=-N -l -dwarf=false')
if [ "${1-}" = --optimized ]; then
  name=livekit-server-optimized
  compile=()
fi
folder=../../.cache/livekit-server
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
[ -x "$folder/$name" ] && exit
command -v go >/dev/null || { echo 'Go is not installed' >&2; exit 1; }
go build -buildvcs=false "${compile[@]}" -ldflags '-s -w' -o "$folder/unfinished" github.com/livekit/livekit-server/cmd/server
mv "$folder/unfinished" "$folder/$name"
