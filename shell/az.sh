# Azure Key Vault; log in before, with `az login`.
: "${VAULT_URL:?is the address of the vault}"
VAULT=${VAULT_URL#*//}
VAULT=${VAULT%%.*}

has() { found SecretNotFound az keyvault secret show --vault-name "$VAULT" --name "$1"; }

# Of all files the command takes only those with a name: this one is readable for nobody else, and goes away at once.
put() {
  file=$(mktemp)
  cat >"$file"
  status=0
  az keyvault secret set --vault-name "$VAULT" --name "$1" --file "$file" --encoding utf-8 --output none </dev/null || status=$?
  rm -f "$file"
  return "$status"
}

get() { az keyvault secret show --vault-name "$VAULT" --name "$1" --query value --output tsv; }
