# Shared by the scripts beside it: where we are, how to say things, how to get what a bare machine lacks.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=target/tools
mkdir -p "$tools"

say() { printf '» %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Installs Debian packages, as root or through sudo; says so first. Fails where neither is possible.
install_debian() {
  command -v apt-get >/dev/null || return 1
  local root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || return 1
    root=(sudo)
  fi
  say "installing Debian packages: $*"
  # Two scripts may install at once: one waits for the other's lock.
  local install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=600 install -y -q --no-install-recommends "$@")
  # A bare machine has no package lists, a used one has stale ones: both are cured by an update, which costs time.
  "${install[@]}" >&2 && return
  "${root[@]}" apt-get update -q >&2 && "${install[@]}" >&2
}

# Makes `cargo $1` work, where rustup calls the component $2 and Debian the package $3.
need_component() {
  cargo "$1" --version >/dev/null 2>&1 && return
  if command -v rustup >/dev/null; then rustup component add "$2" >&2 || true; else install_debian "$3" || true; fi
  cargo "$1" --version >/dev/null 2>&1 || fail "\`cargo $1\` is missing: \`rustup component add $2\`, or \`apt-get install $3\`"
}

# Makes a Python that drives a browser through Playwright, `$playwright`, and puts the browser into CHROMIUM: that which is
# there already, or one of this machine, or Debian's.
need_chromium() {
  local driver=$PWD/$tools/playwright
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [ -z "$CHROMIUM" ]; then
    install_debian chromium || fail 'no Chromium found: install one, or point CHROMIUM at it'
    CHROMIUM=$(command -v chromium)
  fi
  export CHROMIUM
  if ! [ -x "$driver/bin/python" ] || ! "$driver/bin/python" -c 'import playwright' 2>/dev/null; then
    say "installing Playwright into $driver"
    rm -rf "$driver"
    python3 -m venv "$driver" || { install_debian python3-venv && python3 -m venv "$driver"; }
    "$driver/bin/pip" install --quiet --disable-pip-version-check 'playwright==1.*'
  fi
  playwright=$driver/bin/python
}

command -v cargo >/dev/null ||
  fail 'no `cargo` found: install Rust from https://rustup.rs, or `apt-get install rustc-web cargo-web` on Debian'
