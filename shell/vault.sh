# HashiCorp Vault, a KV engine; log in before, with `vault login`.
: "${VAULT_ADDR:?is the address of Vault}" "${MOUNT:?is the path of the KV engine}"
export VAULT_ADDR
if [ -n "${VAULT_NAMESPACE-}" ]; then export VAULT_NAMESPACE; fi

has() { found 'No value found' vault kv get -mount="$MOUNT" "$1"; }

# Of version 2, `-cas=0` writes only what is not there.
put() {
  if [ "${VERSION:-v2}" = v2 ]; then set -- -cas=0 "$1"; fi
  vault kv put -mount="$MOUNT" "$@" - >/dev/null
}

get() { vault kv get -mount="$MOUNT" -field="$2" "$1"; }
