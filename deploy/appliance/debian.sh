# shellcheck shell=bash
# How a Debian 12 with its SELinux policy is made: packages are fetched once and kept, installed from
# there without a network, and everything is labelled. Read by deploy/appliance/build and by
# fixtures/enforcing/build, with system.sh, and they say before anything is called:
#   purpose    what messages begin with
#   packages   the directory in which Debian's packages are kept
#   include    which packages are installed
#   unpacked   which are fetched with them and not installed
#   told       what their installation is told by its environment

say() { printf '%s: %s\n' "$purpose" "$*"; }
fail() { printf '%s: %s\n' "$purpose" "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
mine() { as_root chown -R "$(id -u):$(id -g)" "$@"; }
digest() { sha256sum | cut -c1-16; }
# What this script and all that it has run have used of the processors. Not printed: a subshell has
# used nothing.
processor_seconds() {
    times >"$work/times"
    used=$(awk -F '[ms ]+' '{sum += $1 * 60 + $2 + $3 * 60 + $4} END {printf "%d", sum}' "$work/times")
}
# Everything in one place below /tmp, removed at the end however it comes.
work=$(mktemp -d)
trap 'as_root rm -rf "$work"' EXIT

# Nothing but what was asked for, quickly.
options=(--mode=root --variant=essential
    '--aptopt=APT::Install-Recommends "false"' '--aptopt=APT::Sandbox::User "root"'
    --dpkgopt=path-exclude='/usr/share/man/*' --dpkgopt=path-exclude='/usr/share/doc/*'
    --dpkgopt=path-exclude='/usr/share/locale/*' --dpkgopt=force-unsafe-io)

listed_with_commas() { (IFS=,; echo "${include[*]}"); }

# What Debian gives: every package of the system, kept, so that all that follows needs no network.
# Leaves the directory in $debs.
fetch_debian() {
    debs=$packages/debs-$(printf '%s\n' "${include[@]}" "${unpacked[@]}" | digest)
    [ ! -s "$debs/Packages" ] || return 0
    local new=$work/debs
    say "fetching Debian's packages"
    mkdir "$new"
    # Taken when they are unpacked: mmdebstrap removes them at its end.
    as_root mmdebstrap --quiet --mode=root --variant=extract "--include=?essential" \
        "--include=$(listed_with_commas)" '--aptopt=APT::Install-Recommends "false"' \
        "--extract-hook=sync-out /var/cache/apt/archives $new" bookworm /dev/null
    as_root rm -rf "$new/partial" "$new/lock"
    mine "$new"
    [ "${#unpacked[@]}" = 0 ] || (cd "$new" && apt-get -qq download "${unpacked[@]}" 2>/dev/null) ||
        fail "could not download ${unpacked[*]} (apt-get update first?)"
    (cd "$new" && dpkg-scanpackages --multiversion . >Packages 2>"$work/scan.log") ||
        { cat "$work/scan.log" >&2; fail "could not list the packages"; }
    rm -rf "$packages"/debs-* "$packages/unfinished-debs"
    cp -r "$new" "$packages/unfinished-debs"
    mv "$packages/unfinished-debs" "$debs"
}

# Debian's packages, installed from where they are kept: there is no network to this. Leaves an
# archive of the tree in $base.
install_debian() {
    base=$packages/base-$(printf '%s\n' "${debs##*-}" "${told[@]}" "${options[@]}" "$(listed_with_commas)" | digest).tar
    [ ! -s "$base" ] || return 0
    say "installing Debian's packages (about a minute and a half)"
    as_root env "${told[@]}" unshare --net mmdebstrap --quiet "${options[@]}" "--include=$(listed_with_commas)" '' \
        "$packages/unfinished.tar" "deb [trusted=yes] copy:$debs ./"
    mine "$packages/unfinished.tar"
    rm -f "$packages"/base-*.tar
    mv "$packages/unfinished.tar" "$base"
}

enforce() { as_root sed -i 's/^SELINUX=.*/SELINUX=enforcing/' "$1/etc/selinux/config"; }

# semodule in the tree $1, whose policy is not in force here.
semodule_in() {
    local tree=$1
    shift
    as_root chroot "$tree" semodule -N -X 400 "$@" >"$work/semodule.log" 2>&1 ||
        { cat "$work/semodule.log" >&2; fail "the policy does not build"; }
}

# Everything in the tree $1 is labelled by its own policy; setfiles finds what it labels through /proc.
label() {
    local contexts=/etc/selinux/default/contexts/files/file_contexts
    # shellcheck disable=SC2016
    as_root unshare --mount sh -c \
        'mount -t proc proc "$0/proc" && exec chroot "$0" setfiles -F "$1" /' \
        "$1" "$contexts" >"$work/setfiles.log" 2>&1 ||
        { head -20 "$work/setfiles.log" >&2; fail "could not label the files"; }
}
