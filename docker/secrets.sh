#!/bin/sh
# Makes the secrets that compose.yaml names, each in a file of its own; what is there stays as it is.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets  # the files have to be readable for the users inside the containers; the folder keeps others out

make_secret() { # make_secret NAME
  [ -s "secrets/$1" ] || python3 -c 'import secrets; print(secrets.token_hex(24), end="")' >"secrets/$1"
}

make_secret wordpress_db_password
make_secret bridge_db_password
printf 'postgresql+psycopg://bridge:%s@postgres/bridge' "$(cat secrets/bridge_db_password)" >secrets/bridge_database_url
chmod 644 secrets/*
