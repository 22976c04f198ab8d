# A key that is there stays as it is; one that is missing is made here or asked for. No value stands in an argument, a file or
# this script. Answers are read from the terminal, or from the file that SEED_INPUT names, a line each.
set -eu
umask 077

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# Whether an entry is there: the command shows it, or says $1 of one that is not. Anything else ends the script.
found() {
  absent=$1
  shift
  if said=$("$@" 2>&1 >/dev/null </dev/null); then return 0; fi
  case $said in *"$absent"*) return 1 ;; esac
  stop "$said"
}

ask() {
  if [ -z "${asked-}" ]; then
    exec 3<"${SEED_INPUT:-/dev/tty}"
    asked=yes
    if [ -t 3 ]; then trap 'stty echo <&3' EXIT; trap 'exit 130' INT TERM; fi
  fi
  printf '%s: ' "$1" >&2
  if [ -t 3 ]; then stty -echo <&3; fi
  IFS= read -r value <&3 || [ -n "$value" ] || stop "no value was given"
  if [ -t 3 ]; then stty echo <&3; say; fi
  case $value in '' | *[[:cntrl:]]*) stop "no value was given, or one with control characters" ;; esac
}

json() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

# seed ENTRY (generated|given FIELD DESCRIPTION)...: without a field the value is the entry, with fields it is a JSON object.
seed() {
  entry=$1 body=
  shift
  if has "$entry"; then
    say "$entry: is there, and stays as it is"
    return 0
  fi
  while [ $# -gt 0 ]; do
    field=$2
    case $1 in
    generated) value=$(openssl rand -hex 24) ;;
    *) ask "$entry${field:+, field $field} ($3)" ;;
    esac
    if [ -n "$field" ]; then
      body="${body:+$body,}\"$(json "$field")\":\"$(json "$value")\""
    else
      body=$value
    fi
    shift 3
  done
  if [ -n "$field" ]; then body="{$body}"; fi
  printf '%s' "$body" | put "$entry"
  value='' body=''
  say "$entry: written"
}
