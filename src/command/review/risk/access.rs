//! Who may ask: authentication, routes that a listener takes, and tools.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::objects::VALUES;
use crate::command::review::risk::conditions;
use crate::command::review::risk::limits::held;
use crate::command::review::risk::sight::{Risk, Sight, from_to, short, switched};
use crate::text::finding::Code;
use crate::text::forms::duration;
use crate::text::pointer::each;

/// Parts of a policy that ask who somebody is, or whether he may.
const ASKS: [&str; 8] = [
    "apiKeyAuthentication",
    "authorization",
    "basicAuthentication",
    "extAuth",
    "jwtAuthentication",
    "mtls",
    "frontendValidation",
    "authentication",
];

/// Switches of LiteLLM that open something, each with the value that does.
const OPENING: [(&str, bool); 23] = [
    ("allow_client_side_credentials", true),
    ("allow_dynamic_callback_disabling", true),
    ("allow_public_health_readiness_details", true),
    ("allow_requests_on_db_unavailable", true),
    ("allow_user_auth", true),
    ("custom_auth_run_common_checks", false),
    ("default_team_disabled", false),
    ("disable_responses_id_security", true),
    ("disable_spend_logs", true),
    ("enable_jwt_auth", true),
    ("enable_oauth2_auth", true),
    ("enable_oauth2_proxy_auth", true),
    ("enable_public_model_hub", true),
    ("enforce_rbac", false),
    ("forward_client_headers_to_llm_api", true),
    ("forward_llm_provider_auth_headers", true),
    ("global_disable_no_log_param", false),
    ("infer_model_from_keys", true),
    ("reject_clientside_metadata_tags", false),
    ("require_auth_for_metrics_endpoint", false),
    ("store_model_in_db", true),
    ("use_x_forwarded_for", true),
    ("user_url_validation", false),
];

/// Lists of LiteLLM of which each item lets somebody or something in.
const ADMITTED: [&str; 8] = [
    "allowed_ips",
    "mcp_internal_ip_ranges",
    "pass_through_endpoints",
    "provider_url_destination_allowed_hosts",
    "public_mcp_servers",
    "public_model_groups",
    "trusted_proxy_ranges",
    "user_url_allowed_hosts",
];

/// Lists of Dex of which each item lets somebody in, or sends him on (dex 2.44 `cmd/dex/config.go`, `storage/storage.go`).
const LOGINS: [&str; 4] = ["connectors", "redirectURIs", "staticClients", "staticPasswords"];

pub(super) fn auth(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who gets in from now on; Argo CD changes this at once";
    let own = |field: &&Field| !(field.passes(&["mcp", "authorization"]) || conditions::is_one(field));
    let mut risks: Vec<Risk> = sight
        .leaves
        .iter()
        .filter(own)
        .filter(|field| weaker(field) && !asks_first(sight, field))
        .map(|field| {
            sight.at(field, Code::AuthLoosened, format!("what keeps others out goes {}", from_to(field)), help)
        })
        .collect();
    let as_other = |field: &&Field| field.passes(&["auth"]) && field.old.is_some() && field.new.is_some();
    let login = |field: &&Field| {
        field.new.is_some() && field.passes(&["config"]) && LOGINS.iter().any(|list| field.passes(&[list]))
    };
    // One field tells of all of them.
    let cases = [
        (
            sight.change.identity.kind.ends_with("SecretStore"),
            as_other as fn(&&Field) -> bool,
            "it logs in otherwise, and may read more:",
        ),
        (sight.is(VALUES), login, "who may log in, or is sent on with a code, goes"),
    ];
    for (counts, is, what) in cases {
        if let Some(field) = sight.leaves.iter().find(is).filter(|_| counts) {
            risks.push(sight.at(field, Code::AuthLoosened, format!("{what} {}", from_to(field)), help));
        }
    }
    if sight.goes() && ASKS.iter().any(|part| held(sight, part)) {
        risks.push(sight.risk(Code::AuthLoosened, "it asked for a key, and what it guarded stays", help));
    }
    let asks = |thing: &Value| ASKS.iter().any(|part| !thing["spec"]["traffic"][part].is_null());
    let aims = |field: &&Field| field.passes(&["spec", "targetRefs"]) && field.old.is_some();
    if sight.new.is_some_and(|thing| asks(&thing.value))
        && let Some(field) = sight.leaves.iter().find(aims)
    {
        risks.push(sight.at(field, Code::AuthLoosened, "it asks for a key somewhere else from now on", help));
    }
    risks
}

