#!/bin/bash
# What the scripts share. Sourced, with the project's root as the working directory.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 LC_ALL=C.UTF-8
# One compiler process serves all projects of a build; started anew for each, it costs more than the compiling.
export UseSharedCompilation=true

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# step SENTENCE COMMAND...: runs the command and tells how long it took; its output is shown only when it fails.
step() {
    local sentence=$1 log began=$SECONDS
    shift
    log=$(mktemp)
    printf '%s ... ' "$sentence" >&2
    if "$@" >"$log" 2>&1; then
        say "$((SECONDS - began)) s"
        rm -f "$log"
        return
    fi
    say "failed after $((SECONDS - began)) s"
    tail -n 40 "$log" >&2
    say "(whole output: $log)"
    return 1
}

# hash_of PATH...: one hash of the names and contents of all files below the paths, build results left out.
hash_of() {
    find "$@" \( -name bin -o -name obj \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

# unchanged STAMP HASH: true when the stamp file holds this hash.
unchanged() { [[ -f $1 && $(<"$1") == "$2" ]]; }
