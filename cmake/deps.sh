#!/usr/bin/env bash
# Installs what the project needs from Debian: deps.sh build | data | test | bench | s3 | fuzz. Nothing is asked of apt when all of it is there.
#   build   compiling, and running what was compiled      test   the test suites' peers, data and shells
#   bench   the peers that `make bench` measures against   data   what `make quickstart` reads
#   s3      a real S3 server, Ceph's RADOS Gateway, another client, and pip for the vendors' SDKs
#   fuzz    clang with its fuzzer and sanitizers
set -euo pipefail

build="build-essential cmake ninja-build ccache mold pkg-config git
  libtorch-dev libopenblas-dev libopenblas0-pthread libdnnl-dev
  nlohmann-json3-dev libcli11-dev doctest-dev libyaml-cpp-dev libpugixml-dev libfmt-dev libexpected-dev libre2-dev libutf8proc-dev
  libxxhash-dev libarchive-dev libacl1-dev libattr1-dev libbz2-dev liblzma-dev liblz4-dev libzstd-dev zlib1g-dev
  libxml2-dev nettle-dev libwebp-dev libjpeg62-turbo-dev libpng-dev libboost-dev libssl-dev"
data="dataset-fashion-mnist python3-sklearn"
test="$data python3-torch python3-numpy python3-pil python3-pexpect bash-completion fish zsh
  clang-format-16 clang-tidy-16 man-db groff-base openssl curl"
s3="radosgw ceph-mon ceph-osd ceph-common python3-boto3 python3-pip"
bench="python3-torch python3-numpy time kubernetes-client $s3 rclone awscli s3cmd"

fuzz="clang-16 llvm-16 libclang-rt-16-dev"

case "${1:-}" in
  build) wanted=$build ;;
  data) wanted="$build $data" ;;
  test) wanted="$build $test" ;;
  bench) wanted="$build $bench" ;;
  fuzz) wanted="$build $fuzz" ;;
  s3) wanted="$build $data $s3 python3-pil openssl faketime" ;;
  *) echo "usage: $0 build|data|test|bench|s3|fuzz" >&2; exit 2 ;;
esac

missing=()
for package in $wanted; do
  # Another package may already bring the program (a vendor's kubectl, say).
  [ "$package" = kubernetes-client ] && command -v kubectl >/dev/null && continue
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
log=$(mktemp)
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
rm -f "$log"
