//! What can be reached from outside the cluster.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::objects::Thing;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::pointer::each;
use crate::verdict::builtin::network::lies_in;

pub(super) fn public(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who may come from there, and what asks them for a key";
    let fields = sight.leaves.iter().filter(|field| opens(sight, field));
    let mut risks: Vec<Risk> = fields
        .map(|f| sight.at(f, Code::PublicExposure, format!("what is reached from outside goes {}", from_to(f)), help))
        .collect();
    if sight.change.kind == Kind::Added
        && let Some(how) = sight.new.and_then(|new| outside(&sight.change.identity.kind, &new.value))
    {
        risks.push(sight.risk(Code::PublicExposure, format!("it can be reached from outside: {how}"), help));
    }
    risks.extend(plain(sight).map(|listener| {
        sight.risk(Code::PublicExposure, format!("its listener {listener} takes requests without TLS"), help)
    }));
    risks.extend(sources(sight).map(|how| sight.risk(Code::PublicExposure, how, help)));
    risks.extend(
        paths(sight).into_iter().map(|path| {
            sight.risk(Code::PublicExposure, format!("a further path is reached from outside: {path}"), help)
        }),
    );
    risks
}

/// Where a load balancer takes callers from, when that is more than before.
fn sources(sight: &Sight<'_>) -> impl Iterator<Item = String> {
    let networks = |thing: Option<&Thing>| {
        let (mut found, mut balances) = (BTreeSet::new(), false);
        if let Some(thing) = thing {
            each(&thing.value, "/**/loadBalancerSourceRanges/*", &mut |_, range| {
                found.extend(range.as_str().map(str::to_owned))
            });
            each(&thing.value, "/**/type", &mut |_, kind| balances |= kind == "LoadBalancer");
        }
        (found, balances)
    };
    let ((before, _), (now, balances)) = (networks(sight.old), networks(sight.new));
    let open = !before.is_empty() && now.is_empty() && balances;
    let wider: Vec<String> = now
        .into_iter()
        .filter(|range| !before.is_empty() && !before.iter().any(|was| lies_in(range, was)))
        .map(|range| format!("callers from `{range}` too are let in from outside"))
        .collect();
    open.then(|| "callers from everywhere are let in from outside".to_owned()).into_iter().chain(wider)
}

/// New listeners without TLS of a Gateway that has one with it: what is sent there is read on the way, also where it is only sent on.
fn plain(sight: &Sight<'_>) -> impl Iterator<Item = String> {
    let listeners = |thing: Option<&Thing>| -> BTreeSet<(String, bool)> {
        let all = thing.and_then(|thing| thing.value["spec"]["listeners"].as_array());
        let one = |listener: &Value| Some((listener["name"].as_str()?.to_owned(), listener["protocol"] == "HTTP"));
        all.into_iter().flatten().filter_map(one).collect()
    };
    let (before, now) =
        if sight.is("Gateway") { (listeners(sight.old), listeners(sight.new)) } else { Default::default() };
    let speaks_tls = before.iter().any(|(_, plain)| !plain);
    let fresh =
        now.into_iter().filter(move |(name, plain)| speaks_tls && *plain && !before.contains(&(name.clone(), true)));
    fresh.map(|(name, _)| name)
}

/// Paths of a route with a name of its own that it did not take before.
fn paths(sight: &Sight<'_>) -> Vec<String> {
    let taken = |thing: &Thing| {
        let mut taken = Vec::new();
        each(&thing.value, "/spec/rules/*/matches/*", &mut |_, rule| {
            let path = |key: &str, other: &str| rule["path"][key].as_str().unwrap_or(other).to_owned();
            taken.push((
                path("type", "PathPrefix"),
                path("value", "/"),
                rule["method"].as_str().unwrap_or_default().to_owned(),
            ));
        });
        taken
    };
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    if !new.value["spec"]["hostnames"].is_array() {
        return Vec::new();
    }
    let before = taken(old);
    let covered = |(kind, path, method): &(String, String, String)| {
        before.iter().any(|(was, of, by)| {
            let below = path.strip_prefix(of.trim_end_matches('/')).is_some_and(|r| r.is_empty() || r.starts_with('/'));
            (by.is_empty() || by == method) && ((was, of) == (kind, path) || (was == "PathPrefix" && below))
        })
    };
    taken(new)
        .into_iter()
        .filter(|taken| !covered(taken))
        .map(|(_, path, method)| format!("`{method} {path}`").replace("` ", "`"))
        .collect()
}

