#!/bin/sh
# Writes ./secrets once: random passwords and the addresses made of them. Existing files are left alone.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
random() { head -c 48 /dev/urandom | base64 | tr -d '/+=\n'; }
keep() { [ -e "secrets/$1" ] || printf '%s\n' "$2" > "secrets/$1"; }
keep secret_key "$(random)$(random)"
keep postgres_password "$(random)"
keep owner_password "$(random)"
keep app_password "$(random)"
keep database_owner_url "postgresql://dispatch_owner:$(cat secrets/owner_password)@db:5432/dispatch"
keep database_url "postgresql://dispatch_app:$(cat secrets/app_password)@db:5432/dispatch"
keep email_url "smtp://localhost:25"
# Compose mounts each file with the mode it has here, and no container runs as our user: the files are readable, the
# folder keeps everybody else on this machine out.
chmod 444 secrets/*
chmod 700 secrets
echo "The secrets are in ./secrets; put the address of the mail server into secrets/email_url."
