//! ToolRoutes: which gateway serves one, under which key and path, with which MCP server behind it and which tools.

use serde::Serialize;
use serde_json::Value;

use crate::agentic::guard::reference;
use crate::agentic::input::{GROUP, spec};
use crate::object::object::{Object, Objects};

/// The MCP server behind a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upstream {
    /// Its URL.
    pub url: String,
    /// `http` (streamable HTTP) or `sse`.
    pub transport: String,
    /// Host of the URL.
    pub host: String,
    /// Port of the URL, said or not.
    pub port: u16,
    /// Path of the URL.
    pub path: String,
    /// It wants TLS.
    pub tls: bool,
}

/// A ToolRoute as a gateway serves it.
#[derive(Clone, Debug, Serialize)]
pub struct Route {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Name of its server in LiteLLM, and part of the path there.
    pub key: String,
    /// What `status.url` will say; absent where the class's paths are not known.
    pub url: Option<String>,
    /// What stands behind it.
    pub upstream: Upstream,
    /// Tools that are allowed.
    pub allow: Vec<String>,
    /// Tools that are not allowed.
    pub deny: Vec<String>,
    /// The same as one CEL expression on `mcp.tool.name`; absent: all tools.
    pub filter: Option<String>,
}

/// Why nothing can be said to stand behind a route.
#[derive(Clone, Debug, PartialEq)]
pub enum Broken {
    /// It names a ToolServer that is not there: namespace and name.
    NoServer(String, String),
    /// Anything else, as one sentence.
    Because(String),
}

/// The key of a route's server: dashes become underscores, so that two routes can have one key.
pub fn key(namespace: &str, name: &str) -> String {
    format!("{}__{}", namespace.replace('-', "_"), name.replace('-', "_"))
}

/// The path of a route below its gateway, from the pattern of its class.
pub fn path(pattern: &str, namespace: &str, name: &str) -> String {
    pattern.replace("{key}", &key(namespace, name)).replace("{namespace}", namespace).replace("{name}", name)
}

/// The gateway that a route names: namespace and name; `None` when it names none.
pub fn named(route: &Object<'_>) -> Option<(String, String)> {
    let given = route.at("/spec/toolGatewayRef").filter(|r| r.is_object())?;
    Some(reference(given, &route.identity.namespace))
}

/// Resolves what stands behind a route.
///
/// # Errors
/// Why it cannot; the operators leave such a route out and serve the others.
pub fn upstream(route: &Object<'_>, objects: &Objects<'_>) -> Result<Upstream, Broken> {
    if let Some(given) = route.at("/spec/upstream/toolServerRef").filter(|r| r.is_object()) {
        let (namespace, name) = reference(given, &route.identity.namespace);
        let Some(server) = objects.get(GROUP, "ToolServer", &namespace, &name) else {
            return Err(Broken::NoServer(namespace, name));
        };
        return of_server(&spec(server), &namespace, &name).map_err(Broken::Because);
    }
    match route.text_at("/spec/upstream/external/url") {
        "" => Err(Broken::Because("it has neither toolServerRef nor external".into())),
        url => external(url).map_err(Broken::Because),
    }
}

fn of_server(spec: &Value, namespace: &str, name: &str) -> Result<Upstream, String> {
    let transport = spec["transportType"].as_str().unwrap_or_default();
    if !["http", "sse"].contains(&transport) {
        return Err(format!(
            "ToolServer {namespace}/{name} has the transport `{transport}`, which is neither http nor sse"
        ));
    }
    let host = format!("{name}.{namespace}.svc.cluster.local");
    let port = spec["port"].as_u64().and_then(|p| u16::try_from(p).ok()).unwrap_or_default();
    let path = spec["path"].as_str().unwrap_or_default().to_owned();
    Ok(Upstream {
        url: format!("http://{host}:{port}{path}"),
        transport: transport.into(),
        host,
        port,
        path,
        tls: false,
    })
}

/// A URL taken apart as Go's net/url does it. A blank, and a port that nothing can listen on, are refused too; Go takes both.
fn external(url: &str) -> Result<Upstream, String> {
    let wrong = |why: &str| Err(format!("external.url `{url}` {why}"));
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme)) else {
        return wrong("begins with neither http:// nor https://");
    };
    if url.chars().any(|c| c.is_control() || c == ' ') {
        return wrong("holds a blank or a control character");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some(decoded) = unescaped(path) else {
        return wrong("has a `%` without two hex digits behind it");
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, port),
        None => (host, ""),
    };
    let tls = scheme == "https";
    let port = match port {
        "" => Ok(if tls { 443 } else { 80 }),
        digits => digits.parse::<u16>(),
    };
    match port {
        _ if host.is_empty() => wrong("has no host"),
        Ok(port) if port > 0 => {
            let transport = if decoded.ends_with(b"/sse") { "sse" } else { "http" };
            let (host, path) = (host.to_owned(), path.to_owned());
            Ok(Upstream { url: url.to_owned(), transport: transport.into(), host, port, path, tls })
        }
        _ => wrong("has a port that is none"),
    }
}

/// A text with its percent-escapes read; `None` when one of them is none.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let hex = part.get(..2).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    Some(bytes)
}

/// A pattern of a tool filter is a glob, not a name.
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Allow and deny as one CEL expression: what is allowed, and not denied.
pub fn filter(allow: &[String], deny: &[String]) -> Option<String> {
    let any = |patterns: &[String]| patterns.iter().map(|p| predicate(p)).collect::<Vec<_>>().join(" || ");
    match (allow.is_empty(), deny.is_empty()) {
        (true, true) => None,
        (false, true) => Some(any(allow)),
        (true, false) => Some(format!("!({})", any(deny))),
        (false, false) => Some(format!("({}) && !({})", any(allow), any(deny))),
    }
}

fn predicate(pattern: &str) -> String {
    let literal = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match is_glob(pattern) {
        false => format!("mcp.tool.name == {}", literal(pattern)),
        true => format!("mcp.tool.name.matches({})", literal(&regex(pattern))),
    }
}

/// A glob as an anchored RE2 expression.
fn regex(glob: &str) -> String {
    let mut regex = String::from("^");
    for c in glob.chars() {
        match c {
            '*' => regex += ".*",
            '?' => regex.push('.'),
            c if "\\.+()|[]{}^$".contains(c) => regex.extend(['\\', c]),
            c => regex.push(c),
        }
    }
    regex + "$"
}
