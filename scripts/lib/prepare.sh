# Sourced by the scripts: what this machine needs, installed only where it is missing.

say() { printf '==> %s\n' "$*" >&2; }

give_up() {
    printf '%s\n' "$@" >&2
    exit 2
}

# need_swift: Swift 6.3 or newer, or a clear word on how to get it.
need_swift() {
    local version
    if ! command -v swift >/dev/null; then
        give_up "Swift is missing: Muster is built with Swift 6.3 or newer." \
            "Install it (https://www.swift.org/install/linux/), put its usr/bin into PATH, and run this again:" \
            "  export PATH=/path/to/swift/usr/bin:\$PATH"
    fi
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    if [ -z "$version" ] || [ "$(printf '6.3\n%s\n' "$version" | sort -V | head -n 1)" != "6.3" ]; then
        give_up "Swift ${version:-of an unknown version} is too old: Muster is built with Swift 6.3 or newer." \
            "Install a newer one (https://www.swift.org/install/linux/), put its usr/bin first into PATH, and run this again."
    fi
}

# need_packages NAME...: Debian packages, by apt-get, only those that are missing.
need_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        give_up "This is no Debian or Ubuntu: install by hand what these packages hold, then build with SwiftPM: $*"
    fi
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo)
        else
            give_up "Packages are missing, and apt-get needs root. Run this once, then this script again:" \
                "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
        fi
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

build_packages=(pkg-config libpq-dev zlib1g-dev libzstd-dev libsqlite3-dev)
test_packages=(postgresql python3 python3-venv)
