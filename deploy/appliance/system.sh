# shellcheck shell=bash
# What an appliance has: Debian's packages, labelgate's, and what makes an appliance of them. Read, after debian.sh,
# by deploy/appliance/build, which makes a disk of it, and by fixtures/enforcing/build, whose guests are the same
# with tests in it. They say before anything is called:
#   debs_of_labelgate   where the packages of deploy/deb are
#   root_uuid           of the file system that all this will be on
#   modules             of SELinux's policy, paths in the tree: installed with the appliance's own

its_files=$(dirname "${BASH_SOURCE[0]}")
of_debian=(
    linux-image-cloud-amd64 initramfs-tools zstd # the kernel for virtual machines
    systemd systemd-sysv systemd-resolved systemd-timesyncd libpam-systemd dbus udev
    selinux-policy-default policycoreutils      # what enforces
    iproute2 mount kmod e2fsprogs fdisk netbase ca-certificates
    openssh-server                              # the way in
    python3-minimal python3-yaml                # read the configuration
    librados2 librbd1 glusterfs-common libgfapi0 # for stores on Ceph and on Gluster
    bash-completion less nano procps netlabel-tools
)
of_labelgate=(labelgate labelgate-selinux labelgate-ceph labelgate-gluster)

deb_of() {
    local found=("$debs_of_labelgate/$1"_*.deb)
    [ -f "${found[0]}" ] || fail "no package $1 in $debs_of_labelgate; make deb makes it"
    printf '%s' "${found[0]}"
}

# Makes an appliance of the tree $1, in which Debian is installed, with these packages of labelgate's.
appliance() {
    local tree=$1
    shift
    install_packages "$tree" "$@"
    its_own "$tree"
    install_modules "$tree" /usr/share/labelgate-appliance/labelgate_appliance.cil "${modules[@]}"
    enforce "$tree"
    services "$tree"
}

# As an administrator would.
install_packages() {
    local tree=$1 name
    shift
    as_root rm -f "$tree"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$tree"/etc/apt/apt.conf.d/99mmdebstrap
    as_root mkdir "$tree/packages"
    for name in "$@"; do as_root cp "$(deb_of "$name")" "$tree/packages/"; done
    as_root unshare --net chroot "$tree" sh -c 'dpkg -i /packages/*.deb' >"$work/dpkg.log" 2>&1 ||
        { tail -20 "$work/dpkg.log" >&2; fail "the packages do not install"; }
    as_root rm -r "$tree/packages"
}

# At once: each time the whole policy is built.
install_modules() {
    local tree=$1 arguments=() module
    shift
    for module in "$@"; do arguments+=(-i "$module"); done
    semodule_in "$tree" "${arguments[@]}"
}

# What lies in this directory.
its_own() {
    local tree=$1
    as_root install -D -m 755 -t "$tree/usr/libexec/labelgate-appliance" "$its_files"/programs/*
    as_root install -D -m 644 -t "$tree/usr/share/labelgate-appliance" \
        "$its_files/labelgate_appliance.cil" "$its_files/example.yaml"
    as_root cp -r --no-preserve=ownership "$its_files/etc/." "$tree/etc/"
    # Where Debian's packages come from is the administrator's choice, and not that of whoever made the disk.
    as_root rm -f "$tree"/etc/apt/sources.list.d/*
    as_root truncate -s 0 "$tree/etc/apt/sources.list"
    as_root install -m 644 -t "$tree/etc/systemd/system" "$its_files"/units/*
    as_root install -D -m 644 "$its_files/grub.cfg" "$tree/boot/grub/grub.cfg"
    as_root sed -i "s/@ROOT@/$root_uuid/" "$tree/boot/grub/grub.cfg" "$tree/etc/fstab"
}

services() {
    local tree=$1
    as_root chroot "$tree" useradd --system --no-create-home --shell /usr/sbin/nologin \
        --groups labelgate-read labelgate-console
    as_root chroot "$tree" systemctl --quiet enable labelgated ssh systemd-networkd systemd-resolved \
        systemd-timesyncd labelgate-configure labelgate-first-start labelgate-grow \
        labelgate-console@tty1 labelgate-console@ttyS0 2>"$work/enable.log" ||
        { cat "$work/enable.log" >&2; fail "units cannot be enabled"; }
    as_root chroot "$tree" systemctl --quiet mask getty@tty1.service serial-getty@ttyS0.service
}

# Nothing that two appliances would share and must not.
unique() {
    local tree=$1
    as_root rm -f "$tree"/etc/ssh/ssh_host_* "$tree"/var/lib/dbus/machine-id "$tree"/var/lib/systemd/random-seed
    as_root truncate -s 0 "$tree/etc/machine-id"
    as_root ln -sf /run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"
    as_root chroot "$tree" usermod --lock root
    as_root sh -c "rm -rf '$tree'/var/cache/apt/*.bin '$tree'/var/lib/apt/lists/* '$tree'/tmp/* '$tree'/var/log/*.log '$tree'/var/log/apt"
    as_root mkdir -p "$tree/var/log/journal" "$tree/var/lib/labelgate-appliance" "$tree/var/lib/labelgate/images" "$tree/var/log/labelgate"
}
