# AWS Secrets Manager or Parameter Store; log in before, with `aws sso login` or as you are used to.
: "${REGION:?is the AWS region}"

has() {
  case ${SERVICE:-SecretsManager} in
  ParameterStore) found ParameterNotFound aws ssm get-parameter --region "$REGION" --name "$1" ;;
  *) found ResourceNotFoundException aws secretsmanager describe-secret --region "$REGION" --secret-id "$1" ;;
  esac
}

# Neither command overwrites.
put() {
  case ${SERVICE:-SecretsManager} in
  ParameterStore)
    aws ssm put-parameter --region "$REGION" --name "$1" --type SecureString --value file:///dev/stdin >/dev/null
    ;;
  *) aws secretsmanager create-secret --region "$REGION" --name "$1" --secret-string file:///dev/stdin >/dev/null ;;
  esac
}

get() {
  case ${SERVICE:-SecretsManager} in
  ParameterStore)
    aws ssm get-parameter --region "$REGION" --name "$1" --with-decryption --query Parameter.Value --output text
    ;;
  *) aws secretsmanager get-secret-value --region "$REGION" --secret-id "$1" --query SecretString --output text ;;
  esac
}
