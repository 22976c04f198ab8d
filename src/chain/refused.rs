//! The rule about conditions on the way of an alias: a policy of agentgateway that refuses what LiteLLM asks for it refuses each
//! call.

use serde_json::json;

use crate::chain::way::{End, Trip, Walk};
use crate::object::object::Object;
use crate::references::gateways::{policies, targets};
use crate::text::finding::{Code, Finding};
use crate::verdict::expression::Expression;

/// What is known of a request before it is made.
const KNOWN: [&str; 3] = ["request.method", "request.path", "json(request.body).model"];

/// Policies that refuse every request of an alias. Those for a part of their target are left out, and so is `Allow`, which another
/// policy may do.
pub fn refused(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let whole = |policy: &&Object<'_>| {
        let asks = ["Deny", "Require"].contains(&policy.text_at("/spec/traffic/authorization/action"));
        asks && policy.all("/spec/targetRefs/*/sectionName").is_empty()
    };
    let policies: Vec<&Object<'_>> = policies(walk.inventory.world).filter(whole).collect();
    for (trip, end) in &walk.trips {
        let End::Taken(way, _) = end else { continue };
        let gateway = &walk.stages[trip.stage].gateway;
        let on_the_way = policies.iter().filter(|p| targets(p, &way.route) || targets(p, gateway));
        findings.extend(on_the_way.filter_map(|policy| {
            let conditions = policy.fact("", || conditions(policy));
            condition(policy, &conditions, trip)
        }));
    }
    findings
}

/// Conditions, each with its pointer.
struct Conditions(Vec<(String, Expression)>);

/// The conditions of a policy that ask for nothing but what is known.
fn conditions(policy: &Object<'_>) -> Conditions {
    let texts = policy.all("/spec/traffic/authorization/policy/matchExpressions/*").into_iter();
    let read = texts.filter_map(|(pointer, text)| Some((pointer, Expression::foreign(text.as_str()?).ok()?)));
    let known = read.filter_map(|(pointer, mut expression)| {
        let known = expression.reads().iter().all(|path| KNOWN.contains(&path.as_str()));
        known.then_some((pointer, expression))
    });
    Conditions(known.collect())
}

/// The first condition of a policy that a trip does not meet, whatever else is in its request.
fn condition(policy: &Object<'_>, conditions: &Conditions, trip: &Trip<'_, '_>) -> Option<Finding> {
    let meant = policy.text_at("/spec/traffic/authorization/action") == "Require";
    let body = json!({ "model": trip.model }).to_string();
    let fails = |(pointer, expression): &(String, Expression)| {
        (expression.holds("POST", &trip.request.path, &body) == Some(!meant)).then(|| pointer.clone())
    };
    let pointer = conditions.0.iter().find_map(fails)?;
    let message = format!("{} refuses every request that LiteLLM makes for `{}`", policy.identity, trip.entry.alias);
    let place = trip.config.part.place(&trip.entry.pointer("/litellm_params/model"));
    let finding = policy.error(Code::AliasRefused, &pointer, message);
    let asked = format!("it asks for POST {} with the model `{}`", trip.request.path, trip.model);
    Some(finding.related(place, &asked).help("name the path and the model that LiteLLM's entry has"))
}
