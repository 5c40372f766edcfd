# shellcheck shell=sh
# Runs in a bare Debian container: what the hosts share, a package cache and a name server.
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -qy install --no-install-recommends squid-openssl dnsmasq-base
apt-get clean
rm -rf /var/lib/apt/lists/*