/// How a new object is reached from outside.
fn outside(kind: &str, value: &Value) -> Option<String> {
    if ["Ingress", "Route", "IngressRoute", "VirtualService", "TLSRoute"].contains(&kind) {
        return Some(format!("{kind}s are for that"));
    }
    let hosts = value["spec"]["hostnames"].as_array().map_or(&[][..], Vec::as_slice);
    let inside = |host: &&str| !host.contains('.') || host.ends_with(".svc") || host.ends_with(".local");
    if let Some(host) = hosts.iter().filter_map(Value::as_str).find(|host| !inside(host)) {
        return Some(format!("as {host}"));
    }
    let mut how = None;
    each(value, "/**/service|spec/type", &mut |_, found| {
        if let Some(word) = found.as_str().filter(|word| is_public(word)) {
            how = Some(format!("a Service of type {word}"));
        }
    });
    each(value, "/**/hostPort", &mut |_, _| how = Some("a port of the node".to_owned()));
    how
}

/// Parts of the names of annotations by which a controller asks who comes, or from where.
const LETS_IN: [&str; 5] = ["whitelist", "allowlist", "source-range", "inbound-cidrs", "ingress.kubernetes.io/auth-"];

/// Whether a field goes by itself, and not with what it stands in.
fn stays(sight: &Sight<'_>, field: &Field) -> bool {
    sight.new.is_some() && sight.change.fields.iter().any(|whole| whole.shown == field.shown)
}

fn is_public(word: &str) -> bool {
    ["LoadBalancer", "NodePort"].contains(&word)
}

fn opens(sight: &Sight<'_>, field: &Field) -> bool {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (text(&field.old), text(&field.new));
    let key = field.key();
    match key {
        "type" => is_public(&new),
        "hostPort" | "externalIPs" => field.new.is_some(),
        "enabled" if field.passes(&["ingress"]) => field.new == Some(true.into()),
        // Without one it takes requests for any host, where the listener stays.
        "hostname" if sight.is("Gateway") => field.new.is_some() || stays(sight, field),
        "hostnames" if field.new.is_none() => sight.change.identity.kind.ends_with("Route") && stays(sight, field),
        "hostNetwork" => field.new == Some(true.into()),
        "gatewayClassName" => field.old.is_some(),
        // Annotations of a controller that say who may come, as `whitelist-source-range` and `auth-url` of ingress-nginx do.
        _ if field.passes(&["annotations"]) && LETS_IN.iter().any(|part| key.contains(part)) => field.old.is_some(),
        _ if field.passes(&["externalIPs"]) => field.new.is_some(),
        _ if field.steps.iter().any(|step| step == "loadBalancerSourceRanges") => false,
        _ if sight.is("Ingress") && (field.passes(&["spec", "tls"]) || key.starts_with("cert-manager.io/")) => false,
        _ if field.passes(&["hostnames"]) || sight.is("Ingress") => field.new.is_some() && !field.passes(&["labels"]),
        _ if key.contains("external-dns") => field.new.is_some(),
        _ if key.contains("load-balancer") || key.contains("loadbalancer") => {
            let inside = |word: &str| ["internal", "true"].contains(&word.to_lowercase().as_str());
            (inside(&old) && new != old) || new.contains("internet-facing") || new.to_lowercase() == "external"
        }
        _ => false,
    }
}
