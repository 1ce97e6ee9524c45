#!/usr/bin/env bash
# Fetches the AS2 products that `make proof` and `make bench` run beside ours, through Maven and pip as this machine has them set up.
# They run as programs of their own, on loopback; nothing of them is imported, shipped or changed by us.
#   tools/as2_peers.sh [openas2] [pyas2]      without a name: both; what is there already stays
set -euo pipefail
cd "$(dirname "$0")/.."
openas2=2.10.1 django_pyas2=1.2.3 django='>=5.2,<6' cryptography=39.0.2
peers=$PWD/.cache/peers

fetch_openas2() {
  [ -f "$peers/openas2/lib/openas2-server-$openas2.jar" ] && return
  command -v java >/dev/null && command -v mvn >/dev/null || { echo "openas2: java and mvn are needed" >&2; return 1; }
  mkdir -p "$peers/openas2"
  cat > "$peers/openas2/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>edi</groupId><artifactId>peers</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>net.sf.openas2</groupId><artifactId>openas2-server</artifactId><version>$openas2</version>
  </dependency></dependencies>
</project>
XML
  mvn -q -B -f "$peers/openas2/pom.xml" dependency:copy-dependencies -DoutputDirectory="$peers/openas2/lib"
}

fetch_pyas2() {
  [ -f "$peers/pyas2/installed" ] && return
  python3 -m venv --clear "$peers/pyas2"
  "$peers/pyas2/bin/pip" install --quiet --disable-pip-version-check "django-pyas2==$django_pyas2" "Django$django" "cryptography==$cryptography"
  # oscrypto 1.3.0, its last release, reads OpenSSL's version with one digit per number and so does not start beside 3.0.10 and later.
  "$peers/pyas2/bin/python" - "$peers"/pyas2/lib/python3.*/site-packages/oscrypto/_openssl/_libcrypto_c*.py <<'PYTHON'
import pathlib, sys
for path in map(pathlib.Path, sys.argv[1:]):
    path.write_text(path.read_text().replace(r"\\d\\.\\d\\.\\d[a-z]*", r"\\d+\\.\\d+\\.\\d+[a-z]*"))
PYTHON
  "$peers/pyas2/bin/python" -c 'import pyas2lib'
  touch "$peers/pyas2/installed"
}

for peer in "${@:-openas2 pyas2}"; do
  for name in $peer; do "fetch_$name"; done
done
