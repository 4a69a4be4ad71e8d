#!/bin/bash
# Installs what the tests need beside Python: PHP, MariaDB, Chromium, PostgreSQL, nginx, gettext, libfaketime, strace.
# Only as root on Debian or Ubuntu; silent and quick when all is there. What stays missing is named, one line each, and the
# tests that need it are skipped: so this ends with 0, but for CI=true, where a missing piece ends it with 1.
set -u
PATH=$PATH:/usr/sbin:/sbin  # where a normal user's shell does not look for servers

on_path() { command -v "$1"; }
in_php() { grep -qixF "$1" <<<"$php_modules"; }
file_like() { compgen -G "$1"; }
browser() { on_path chromium-headless-shell || on_path chromium || on_path google-chrome; }
postgres() { on_path initdb || file_like '/usr/lib/postgresql/*/bin/initdb'; }

need() { # need WHAT PACKAGE TEST...
  local what=$1 package=$2; shift 2
  "$@" >/dev/null 2>&1 || { lacking+=("$what"); packages+=("$package"); }
}

survey() {
  lacking=() packages=()
  php_modules=$(php -m 2>/dev/null)
  need "PHP" php-cli on_path php
  need "PHP's mysqli" php-mysql in_php mysqli
  need "PHP's curl" php-curl in_php curl
  need "PHP's dom" php-xml in_php dom
  need "PHP's mbstring" php-mbstring in_php mbstring
  need "PHP's gd" php-gd in_php gd
  need "PHP's zip" php-zip in_php zip
  need "PHP's intl" php-intl in_php intl
  need "MariaDB's server" mariadb-server-core on_path mariadbd
  need "MariaDB's client" mariadb-client-core on_path mariadb
  need "PostgreSQL" postgresql postgres
  need "nginx" nginx-light on_path nginx
  need "gettext" gettext on_path xgettext
  need "libfaketime" libfaketime file_like '/usr/lib/*/faketime/libfaketime.so.1'
  need "strace" strace on_path strace
  need "ext4's tools" e2fsprogs on_path mkfs.ext4
  need "Debian's archive keys" debian-archive-keyring test -f /usr/share/keyrings/debian-archive-keyring.gpg
  # Ubuntu's chromium package is a snap, which does not run where tests run: only what is there already counts.
  grep -qs '^ID=ubuntu' /etc/os-release || need "Chromium" chromium browser
}

quicken() { # the browser without windows, in which tests of pages take two thirds of the time; any other one does, too
  on_path chromium-headless-shell >/dev/null || ! apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
    packages+=(chromium-headless-shell)
}

available() { # the names that apt can install here, older releases with a version in the name included
  local package
  for package in "$@"; do
    apt-cache show "$package" >/dev/null 2>&1 || package=$(apt-cache pkgnames "$package-" | grep -E -- '-[0-9.]+$' | sort -V | tail -1)
    [ -z "$package" ] || echo "$package"
  done
}

install_lacking() {
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  export DEBIAN_FRONTEND=noninteractive
  echo "installing: ${packages[*]}"
  "${apt[@]}" update && mapfile -t packages < <(available "${packages[@]}")
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null
}

survey
[ "$(id -u)" != 0 ] || quicken
[ ${#packages[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "not root, so nothing is installed; to have all tests run: sudo $0"
elif ! command -v apt-get >/dev/null; then
  echo "no apt on this machine, so nothing is installed"
else
  install_lacking
  survey
fi
for what in "${lacking[@]}"; do echo "missing: $what"; done
[ ${#lacking[@]} -eq 0 ] || [ "${CI:-}" != true ]
