#!/usr/bin/env bash
# What the tests of `make test-all` need of the system, from Debian where it is missing. Installing needs root.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }

need java openjdk-17-jre-headless
need mvn maven
need kcat kcat
need ffmpeg ffmpeg
need dockerd docker.io

[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "make test-all needs these Debian packages; install them as root: ${missing[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -qy --no-install-recommends "${missing[@]}"
