# Google Secret Manager; log in before, with `gcloud auth login`.
: "${PROJECT:?is the project that holds the secrets}"

has() { found NOT_FOUND gcloud secrets versions describe latest --secret="$1" --project="$PROJECT"; }

put() {
  if ! found NOT_FOUND gcloud secrets describe "$1" --project="$PROJECT"; then
    gcloud secrets create "$1" --project="$PROJECT" --replication-policy=automatic </dev/null
  fi
  gcloud secrets versions add "$1" --project="$PROJECT" --data-file=-
}

get() { gcloud secrets versions access latest --secret="$1" --project="$PROJECT"; }
