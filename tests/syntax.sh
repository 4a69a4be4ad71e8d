#!/bin/sh
# The syntax of every PHP and shell file. Without php the PHP files are left out, and that is said.
set -eu
cd "$(dirname "$0")/.."

if command -v php >/dev/null; then
  count=0
  for file in $(find wp-plugin tests -name '*.php' | sort); do
    php -l "$file" >/dev/null || { echo "PHP syntax: $file" >&2; exit 1; }
    count=$((count + 1))
  done
  echo "PHP syntax: $count files"
else
  echo "PHP syntax: skipped, there is no php here"
fi

for file in $(find tests docker -name '*.sh' | sort) .ci/run; do
  case $(head -n 1 "$file") in
    *bash) bash -n "$file" ;;
    *) sh -n "$file" ;;
  esac
done
