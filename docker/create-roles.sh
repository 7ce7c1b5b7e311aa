#!/bin/sh
# Runs once, when the database volume is empty. Three roles: the owner of the tables, used by migrations alone; the
# application's, which owns nothing and therefore cannot rewrite what is append-only; and the one that the application
# takes on for an organisation's requests, which sees one organisation and no citizen.
set -eu
owner_password=$(cat /run/secrets/owner_password)
app_password=$(cat /run/secrets/app_password)
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$owner_password" --set app_password="$app_password" <<'SQL'
CREATE ROLE dispatch_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE dispatch_app LOGIN PASSWORD :'app_password';
CREATE ROLE dispatch_portal NOLOGIN NOINHERIT;
GRANT dispatch_app, dispatch_portal TO dispatch_owner WITH SET TRUE;
GRANT dispatch_portal TO dispatch_app WITH INHERIT FALSE, SET TRUE;
CREATE DATABASE dispatch OWNER dispatch_owner ENCODING 'UTF8'
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE dispatch FROM PUBLIC;
GRANT CONNECT ON DATABASE dispatch TO dispatch_app;
SQL
