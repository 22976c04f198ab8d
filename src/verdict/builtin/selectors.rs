//! Labels and label selectors in specs -> what is wrong with their syntax.

use crate::verdict::names::{self, Syntax};
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
