//! Labels and label selectors in specs: syntax, and whether a selector selects what it must.

use serde_json::Value;

use crate::verdict::names;
use crate::verdict::names::Syntax;
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// What is wrong with a map of labels.
pub fn labels(spot: &Spot<'_>, out: &mut Vec<Violation>) {
    for (key, value) in spot.entries() {
        if let Some(words) = names::fault(Syntax::Key, key) {
            out.push(value.refuse(format!("`{}` cannot have a key `{key}`", spot.path)).help(words));
        }
        value.named(Syntax::LabelValue, out);
    }
}

/// What is wrong with a LabelSelector.
pub fn selector(spot: &Spot<'_>, out: &mut Vec<Violation>) {
    labels(&spot.at("matchLabels"), out);
    for expression in spot.at("matchExpressions").items() {
        expression.at("key").named(Syntax::Key, out);
        let operator = expression.at("operator");
        operator.among(&["In", "NotIn", "Exists", "DoesNotExist"], out);
        requirement(&expression, operator.text(), out);
        expression.at("values").items().for_each(|value| value.named(Syntax::LabelValue, out));
    }
}

/// Whether an operator has the values it needs, and no others.
pub fn requirement(expression: &Spot<'_>, operator: &str, out: &mut Vec<Violation>) {
    let values = expression.at("values");
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            out.push(expression.refuse(format!("`{}` needs `values` for `{operator}`", expression.path)));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            out.push(values.refuse(format!("`{}` cannot have values for `{operator}`", expression.path)));
        }
        _ => {}
    }
}

/// True when the LabelSelector selects an object with these labels.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let label = |key: &str| labels.get(key).and_then(Value::as_str);
    let pairs = selector["matchLabels"].as_object();
    let list = selector["matchExpressions"].as_array();
    pairs.is_none_or(|pairs| pairs.iter().all(|(key, value)| label(key) == value.as_str()))
        && list.into_iter().flatten().all(|e| {
            let have = label(e["key"].as_str().unwrap_or_default());
            let among = have.is_some_and(|have| e["values"].as_array().is_some_and(|v| v.iter().any(|v| v == have)));
            match e["operator"].as_str().unwrap_or_default() {
                "In" => among,
                "NotIn" => !among,
                "Exists" => have.is_some(),
                _ => have.is_none(),
            }
        })
}
