//! What can be reached from outside the cluster.

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::pointer::each;

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
    risks
}

/// How a new object is reached from outside.
fn outside(kind: &str, value: &Value) -> Option<String> {
    if ["Ingress", "Route", "IngressRoute", "VirtualService", "TLSRoute"].contains(&kind) {
        return Some(format!("{kind}s are for that"));
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
        "hostname" if sight.is("Gateway") => field.new.is_some(),
        "hostNetwork" => field.new == Some(true.into()),
        "gatewayClassName" => field.old.is_some(),
        _ if field.passes(&["externalIPs"]) => field.new.is_some(),
        _ if field.steps.iter().any(|step| step == "loadBalancerSourceRanges") => true,
        _ if field.passes(&["hostnames"]) || sight.is("Ingress") => field.new.is_some() && !field.passes(&["labels"]),
        _ if key.contains("external-dns") => field.new.is_some(),
        _ if key.contains("load-balancer") || key.contains("loadbalancer") => {
            let inside = |word: &str| ["internal", "true"].contains(&word.to_lowercase().as_str());
            (inside(&old) && new != old) || new.contains("internet-facing") || new.to_lowercase() == "external"
        }
        _ => false,
    }
}
