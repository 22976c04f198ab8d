//! The connectors of Dex in the values of its chart -> kinds that there are not, keys that none reads, addresses that are none, and variables
//! that its pod has not (dex 2.44 `server/server.go`, `connector/*`, `cmd/dex/config.go`).

use serde_json::Value;

use crate::object::object::Object;
use crate::products::argocd::dex_config;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::each;
use crate::text::schema::{did_you_mean, nearest};

/// Kinds of connectors, each with the keys of its configuration.
const KINDS: [(&str, &str); 18] = [
    ("keystone", "domain keystoneHost keystoneUsername keystonePassword insecureSkipVerify"),
    ("mockCallback", ""),
    ("mockPassword", "username password"),
    (
        "ldap",
        "host insecureNoSSL insecureSkipVerify startTLS rootCA clientCert clientKey rootCAData bindDN bindPW usernamePrompt userSearch groupSearch",
    ),
    ("gitea", "baseURL clientID clientSecret redirectURI orgs loadAllGroups useLoginAsID"),
    (
        "github",
        "clientID clientSecret redirectURI org orgs hostName rootCA teamNameField loadAllGroups useLoginAsID preferredEmailDomain",
    ),
    ("gitlab", "baseURL clientID clientSecret redirectURI groups useLoginAsID getGroupsPermission rootCA rootCAData"),
    (
        "google",
        "clientID clientSecret redirectURI scopes hostedDomains groups serviceAccountFilePath adminEmail domainToAdminEmail fetchTransitiveGroupMembership promptType",
    ),
    (
        "oidc",
        "issuer issuerAlias clientID clientSecret redirectURI providerDiscoveryOverrides basicAuthUnsupported scopes hostedDomains rootCAs insecureSkipEmailVerified insecureEnableGroups allowedGroups acrValues insecureSkipVerify getUserInfo userIDKey userNameKey promptType overrideClaimMapping claimMapping claimModifications",
    ),
    (
        "oauth",
        "clientID clientSecret redirectURI tokenURL authorizationURL userInfoURL scopes rootCAs insecureSkipVerify userIDKey claimMapping",
    ),
    (
        "saml",
        "entityIssuer ssoIssuer ssoURL ca caData insecureSkipSignatureValidation usernameAttr emailAttr groupsAttr groupsDelim allowedGroups filterGroups redirectURI nameIDPolicyFormat",
    ),
    ("samlExperimental", ""),
    ("authproxy", "userIDHeader userHeader userNameHeader emailHeader groupHeader groupHeaderSeparator staticGroups"),
    ("linkedin", "clientID clientSecret redirectURI"),
    (
        "microsoft",
        "clientID clientSecret redirectURI tenant onlySecurityGroups groups groupNameFormat useGroupsAsWhitelist emailToLowercase apiURL graphURL promptType domainHint scopes",
    ),
    ("bitbucket-cloud", "clientID clientSecret redirectURI teams includeTeamGroups"),
    ("openshift", "issuer clientID clientSecret redirectURI groups insecureCA rootCA"),
    ("atlassian-crowd", "baseURL clientID clientSecret groups preferredUsernameField usernamePrompt"),
];

/// Keys of a configuration that hold an address.
const ADDRESSES: [&str; 7] =
    ["issuer", "redirectURI", "baseURL", "tokenURL", "authorizationURL", "userInfoURL", "ssoURL"];

/// What is wrong with the connectors of the configuration that stands there; variables are those of the chart's values.
pub fn findings(object: &Object<'_>, values: &Value, at: &str) -> Vec<Finding> {
    let config = &values["config"];
    let mut findings = Vec::new();
    let mut tell = |pointer: &str, why: String, help: String| {
        let finding = object.error(Code::UnknownChartValue, &format!("{at}/config{pointer}"), why);
        findings.push(finding.help(help));
    };
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let mut unknown = Vec::new();
    each(config, "/connectors/*", &mut |pointer, connector| {
        let kind = connector["type"].as_str().filter(|kind| !kind.contains("{{")).unwrap_or_default();
        let Some((_, keys)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            if !kind.is_empty() {
                let why = format!("{} gives Dex a connector `{kind}`, with which it does not start", object.identity);
                tell(&format!("{pointer}/type"), why, did_you_mean(kind, &names));
            }
            return;
        };
        let known: Vec<&str> = keys.split_whitespace().collect();
        if let (Some(given), false) = (connector["config"].as_object(), known.is_empty()) {
            unknown.extend(dex_config::unknown(object, given.keys(), &known, &format!("{at}/config{pointer}/config")));
        }
        for key in ADDRESSES {
            let Some(address) = connector["config"][key].as_str().filter(|text| !text.contains(['$', '{'])) else {
                continue;
            };
            if !address.starts_with("http://") && !address.starts_with("https://") {
                let why =
                    format!("{} gives Dex `{address}` as `{key}` of a connector, which is no address", object.identity);
                tell(&format!("{pointer}/config/{key}"), why, "write it with `https://`".into());
            }
        }
        let issuer = config["issuer"].as_str().map(|issuer| issuer.trim_end_matches('/')).unwrap_or_default();
        let back = connector["config"]["redirectURI"].as_str().unwrap_or_default();
        if let Some(path) = back.strip_prefix(issuer).filter(|path| !issuer.is_empty() && path.starts_with('/'))
            && !path.starts_with("/callback")
        {
            let why = format!("{} sends logins back to `{path}`, where Dex does not wait for them", object.identity);
            tell(&format!("{pointer}/config/redirectURI"), why, format!("it is `{issuer}/callback`"));
        }
    });
    let variables: Vec<&str> =
        values["envVars"].as_array().into_iter().flatten().filter_map(|v| v["name"].as_str()).collect();
    each(config, "/connectors/*/config/*", &mut |pointer, value| {
        let name = value.as_str().and_then(|text| text.strip_prefix('$')).filter(|name| !variables.contains(name));
        if let Some((name, near)) = name.and_then(|name| Some((name, nearest(name, &variables)?))) {
            let why = format!("{} gives Dex the variable `${name}`, which its pod has not", object.identity);
            tell(pointer, why, format!("did you mean `${near}`?"));
        }
    });
    findings.extend(unknown);
    findings
}
