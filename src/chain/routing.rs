//! Which rule of which HTTPRoute takes a request at a Gateway, as the Gateway API and agentgateway decide it. Takes
//! attachment as the parentRefs say it: whether the listener lets a route in is another's to check.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chain::model_header::Carried;
use crate::object::api_group::GATEWAY;
use crate::object::object::Object;
use crate::references::listener::hosts_meet;
use crate::references::world::World;

/// One match of one rule, attached to a Gateway.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The HTTPRoute.
    pub route: Object<'a>,
    /// Index of the rule.
    pub rule: usize,
    /// Index of the match; a rule without matches has one that takes everything.
    pub index: usize,
    /// The match; null where the rule has none.
    pub condition: &'a Value,
    /// The section of the Gateway that the route names; empty: all of them.
    pub section: &'a str,
}

/// A request as it arrives at the Gateway.
#[derive(Clone, Debug)]
pub struct Request {
    /// Host of the URL.
    pub host: String,
    /// Path of the URL.
    pub path: String,
    /// Headers by lower-case name, as they are after the PreRouting policies.
    pub headers: BTreeMap<String, Carried>,
    /// It may carry others too.
    pub open: bool,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It does not.
    No,
    /// The files do not tell.
    Perhaps,
    /// It does.
    Yes,
}

impl<'a> Way<'a> {
    /// JSON pointer of the rule in the HTTPRoute.
    pub fn rule_pointer(&self) -> String {
        format!("/spec/rules/{}", self.rule)
    }

    /// JSON pointer of the match, or of the rule where it has none.
    pub fn pointer(&self) -> String {
        match self.condition {
            Value::Null => self.rule_pointer(),
            _ => format!("/spec/rules/{}/matches/{}", self.rule, self.index),
        }
    }

    /// The rule.
    pub fn rule_value(&self) -> &'a Value {
        self.route.at(&self.rule_pointer()).unwrap_or(&Value::Null)
    }

    /// The path it matches: type and value, by default every path.
    pub fn path(&self) -> (&'a str, &'a str) {
        let text = |key: &str, default| self.condition["path"][key].as_str().unwrap_or(default);
        (text("type", "PathPrefix"), text("value", "/"))
    }

    /// The headers it demands: index, name, type and value.
    pub fn headers(&self) -> impl Iterator<Item = (usize, &'a str, &'a str, &'a str)> + use<'a> {
        let headers = self.condition["headers"].as_array().map_or(&[][..], Vec::as_slice);
        headers.iter().enumerate().map(|(i, h)| {
            let text = |key: &str, default| h[key].as_str().unwrap_or(default);
            (i, text("name", ""), text("type", "Exact"), text("value", ""))
        })
    }

    /// Whether host, method and path fit; no header is looked at.
    pub fn takes_path(&self, request: &Request) -> Holds {
        let hosts = self.route.items("/spec/hostnames");
        let host = hosts.is_empty() || hosts.iter().filter_map(Value::as_str).any(|h| hosts_meet(h, &request.host));
        let method = self.condition["method"].as_str().is_none_or(|m| m == "POST");
        let asks_query = self.condition["queryParams"].as_array().is_some_and(|q| !q.is_empty());
        if !host || !method || asks_query { Holds::No } else { path_fits(self.path(), &request.path) }
    }

    /// Whether the headers fit.
    pub fn takes_headers(&self, request: &Request) -> Holds {
        self.headers().map(|(_, name, kind, value)| header_fits(request, name, kind, value)).min().unwrap_or(Holds::Yes)
    }

    /// Whether both are matches of one rule: then it does not matter which one takes a request.
    pub fn same_rule(&self, other: &Way<'_>) -> bool {
        self.route.identity == other.route.identity && self.rule == other.rule
    }

    /// What wins among the matches that take one request: exact paths, long prefixes, a method, many headers.
    pub fn precedence(&self) -> (bool, usize, bool, usize) {
        let (kind, path) = self.path();
        let length = if kind == "PathPrefix" { path.trim_end_matches('/').len() } else { path.len() };
        (kind == "Exact", length, self.condition["method"].is_string(), self.headers().count())
    }

    /// What a path becomes by the rule's URLRewrite; `None` when that cannot be told.
    pub fn rewritten(&self, path: &str) -> Option<String> {
        let filters = self.rule_value()["filters"].as_array().map_or(&[][..], Vec::as_slice);
        let Some(filter) = filters.iter().find(|f| f["type"] == "URLRewrite") else { return Some(path.to_owned()) };
        let to = &filter["urlRewrite"]["path"];
        match (to["type"].as_str(), self.path()) {
            (None, _) => Some(path.to_owned()),
            (Some("ReplaceFullPath"), _) => to["replaceFullPath"].as_str().map(str::to_owned),
            (Some("ReplacePrefixMatch"), ("PathPrefix", prefix)) => {
                let rest = path.strip_prefix(prefix.trim_end_matches('/'))?.trim_start_matches('/');
                let start = to["replacePrefixMatch"].as_str()?.trim_end_matches('/');
                Some(if rest.is_empty() && !start.is_empty() { start.to_owned() } else { format!("{start}/{rest}") })
            }
            _ => None,
        }
    }
}

/// Whether a header condition holds for a request.
pub fn header_fits(request: &Request, name: &str, kind: &str, value: &str) -> Holds {
    let name = name.to_ascii_lowercase();
    match request.headers.get(&name) {
        // What clients of HTTP send by themselves begins otherwise.
        None if request.open || !name.starts_with("x-") || name.starts_with("x-stainless-") => Holds::Perhaps,
        None | Some(Carried::Absent) => Holds::No,
        Some(Carried::Is(carried)) if kind == "Exact" && carried != value => Holds::No,
        Some(Carried::Is(_)) if kind == "Exact" => Holds::Yes,
        Some(_) => Holds::Perhaps,
    }
}

/// Whether a path condition, type and value, holds for a path.
pub fn path_fits((kind, wanted): (&str, &str), path: &str) -> Holds {
    let yes = match kind {
        "PathPrefix" => {
            let prefix = wanted.trim_end_matches('/');
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        "Exact" => path == wanted,
        _ => return Holds::Perhaps,
    };
    if yes { Holds::Yes } else { Holds::No }
}

/// All matches of the HTTPRoutes that name each Gateway as parent, by the Gateway's namespace and name.
pub fn ways<'a>(world: &World<'a>) -> BTreeMap<(&'a str, &'a str), Vec<Way<'a>>> {
    let mut ways: BTreeMap<_, Vec<Way<'a>>> = BTreeMap::new();
    for route in world.objects.of(GATEWAY, "HTTPRoute") {
        let text = |value: &'a Value, default| value.as_str().unwrap_or(default);
        for parent in route.items("/spec/parentRefs").iter().filter(|p| text(&p["kind"], "Gateway") == "Gateway") {
            let namespace = text(&parent["namespace"], &route.identity.namespace);
            let found = ways.entry((namespace, text(&parent["name"], ""))).or_default();
            found.extend(matches(route, text(&parent["sectionName"], "")));
        }
    }
    ways
}

fn matches<'a>(route: &Object<'a>, section: &'a str) -> impl Iterator<Item = Way<'a>> {
    static ANY: [Value; 1] = [Value::Null];
    let route = *route;
    let rules = route.items("/spec/rules").iter().enumerate();
    rules.flat_map(move |(rule, value)| {
        let matches = value["matches"].as_array().filter(|m| !m.is_empty()).map_or(&ANY[..], Vec::as_slice);
        matches.iter().enumerate().map(move |(index, condition)| Way { route, rule, index, condition, section })
    })
}
