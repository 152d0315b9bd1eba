# What the scripts of this folder share. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# where cargo puts the program
built=${CARGO_TARGET_DIR:-./target}/release/liplate

say() { printf '\033[1m%s\033[0m\n' "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# need PACKAGE... : installs the Debian packages that are missing, after saying which.
need() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is no Debian or Ubuntu: please install the counterparts of: $*"
        return
    fi
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing and there is no sudo to install them: ${missing[*]}"
        as_root=(sudo DEBIAN_FRONTEND=noninteractive)
    fi
    say "Installing ${missing[*]} with apt-get"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_rust: cargo and a linker, which no script here installs.
need_rust() {
    command -v cargo >/dev/null || die "there is no cargo; install Rust 1.90 or newer from https://rustup.rs"
    command -v cc >/dev/null || need gcc libc6-dev
}

# need_python PACKAGE... : a virtual environment in .venv with these packages from PyPI.
need_python() {
    command -v python3 >/dev/null || need python3
    if ! [ -x .venv/bin/python ]; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
        say "Making a virtual environment in .venv"
        python3 -m venv .venv
    fi
    local package missing=()
    for package in "$@"; do
        .venv/bin/python -c "import importlib.metadata as m; m.version('$package')" 2>/dev/null || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "Installing ${missing[*]} from PyPI into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "${missing[@]}"
}

# need_dxc: Microsoft's compiler of HLSL in .venv/dxc, out of the source package of compushady on PyPI, which carries it as a library.
need_dxc() {
    local room library=.venv/dxc/libdxcompiler.so
    [ -f "$library" ] && return
    need_python
    say "Fetching Microsoft's DXC into .venv/dxc"
    room=$(mktemp -d)
    if .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary=:all: -d "$room" compushady==0.17.5 &&
        tar -xzf "$room"/compushady-0.17.5.tar.gz -C "$room" --strip-components=3 --wildcards "*/libdxcompiler_$(uname -m).so*"; then
        mkdir -p .venv/dxc
        mv "$room"/libdxcompiler_* "$library"
    else
        say "DXC could not be fetched: the kernels are not compiled with it"
    fi
    rm -r "$room"
}

# Mesa's device-selection layer complains where there is no desktop.
export NODEVICE_SELECT=1
