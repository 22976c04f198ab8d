//! A LabelSelector and an object's labels -> whether it selects the object. Source: apimachinery 1.35
//! meta/v1 LabelSelectorAsSelector; what that cannot read, an unknown operator or `In` without values, selects nothing.

use serde_json::{Map, Value, json};

/// Labels of an object.
pub type Labels = Map<String, Value>;

/// Whether a LabelSelector selects an object with these labels; an empty one selects every object.
pub fn selects(selector: &Value, labels: Option<&Labels>) -> bool {
    let wanted = selector["matchLabels"].as_object();
    let mut expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    wanted.is_none_or(|wanted| has(labels, wanted)) && expressions.all(|expression| holds(expression, labels))
}

/// Whether all of `wanted` stands among the labels, as the selectors of Services and InferencePools ask.
pub fn has(labels: Option<&Labels>, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
}

/// Whether a selector takes these labels; others there may be unless they are all known.
pub fn may_select(selector: &Value, labels: &Labels, all_known: bool) -> bool {
    let wanted = selector["matchLabels"].as_object();
    let fits = |(key, value): (&String, &Value)| labels.get(key).map_or(!all_known, |label| label == value);
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    let known = |e: &&Value| all_known || e["key"].as_str().is_some_and(|key| labels.contains_key(key));
    wanted.is_none_or(|wanted| wanted.iter().all(fits))
        && expressions.filter(known).all(|e| selects(&json!({ "matchExpressions": [e] }), Some(labels)))
}

fn holds(expression: &Value, labels: Option<&Labels>) -> bool {
    let label = expression["key"].as_str().and_then(|key| labels?.get(key));
    let values = expression["values"].as_array().map_or(&[][..], Vec::as_slice);
    let among = label.is_some_and(|label| values.contains(label));
    match (expression["operator"].as_str().unwrap_or_default(), values.is_empty()) {
        ("In", false) => among,
        ("NotIn", false) => !among,
        ("Exists", true) => label.is_some(),
        ("DoesNotExist", true) => label.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::selects;
    use serde_json::json;

    #[test]
    fn selectors_select_as_in_the_api_server() {
        let labels = json!({ "app": "web", "tier": "front" });
        for (selector, selected) in [
            (json!({}), true),
            (json!({ "matchLabels": { "app": "web" } }), true),
            (json!({ "matchLabels": { "app": "web", "tier": "back" } }), false),
            (json!({ "matchLabels": { "zone": "a" } }), false),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["api", "web"] }] }), true),
            (json!({ "matchExpressions": [{ "key": "zone", "operator": "In", "values": ["a"] }] }), false),
            (json!({ "matchExpressions": [{ "key": "zone", "operator": "NotIn", "values": ["a"] }] }), true),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["web"] }] }), false),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "Exists" }] }), true),
            (json!({ "matchExpressions": [{ "key": "zone", "operator": "DoesNotExist" }] }), true),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "DoesNotExist" }] }), false),
            (json!({ "matchExpressions": [{ "key": "zone", "operator": "Missing" }] }), false),
            (json!({ "matchExpressions": [{ "key": "zone", "operator": "NotIn", "values": [] }] }), false),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "Exists", "values": ["web"] }] }), false),
        ] {
            assert_eq!(selects(&selector, labels.as_object()), selected, "{selector}");
        }
        assert!(selects(&json!({}), None));
        assert!(!selects(&json!({ "matchLabels": { "app": "web" } }), None));
    }
}