/// How well a client of PostgreSQL looks who answers, the least first.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Whether an address with TLS becomes one without.
fn to_plain(field: &Field) -> bool {
    let starts = |value: &Option<Value>, scheme| {
        value.as_ref().and_then(Value::as_str).is_some_and(|text| text.starts_with(scheme))
    };
    starts(&field.old, "https://") && starts(&field.new, "http://")
}

/// What is sent goes unencrypted, or to whoever answers.
pub(super) fn transport(sight: &Sight<'_>) -> Vec<Risk> {
    let mode = |value: &Option<Value>| {
        let text = value.as_ref()?.as_str()?.split_once("sslmode=")?.1;
        SSL_MODES.iter().rposition(|mode| text.starts_with(mode))
    };
    let yes = |field: &Field| field.new.as_ref().is_some_and(|new| *new != false);
    let strict =
        |value: &Option<Value>| value.as_ref().and_then(Value::as_str).is_some_and(|v| v.contains("sslaccept=strict"));
    let weaker = |field: &&Field| match field.key() {
        "name" if field.ends(&["issuerRef", "name"]) => field.old.is_some() && field.new.is_some(),
        "tls" | "backendTLS" => {
            field.old.is_some() && (field.new.is_none() || field.new == Some(false.into())) && sight.new.is_some()
        }
        "ssl" => field.old == Some(true.into()) && !yes(field),
        "insecure" | "insecureSkipVerify" | "insecure_skip_verify" | "tlsInsecureSkipVerify" | "skipTLSVerify" => {
            yes(field)
        }
        "ssl_verify" => field.new == Some(false.into()),
        "sslmode" => {
            let at =
                |value: &Option<Value>| SSL_MODES.iter().position(|mode| value.as_ref().is_some_and(|v| v == mode));
            at(&field.new) < at(&field.old)
        }
        _ if to_plain(field) => true,
        _ => {
            mode(&field.old).is_some_and(|old| mode(&field.new).is_some_and(|new| new < old))
                || (strict(&field.old) && field.new.is_some() && !strict(&field.new))
        }
    };
    let help = "say in the review who could read along or answer in its place on that way";
    let whole = sight.change.fields.iter().filter(|field| field.new.is_none());
    let fields = sight.leaves.iter().filter(|field| field.new.is_some() || field.old == Some(true.into())).chain(whole);
    let message = |field: &Field| format!("what keeps others from reading along goes {}", from_to(field));
    fields.filter(weaker).map(|field| sight.at(field, Code::AuthLoosened, message(field), help)).collect()
}

/// Whether the field belongs to a part that asks who somebody is and that was not there before.
fn asks_first(sight: &Sight<'_>, leaf: &Field) -> bool {
    let Some(at) = leaf.steps.iter().position(|step| ASKS.contains(&step.as_str())) else { return false };
    let new =
        |whole: &Field| whole.old.is_none() && whole.steps.len() <= at + 1 && leaf.steps.starts_with(&whole.steps);
    sight.change.fields.iter().any(|whole| new(whole) && leaf.shown.starts_with(&whole.shown))
}

