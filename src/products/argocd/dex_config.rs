//! The configuration of Dex in the values of its chart -> keys that are nearly one that Dex reads, and times that it cannot read: what it does
//! not know it passes over without a word (dex 2.44 `cmd/dex/config.go`, `cmd/dex/serve.go`).

use serde_json::Value;

use crate::object::object::Object;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::forms::duration;
use crate::text::pointer::{each, escaped};
use crate::text::schema::{did_you_mean, is_slip};

/// The maps of the configuration, as patterns of pointers, with the keys that Dex reads there.
const KEYS: [(&str, &str); 14] = [
    (
        "",
        "issuer storage web telemetry oauth2 grpc expiry logger frontend signer staticClients connectors enablePasswordDB staticPasswords",
    ),
    ("/expiry", "signingKeys idTokens authRequests deviceRequests refreshTokens"),
    ("/expiry/refreshTokens", "disableRotation reuseInterval absoluteLifetime validIfNotUsedFor"),
    ("/logger", "level format excludeFields"),
    ("/oauth2", "grantTypes responseTypes skipApprovalScreen alwaysShowLoginScreen passwordConnector"),
    ("/storage", "type config"),
    (
        "/web",
        "http https headers tlsCert tlsKey tlsMinVersion tlsMaxVersion allowedOrigins allowedHeaders clientRemoteIP",
    ),
    ("/telemetry", "http enableProfiling"),
    ("/staticClients/*", "id idEnv secret secretEnv redirectURIs trustedPeers public name logoURL"),
    ("/staticPasswords/*", "email hash hashFromEnv username userID name preferredUsername groups emailVerified"),
    ("/connectors/*", "type name id config grantTypes"),
    (
        "/connectors/*/config/userSearch",
        "baseDN filter username scope idAttr emailAttr nameAttr preferredUsernameAttr emailSuffix",
    ),
    ("/connectors/*/config/groupSearch", "baseDN filter scope userAttr groupAttr userMatchers nameAttr"),
    ("/connectors/*/config/groupSearch/userMatchers/*", "userAttr groupAttr recursionGroupAttr"),
];

/// Maps of which every value is a time of Go.
const TIMES: [&str; 2] = ["/expiry/*", "/expiry/refreshTokens/*"];

/// Values of which Dex knows a few.
const CHOICES: [(&str, &[&str]); 4] = [
    ("/oauth2/responseTypes/*", &["code", "token", "id_token"]),
    ("/logger/level", &["debug", "info", "warn", "error"]),
    ("/logger/format", &["json", "text"]),
    ("/storage/type", &["kubernetes", "memory", "sqlite3", "postgres", "mysql", "etcd", "ent"]),
];

/// Keys that Dex does not read: an error where one is nearly another. It reads them in any case, as Go's JSON does.
pub fn unknown<'k>(
    object: &Object<'_>,
    keys: impl Iterator<Item = &'k String>,
    known: &[&str],
    at: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in keys.filter(|key| !known.iter().any(|known| known.eq_ignore_ascii_case(key))) {
        let near = known.iter().any(|known| is_slip(&known.to_lowercase(), &key.to_lowercase()));
        let severity = if near { Severity::Error } else { Severity::Warning };
        let message = format!("{} gives Dex a key `{key}`, which it passes over", object.identity);
        let finding = object.error(Code::UnknownChartValue, &format!("{at}/{}", escaped(key)), message);
        findings.push(Finding { severity, ..finding.help(did_you_mean(key, known)) });
    }
    findings
}

/// What is wrong with the configuration that stands there in the Application.
pub fn findings(object: &Object<'_>, config: &Value, at: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, known) in KEYS {
        let known: Vec<&str> = known.split(' ').collect();
        each(config, pattern, &mut |below, map| {
            let keys = map.as_object().into_iter().flatten().map(|(key, _)| key);
            findings.extend(unknown(object, keys, &known, &format!("{at}{below}")));
        });
    }
    for pattern in TIMES {
        each(config, pattern, &mut |below, value| {
            let wrong = value.as_str().filter(|text| !text.contains("{{") && duration(text).is_none());
            findings.extend(wrong.map(|text| {
                let message = format!("{} gives Dex the time `{text}`, with which it does not start", object.identity);
                let finding = object.error(Code::UnknownChartValue, &format!("{at}{below}"), message);
                finding.help("a time of Go, as `30m` or `1h30m`; it knows no days")
            }));
        });
    }
    for (pattern, choices) in CHOICES {
        each(config, pattern, &mut |below, value| {
            let wrong =
                value.as_str().filter(|text| !text.contains("{{") && !choices.contains(&text.to_lowercase().as_str()));
            findings.extend(wrong.map(|text| {
                let message = format!("{} gives Dex `{text}`, with which it does not start", object.identity);
                let finding = object.error(Code::UnknownChartValue, &format!("{at}{below}"), message);
                finding.help(did_you_mean(text, choices))
            }));
        });
    }
    findings
}
