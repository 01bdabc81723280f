#!/bin/sh
# Makes the certificates of the tests anew: two authorities, one of them once more with the same key,
# one with its key alone and one with its name alone, one that it vouches for, a server, clients.
# They are good from 2020 to 2120, so that tests may have any time, but for those of one year.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/index"
cat > "$work/ca.cnf" << END
[ca]
default_ca = own
[own]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = yes
[any]
organizationName = optional
commonName = optional
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
extendedKeyUsage = serverAuth
[client]
subjectAltName = email:alice@example.net, DNS:alice.example.net
extendedKeyUsage = clientAuth
END
request() { # NAME SUBJECT
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" \
    -keyout "$1.key" -out "$work/$1.csr"
}
sign() { # NAME AUTHORITY EXTENSIONS FROM TO [OPTION…]
  name=$1 by=$2 extensions=$3 from=$4 to=$5
  shift 5
  openssl ca -batch -notext -config "$work/ca.cnf" -cert "$by.crt" -keyfile "$by.key" \
    -in "$work/${name%-old}.csr" -extensions "$extensions" -startdate "$from" -enddate "$to" \
    -out "$name.crt" "$@"
}
for name in authority other-authority; do
  request $name "/CN=$name of the tests"
  sign $name $name authority 20200101000000Z 21200101000000Z -selfsign
done
request server /CN=localhost
sign server authority server 20200101000000Z 21200101000000Z
request server-new /CN=localhost
sign server-new authority server 20200101000000Z 21200101000000Z
request alice /O=Example/CN=alice
sign alice authority client 20200101000000Z 21200101000000Z
sign alice-old authority client 20200101000000Z 20210101000000Z
request mallory /O=Example/CN=alice
sign mallory other-authority client 20200101000000Z 21200101000000Z
request() { # NAME SUBJECT, with a key that is there
  openssl req -new -key "$1.key" -subj "$2" -out "$work/$1.csr"
}
request authority "/CN=authority of the tests"
cp "$work/authority.csr" "$work/authority-renewed.csr"
sign authority-renewed authority authority 20200101000000Z 21200101000000Z
request authority "/CN=authority of another name"
cp "$work/authority.csr" "$work/authority-renamed.csr"
sign authority-renamed authority authority 20200101000000Z 21200101000000Z
request other-authority "/CN=authority of the tests"
cp "$work/other-authority.csr" "$work/authority-posed.csr"
sign authority-posed other-authority authority 20200101000000Z 21200101000000Z
openssl ecparam -genkey -name prime256v1 -noout | openssl pkey -out middle.key
request middle "/CN=middle of the tests"
sign middle authority authority 20200101000000Z 21200101000000Z
sign middle-old authority authority 20200101000000Z 20210101000000Z
request alice /O=Example/CN=carol
cp "$work/alice.csr" "$work/carol.csr"
sign carol middle client 20200101000000Z 21200101000000Z
# As clients show it: with what vouches for it.
cat middle.crt >> carol.crt
# Of a curve that TLS 1.3 does not have, nor the runtime.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -subj /CN=localhost \
  -days 36500 -keyout odd.key -out odd.crt