/// Words in an argument that switch something off which asks or looks, and words of what does.
const ARGUMENTS: ([&str; 6], [&str; 6]) = (
    ["insecure", "skip-", "no-auth", "disable-auth", "allow-credentials", "allowed-origins"],
    ["auth", "tls", "verify", "ssl", "api-key", "protected-mode"],
);

/// An argument of a program, and what it is now; one that stands twice is known by its text.
fn argument(field: &Field) -> Option<(&str, Option<&str>)> {
    let text = field.new.as_ref().and_then(Value::as_str);
    if field.key().starts_with("--") {
        return Some((field.key(), text.or(field.new.as_ref().map(|_| "true"))));
    }
    let listed = ["args", "command"].iter().any(|list| field.passes(&[list]));
    let text = text.filter(|text| listed && text.starts_with("--"))?;
    Some(text.split_once('=').map_or((text, Some("true")), |(name, value)| (name, Some(value))))
}

/// Whether an argument asks less from now on.
fn argument_opens((name, value): (&str, Option<&str>)) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let off = value.is_none_or(|value| ["false", "no", "off"].contains(&value));
    match has(&ARGUMENTS.0) {
        true => !off,
        false => has(&ARGUMENTS.1) && off,
    }
}

fn weaker(field: &Field) -> bool {
    let below = field.steps.iter().any(|step| ASKS.contains(&step.as_str()));
    let was = |word: &str| field.old.as_ref().is_some_and(|old| old == word);
    match field.key() {
        "mode" if below => was("Strict") || was("STRICT"),
        "protocol" if field.passes(&["listeners"]) => field.new.is_some() && (was("HTTPS") || was("TLS")),
        "master_key" | "custom_auth" | "custom_key_generate" => field.old.is_some(),
        "new_keys.py" => field.old.is_some() && field.new.is_some(),
        "allowed_routes" | "public_routes" => true,
        _ if field.passes(&["allowed_routes"]) || field.passes(&["public_routes"]) => field.new.is_some(),
        "idTokens" => {
            let lasts = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).and_then(duration);
            lasts(&field.new).zip(lasts(&field.old)).is_some_and(|(new, old)| new > old)
        }
        // Who may log in to PostgreSQL, and from where; what is shut out may not.
        _ if field.passes(&["pg_hba"]) => {
            let shut = |value: &Option<Value>| {
                value.as_ref().and_then(Value::as_str).map(|line| line.trim().ends_with("reject"))
            };
            let trusts = field.new.as_ref().and_then(Value::as_str).is_some_and(|line| line.trim().ends_with("trust"));
            // `check` says more of a line that asks for nothing.
            (shut(&field.new) == Some(false) && !trusts) || shut(&field.old) == Some(true)
        }
        // Somebody may log in as PostgreSQL's superuser, by a password.
        "enableSuperuserAccess" => field.new == Some(true.into()),
        "cacheDuration" | "jwksPath" => false,
        _ if argument(field).is_some_and(argument_opens) => true,
        _ if field.passes(&["cors"]) => field.new.is_some(),
        "ui_access_mode" => field.new.as_ref().is_none_or(|new| new == "all"),
        "admin_only_routes" | "enforced_params" | "allowed_ips" if field.new.is_none() => true,
        _ if ["admin_only_routes", "enforced_params"].iter().any(|list| field.passes(&[list])) => field.new.is_none(),
        _ if ADMITTED.iter().any(|list| field.passes(&[list])) => field.new.is_some(),
        "refreshInterval" => {
            let each = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).and_then(duration);
            each(&field.new).zip(each(&field.old)).is_some_and(|(new, old)| new == 0 || (new > old && old > 0))
        }
        "configurable_clientside_auth_params" => field.new.is_some(),
        // A further rule, issuer or audience lets more in; one that goes may have been all that kept others out.
        _ => switched(field, &OPENING).unwrap_or(below),
    }
}

