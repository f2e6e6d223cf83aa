#!/bin/sh
# Proves the Debian package under a real systemd: a machine is made by debootstrap, and in-guest.sh runs in it under
# QEMU, which is installed in a chroot of its own. No network. Root only. Ended after MINUTES, whatever happens.
# usage: guest.sh DEB [MINUTES]
set -eu
[ "$(id -u)" = 0 ] || { echo "run this as root: it makes chroots" >&2; exit 1; }
. "$(dirname "$0")/base.sh"
# What is mounted here goes with this process, however it ends. ALONE: so already.
[ -n "${ALONE:-}" ] || exec env ALONE=yes unshare --mount "$0" "$@"
deb=$(realpath "$1")
minutes=${2:-15}
base qemu qemu-system-x86
qemu=$base_folder
base guest systemd-sysv linux-image-cloud-amd64 initramfs-tools udev kmod adduser curl libssl3 openssl
run=$(mktemp -d "$qemu/tmp/guest.XXXXXX")
machine=""
cleanup() {
    if [ -n "$machine" ]; then kill "$machine" && wait "$machine" || true; fi
    umount -l "$qemu/proc" "$qemu/dev" 2> /dev/null || true
    rm -rf --one-file-system "$run"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

root=$run/root
cp -a --reflink=auto "$base_folder" "$root"
cp "$deb" "$root/root/first.deb"
higher "$deb" "$root/root/second.deb" 9999.0-1
cp "$project/fixtures/requests/01-create-ordinary.xml" "$root/root/create.xml"
install -m 0755 "$project/tests/packages/in-guest.sh" "$root/root/in-guest.sh"
cat > "$root/etc/systemd/system/proof.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/root/in-guest.sh
ExecStopPost=/bin/systemctl poweroff --force --no-block
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../proof.service "$root/etc/systemd/system/multi-user.target.wants/proof.service"
ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
echo psop > "$root/etc/hostname"
cp "$root"/boot/vmlinuz-* "$run/vmlinuz"
cp "$root"/boot/initrd.img-* "$run/initrd"
truncate -s 3G "$run/disk.img"
mkfs.ext4 -q -F -d "$root" "$run/disk.img"
rm -rf --one-file-system "$root"

mount -t proc proc "$qemu/proc"
mount --bind /dev "$qemu/dev"
inside=${run#"$qemu"}
# tcg: a machine in the machine may offer kvm and hang in it.
timeout --kill-after=10 "${minutes}m" chroot "$qemu" qemu-system-x86_64 -accel tcg -smp 2 -m 1024 -nographic -no-reboot \
    -kernel "$inside/vmlinuz" -initrd "$inside/initrd" -append "root=/dev/vda rw console=ttyS0 quiet" \
    -drive "file=$inside/disk.img,format=raw,if=virtio" -net none < /dev/null > "$run/console" 2>&1 &
# Waited for, so that a signal ends both at once.
machine=$!
wait "$machine" ||
    { machine=""; tail -60 "$run/console" >&2; fail "the machine did not come to its end within $minutes minutes"; }
machine=""
tr -d '\r' < "$run/console" | sed -n '/STEP: /,$p'
tr -d '\r' < "$run/console" | grep -q '^VERDICT: PASSED' || { tail -60 "$run/console" >&2; fail "no verdict that it passed"; }
