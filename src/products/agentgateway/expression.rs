//! Known traps of expressions in agentgateway: CEL and regular expressions that it takes and then leaves out.

use regex::Regex;
use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::object::{Object, ObjectRule};
use crate::products::agentgateway::cel_text;
use crate::references::gateways::gateways;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[agentgateway];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[broken_route_regex];

const RULES: &[ObjectRule] = &[cel_values, cel_conditions, too_early, broken_guard_regex];

fn agentgateway(object: &Object<'_>) -> Vec<Finding> {
    match object.identity.group == AGENTGATEWAY {
        true => RULES.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

/// Where transformations stand.
const TRANSFORMATIONS: [&str; 5] = [
    "/spec/traffic/transformation",
    "/spec/traffic/transformation/conditional/*/policy",
    "/spec/backend/transformation",
    "/spec/policies/transformation",
    "/spec/ai/groups/*/providers/*/policies/transformation",
];

/// Further fields that hold the value of something, as CEL.
const VALUES: [&str; 7] = [
    "/spec/backend/ai/transformations/*/expression",
    "/spec/policies/ai/transformations/*/expression",
    "/spec/ai/groups/*/providers/*/policies/ai/transformations/*/expression",
    "/spec/frontend/tracing/attributes/add/*/expression",
    "/spec/frontend/tracing/resources/*/expression",
    "/spec/frontend/accessLog/attributes/add/*/expression",
    "/spec/frontend/metrics/attributes/add/*/expression",
];

/// Where rules on access stand.
const ACCESS: [&str; 4] = [
    "/spec/traffic/authorization",
    "/spec/backend/mcp/authorization",
    "/spec/policies/mcp/authorization",
    "/spec/frontend/networkAuthorization",
];

fn header_values<'a>(object: &Object<'a>) -> Vec<(String, &'a Value)> {
    let fields = ["request/set", "request/add", "response/set", "response/add"];
    let patterns = TRANSFORMATIONS.iter().flat_map(|head| fields.map(|field| format!("{head}/{field}/*/value")));
    patterns.flat_map(|pattern| object.all(&pattern)).collect()
}

/// Further fields that hold a condition.
const CONDITIONS: [&str; 5] = [
    "/spec/frontend/accessLog/filter",
    "/spec/frontend/tracing/filter",
    "/spec/policies/health/unhealthyCondition",
    "/spec/backend/health/unhealthyCondition",
    "/spec/ai/groups/*/providers/*/policies/health/unhealthyCondition",
];

/// `maxLength` of every expression in the CRDs of agentgateway.
const LONGEST: usize = 16384;

fn cel_values(object: &Object<'_>) -> Vec<Finding> {
    let values = header_values(object).into_iter().chain(VALUES.iter().flat_map(|pattern| object.all(pattern)));
    let mut findings = Vec::new();
    for (pointer, text) in values.filter_map(|(pointer, value)| Some((pointer, value.as_str()?))) {
        if text.chars().count() > LONGEST {
            let message = format!(
                "{} has CEL of {} characters, and the API server takes {LONGEST}",
                object.identity,
                text.chars().count()
            );
            let finding = object.error(Code::CelExpression, &pointer, message);
            findings.push(finding.help("a map of models by name has room for about 260: offer fewer on one Gateway"));
        } else if cel_text::is_bare(text) {
            let message = format!("{} has unquoted words where CEL belongs: {text}", object.identity);
            let finding = object.error(Code::CelExpression, &pointer, message);
            findings.push(finding.help(format!("a text is quoted twice: '\"{}\"'", text.trim())));
        } else {
            findings.extend(broken(object, &pointer, text));
        }
    }
    findings
}

fn cel_conditions(object: &Object<'_>) -> Vec<Finding> {
    let of_access = ACCESS.iter().flat_map(|head| object.all(&format!("{head}/policy/matchExpressions/*")));
    let conditions = of_access.chain(CONDITIONS.iter().flat_map(|pattern| object.all(pattern)));
    let texts = conditions.filter_map(|(pointer, value)| Some((pointer, value.as_str()?)));
    texts.filter_map(|(pointer, text)| broken(object, &pointer, text)).collect()
}

fn broken(object: &Object<'_>, pointer: &str, text: &str) -> Option<Finding> {
    let Some(why) = cel_text::broken(text) else {
        let called = cel_text::misnamed(text);
        let (word, near) = cel_text::misspelt(text).or(called)?;
        let does = if called.is_some_and(|(other, _)| other == word) { "calls" } else { "reads" };
        let message = format!("{} has CEL that {does} `{word}`, which is not there", object.identity);
        return Some(object.warning(Code::CelExpression, pointer, message).help(format!("did you mean `{near}`?")));
    };
    let finding =
        object.error(Code::CelExpression, pointer, format!("{} has CEL that does not parse: {why}", object.identity));
    Some(finding.help("agentgateway takes it and leaves it out: a header is not set, a `Deny` never denies"))
}

/// Before routing nobody has read the body as a model request.
fn too_early(object: &Object<'_>) -> Vec<Finding> {
    if object.text_at("/spec/traffic/phase") != "PreRouting" {
        return Vec::new();
    }
    let early =
        header_values(object).into_iter().filter(|(_, v)| v.as_str().is_some_and(|v| cel_text::mentions(v, "llm")));
    let one = |(pointer, _): (String, &Value)| {
        let message =
            format!("{} reads `llm` before routing: it is not there yet, and the header is removed", object.identity);
        let finding = object.error(Code::CelExpression, &pointer, message);
        finding.help("read the body: `string(json(request.body).model)`")
    };
    early.map(one).collect()
}

fn broken_guard_regex(object: &Object<'_>) -> Vec<Finding> {
    let heads = ["/spec/backend/ai", "/spec/policies/ai", "/spec/ai/groups/*/providers/*/policies/ai"];
    let sides = heads
        .iter()
        .flat_map(|head| ["request", "response"].map(|side| format!("{head}/promptGuard/{side}/*/regex/matches/*")));
    let texts = sides.flat_map(|pattern| object.all(&pattern));
    let one = |(pointer, value): (String, &Value)| {
        let why = regex_error(value.as_str()?)?;
        let message =
            format!("{} has a prompt guard that does not parse ({why}): it lets everything through", object.identity);
        Some(object.error(Code::BrokenRegex, &pointer, message).help(REGEX_HELP))
    };
    texts.filter_map(one).collect()
}

const REGEX_HELP: &str = "agentgateway reads Rust's syntax: no look-around, no back references";

fn broken_route_regex(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for route in world.objects.of(GATEWAY, "HTTPRoute") {
        let mut matches = route.all("/spec/rules/*/matches/*/path");
        matches.extend(route.all("/spec/rules/*/matches/*/headers/*"));
        for (pointer, part) in matches.into_iter().filter(|(_, part)| part["type"] == "RegularExpression") {
            let Some(why) = part["value"].as_str().and_then(regex_error) else { continue };
            if gateways(world, route).is_empty() {
                continue;
            }
            let message = format!("{} has a pattern that does not parse ({why}): it never matches", route.identity);
            findings.push(route.error(Code::BrokenRegex, &format!("{pointer}/value"), message).help(REGEX_HELP));
        }
    }
    findings
}

/// Why the regex crate, which agentgateway uses, refuses a pattern: the last line of what it says.
fn regex_error(pattern: &str) -> Option<String> {
    let said = Regex::new(pattern).err()?.to_string();
    let line = said.lines().last().unwrap_or_default();
    Some(line.strip_prefix("error: ").unwrap_or(line).to_owned())
}
