# Secrets of one namespace, in the cluster that kubectl talks to.
: "${NAMESPACE:?is the namespace that holds the secrets}"

has() { found NotFound kubectl get secret "$1" --namespace "$NAMESPACE"; }

put() {
  printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"%s"},"stringData":%s}' "$(json "$1")" "$(cat)" |
    kubectl create --namespace "$NAMESPACE" --filename - >/dev/null
}

get() {
  kubectl get secret "$1" --namespace "$NAMESPACE" --output "go-template={{index .data \"$2\" | base64decode}}"
}
