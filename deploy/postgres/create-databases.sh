#!/bin/sh
# For each service an owner, who migrates, a login, which has rows only, and a database, as deploy/local/databases.py makes
# them. Run once by the postgres image; on a server that has the databases already it hands them over to their owners.
set -eu
for service in player ticket sales catalog gateway; do
    upper=$(echo "$service" | tr '[:lower:]' '[:upper:]')
    password=$(eval "printf %s \"\$${upper}_DB_PASSWORD\"")
    owner_password=$(eval "printf %s \"\$${upper}_DB_OWNER_PASSWORD\"")
    psql -v ON_ERROR_STOP=1 -U postgres -v name="$service" -v owner="${service}_owner" \
        -v password="$password" -v owner_password="$owner_password" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'owner', :'owner_password')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'name', :'password')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
ALTER DATABASE :"name" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
\connect :"name"
REASSIGN OWNED BY :"name" TO :"owner";
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
SQL
done
psql -v ON_ERROR_STOP=1 -U postgres -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'
