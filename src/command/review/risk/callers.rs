//! Where callers call: ports of Services and listeners, and the header that their key comes in.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::pointer::each;

pub(super) fn lost(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "serve the old address beside the new one until nobody calls it any more";
    let mut risks: Vec<Risk> = ports(sight)
        .into_iter()
        .map(|port| sight.risk(Code::AddressGone, format!("who calls its port {port} reaches nobody"), help))
        .collect();
    if sight.is("Service") && sight.goes() && pods_stay(sight) {
        risks.push(sight.risk(Code::AddressGone, "its name is gone, and the pods that it led to stay", help));
    }
    // Where LiteLLM looks for the key of a caller (litellm 1.89 `proxy/auth/user_api_key_auth.py`), and below which path it answers.
    let key = |field: &&Field| {
        field.ends(&["general_settings", "litellm_key_header_name"])
            || field.shown.ends_with("env[SERVER_ROOT_PATH].value")
    };
    let told = |field: &Field| format!("how it is called goes {}", from_to(field));
    risks.extend(sight.leaves.iter().filter(key).map(|field| sight.at(field, Code::AddressGone, told(field), help)));
    risks
}

/// Ports that are no more, of a Service or of a Gateway.
fn ports(sight: &Sight<'_>) -> Vec<String> {
    let pattern = match sight.change.identity.kind.as_str() {
        "Service" => "/spec/ports/*/port",
        "Gateway" => "/spec/listeners/*/port",
        _ => return Vec::new(),
    };
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let of = |value: &Value| {
        let mut ports = BTreeSet::new();
        each(value, pattern, &mut |_, port| _ = ports.insert(port.to_string()));
        ports
    };
    of(&old.value).difference(&of(&new.value)).cloned().collect()
}

/// Whether what the Service led to is still there.
fn pods_stay(sight: &Sight<'_>) -> bool {
    let selector = sight.old.map_or(&Value::Null, |old| &old.value["spec"]["selector"]);
    let labels = serde_json::json!({ "matchLabels": selector });
    let namespace = &sight.change.identity.namespace;
    selector.is_object() && sight.component_stays() && !sight.has_pods(namespace, &labels, (&sight.before, &sight.now))
}