pub(super) fn routes(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "routes of these namespaces take over paths and traffic: name the namespaces that need it";
    let ours = |value: &Value| sight.has_namespace(value.as_str().unwrap_or_default());
    let wider = |field: &&Field| {
        let within = field.passes(&["allowedRoutes"]);
        let listeners = field.passes(&["allowedListeners"]);
        let grant = sight.is("ReferenceGrant");
        match (&field.old, &field.new) {
            // Without a word none may bring listeners.
            (_, Some(new)) if listeners => new != "None",
            (old, Some(new)) if within && field.key() == "from" => {
                new == "All" || old.as_ref().is_some_and(|old| old == "Same")
            }
            (None, Some(new)) if within && field.passes(&["values"]) => !ours(new),
            (Some(_), None) if within => field.passes(&["selector"]) && !field.passes(&["values"]),
            // Without a name all of the kind; an entry that goes as a whole grants less.
            (Some(_), None) if grant => field.key() == "name" && sight.change.fields.contains(field),
            (Some(_), Some(_)) => within || grant,
            (None, Some(_)) => grant,
            _ => false,
        }
    };
    let fields = sight.leaves.iter().filter(wider);
    let mut risks: Vec<Risk> = fields
        .map(|f| sight.at(f, Code::RoutesLoosened, format!("whose routes are taken goes {}", from_to(f)), help))
        .collect();
    if sight.is("ReferenceGrant") && sight.change.kind == Kind::Added {
        risks.push(sight.risk(Code::RoutesLoosened, "another namespace may refer to what lies here", help));
    }
    risks
}

pub(super) fn tools(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let (before, now) = (Tools::of(&old.value), Tools::of(&new.value));
    let help = "say in the review what the new tools can read and change";
    let mut risks = Vec::new();
    if before.limited && !now.limited {
        risks.push(sight.risk(Code::ToolsLoosened, "every tool may be called from now on", help));
    } else if let Some(more) = now.said_more_than(&before).filter(|_| before.limited) {
        risks.push(sight.risk(Code::ToolsLoosened, format!("more tools may be called: {more}"), help));
    }
    risks
}

/// The tools that an object lets through.
#[derive(Default)]
struct Tools {
    limited: bool,
    /// What the rules say beside names.
    rules: BTreeSet<String>,
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

impl Tools {
    fn of(value: &Value) -> Self {
        let mut tools = Tools::default();
        let authorization = &value["spec"]["policies"]["mcp"]["authorization"];
        let traffic = &value["spec"]["backend"]["mcp"]["authorization"];
        for rules in [authorization, traffic] {
            tools.limited |= !rules.is_null();
            each(rules, "/policy/matchExpressions/*", &mut |_, rule| {
                let rule = rule.as_str().unwrap_or_default();
                let names = conditions::names(rule);
                tools.rules.insert(if names.is_empty() { rule.to_owned() } else { conditions::form(rule) });
                for (shut_out, name) in names {
                    if shut_out {
                        tools.denied.insert(name)
                    } else {
                        tools.allowed.insert(name)
                    };
                }
            });
        }
        each(value, "/spec/**/toolFilter", &mut |_, _| tools.limited = true);
        for (part, into) in [("allow", &mut tools.allowed), ("deny", &mut tools.denied)] {
            each(value, &format!("/spec/**/toolFilter/{part}/*"), &mut |_, name| {
                into.extend(name.as_str().map(str::to_owned));
            });
        }
        tools
    }

    fn said_more_than(&self, before: &Tools) -> Option<String> {
        let more = self.allowed.difference(&before.allowed).chain(before.denied.difference(&self.denied));
        let more: Vec<&str> = more.map(String::as_str).collect();
        let narrower = |rule: &&String| !before.rules.iter().any(|was| conditions::narrows(was, rule));
        match more.is_empty() {
            false => Some(more.join(", ")),
            true => self
                .rules
                .iter()
                .find(narrower)
                .map(|rule| format!("by a rule that is written otherwise, `{}`", short(rule))),
        }
    }
}
