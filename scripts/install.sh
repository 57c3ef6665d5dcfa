#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages the tests need, where they are missing.
set -euo pipefail

# command:package
needed=(
  chromium:chromium slapd:slapd ldapsearch:ldap-utils named:bind9 openssl:openssl
  nft:nftables ip:iproute2 gcc:gcc ps:procps curl:curl
  delv:bind9-dnsutils dnssec-signzone:bind9-utils nsd:nsd knotd:knot unbound:unbound unbound-host:unbound-host
  nginx:nginx-light sslscan:sslscan testssl:testssl.sh
  postfix:postfix dovecot:dovecot-imapd vsftpd:vsftpd sshd:openssh-server ssh-keygen:openssh-client
  redis-server:redis-server mariadbd:mariadb-server smbd:samba rsync:rsync snmpd:snmpd
)
missing=()
for pair in "${needed[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
done
# file:package, for what is no command
files=(
  "/usr/lib/postgresql/*/bin/postgres:postgresql" /usr/lib/dovecot/pop3:dovecot-pop3d
  /usr/share/dns/root.key:dns-root-data
)
for pair in "${files[@]}"; do
  compgen -G "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

echo "installing: ${missing[*]}" >&2
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not root on Debian: tests that need ${missing[*]} will say so and be skipped" >&2
  exit 0
fi
# A package must not start its service: the tests start their own servers.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null </dev/null
