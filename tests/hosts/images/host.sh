# shellcheck shell=sh
# Runs in a bare Debian container: makes it what a fresh Debian server is, reached over SSH by `steward`.
# What the roles need they install themselves, so nothing else is here.
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -qy -o DPkg::Options::=--force-unsafe-io install --no-install-recommends \
  systemd systemd-sysv dbus libpam-systemd openssh-server sudo python3 python3-apt ca-certificates \
  adduser iproute2 iputils-ping kmod less logrotate netbase procps tzdata
update-ca-certificates
apt-get clean
rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d

useradd --create-home --shell /bin/bash --uid 1000 --password '*' steward
echo 'steward ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/steward
chmod 440 /etc/sudoers.d/steward
install -d -o steward -g steward -m 700 /home/steward/.ssh
chmod 755 /etc/steward-test

# Late in the order: the first value wins in sshd's drop-ins, so a hardening role keeps the last word.
cat > /etc/ssh/sshd_config.d/90-test-host.conf <<'SSHD'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
UseDNS no
SSHD

# The kernel is shared: a host must not set its kernel parameters or attach to its audit stream at boot.
systemctl mask systemd-sysctl.service systemd-journald-audit.socket
# Nothing may take apt's lock behind a test's back; who wants these timers enables them, as on any host.
systemctl disable apt-daily.timer apt-daily-upgrade.timer
systemctl set-default multi-user.target

# Every host gets its own identity.
rm -f /etc/ssh/ssh_host_*
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id
