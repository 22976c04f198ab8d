//! Rules on guards: references that fail a gateway, guards that operators pass over, that do nothing, or that cannot start.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::agentic::gateway::Gateway;
use crate::agentic::guard::{Guard, Skip};
use crate::agentic::input::GROUP;
use crate::agentic::seen::Seen;
use crate::object::object::Object;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::yaml::object;

/// The actions that Presidio's guard in LiteLLM knows.
const ACTIONS: [&str; 2] = ["MASK", "BLOCK"];

/// The block of a provider's type.
const BLOCKS: [(&str, &str); 2] = [("presidio-api", "presidio"), ("bedrock-api", "bedrock")];

/// Guards and providers that are not there: the operator fails the whole gateway.
pub fn references(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    each(seen, |gateway, i, guard| {
        let object = seen.object(gateway);
        let id = object.identity;
        let pointer = format!("/spec/guardrails/{i}");
        let known = |kind: &str| seen.complete(GROUP, kind);
        let (message, help) = if guard.name.is_empty() {
            (format!("{id}: a guard without a name"), "name the Guard, or remove the item")
        } else if guard.spec.is_null() && known("Guard") {
            (
                format!("{id}: there is no Guard {}/{}", guard.namespace, guard.name),
                "the namespace is the gateway's own where the reference names none",
            )
        } else if guard.spec.is_object() && guard.provider.is_null() && known("GuardrailProvider") {
            (
                format!(
                    "Guard {}/{}: there is no GuardrailProvider {}/{}",
                    guard.namespace, guard.name, guard.provider_namespace, guard.provider_name
                ),
                "the namespace is the Guard's own where the reference names none",
            )
        } else if gateway.is_direct() && gateway.is_litellm() && elsewhere(gateway, guard) {
            (
                format!(
                    "{id}: the key of Guard {} lies in {}, and pods read Secrets of their own namespace only",
                    guard.name,
                    guard.credentials_namespace()
                ),
                "put provider and Secret into the gateway's namespace",
            )
        } else if gateway.is_direct() && gateway.is_litellm() && keyless(gateway, guard) {
            (
                format!("{id}: Guard {} has no key, and LiteLLM does not start without one", guard.name),
                "add `apiKeySecretRef` to its provider, or OPENAI_API_KEY to the gateway",
            )
        } else {
            return;
        };
        findings.push(object.error(Code::AgenticReference, &pointer, message).help(help));
    });
    findings
}

fn elsewhere(gateway: &Gateway, guard: &Guard) -> bool {
    !guard.credentials().is_empty() && guard.credentials_namespace() != gateway.namespace
}

fn keyless(gateway: &Gateway, guard: &Guard) -> bool {
    let variable = gateway.env.iter().any(|v| v["name"] == "OPENAI_API_KEY") || !gateway.env_from.is_empty();
    guard.kind() == "openai-moderation-api" && guard.credentials().is_empty() && !variable
}

/// Guards that the gateway's operator leaves out with a line in its log; rendered here LiteLLM gets more of them.
pub fn skipped(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    each(seen, |gateway, i, guard| {
        if !guard.found() {
            return;
        }
        let why = match gateway.is_litellm() {
            true => guard.entry(&gateway.kind, gateway.is_direct()).err().and_then(|skip| on_litellm(gateway, &skip)),
            false => gateway.by().is_some_and(|c| c.home.is_some()).then(|| on_agentgateway(i, guard)).flatten(),
        };
        if let Some((why, help)) = why {
            let object = seen.object(gateway);
            let message = format!("{} goes without Guard {}/{}: {why}", object.identity, guard.namespace, guard.name);
            findings.push(object.error(Code::GuardSkipped, &format!("/spec/guardrails/{i}"), message).help(help));
        }
    });
    findings
}

fn on_litellm(gateway: &Gateway, skip: &Skip) -> Option<(String, &'static str)> {
    match skip {
        Skip::Type(kind) if gateway.is_direct() => {
            Some((format!("`{kind}` is no type that LiteLLM serves"), "correct the provider's type"))
        }
        Skip::Type(kind) => Some((
            format!("the operator passes over the type {kind}, and gets ready"),
            "render the gateway (`settings.agentic.targets.litellm: litellm`), which serves it; or use presidio-api",
        )),
        Skip::Place(kind) => Some((
            format!("on LiteLLM {kind} has no place at a tool call"),
            "put it on the AiGateway, or use presidio-api",
        )),
        Skip::Modes => {
            Some(("a tool gateway on LiteLLM has no mode after a call".into(), "add pre_call, or remove the guard"))
        }
        Skip::Block(_) => None, // guard-values says it of the provider
    }
}

/// One guard, of Presidio, before or after a call.
fn on_agentgateway(i: usize, guard: &Guard) -> Option<(String, &'static str)> {
    if i > 0 {
        Some(("agentgateway has place for one guard".into(), "keep one"))
    } else if guard.kind() != "presidio-api" {
        Some((format!("its adapter knows no {}", guard.kind()), "use a provider of type presidio-api"))
    } else if guard.modes().contains(&"during_call") {
        Some(("its adapter knows no during_call".into(), "use pre_call or post_call"))
    } else {
        None
    }
}

/// Guards that LiteLLM has in place and never uses.
pub fn without_effect(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    each(seen, |gateway, i, guard| {
        if !gateway.is_litellm() || guard.kind() != "presidio-api" || guard.litellm_modes(&gateway.kind).is_empty() {
            return;
        }
        let object = seen.object(gateway);
        let actions = object_of(&guard.spec, "/presidio/entityActions");
        // Without actions LiteLLM masks, whatever the CRD's description says.
        let masks = actions.is_empty() || actions.values().any(|action| action == "MASK");
        let (message, help) = if gateway.kind == "ToolGateway" {
            (
                format!(
                    "{}: LiteLLM never asks Presidio about a tool call, so Guard {} sees nothing",
                    object.identity, guard.name
                ),
                "put the guard on the AiGateway, or the ToolGateway on the class agentgateway",
            )
        } else if masks && guard.modes().contains(&"during_call") {
            (
                format!(
                    "{}: during_call cannot change a request, so what Guard {} would mask passes",
                    object.identity, guard.name
                ),
                "use pre_call, or BLOCK",
            )
        } else {
            return;
        };
        findings.push(object.warning(Code::GuardWithoutEffect, &format!("/spec/guardrails/{i}"), message).help(help));
    });
    findings
}

/// Values that the CRDs admit.
pub fn values(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for guard in seen.objects.of(GROUP, "Guard") {
        let say = |key: &str, entity: &str, message: String, help: &str| {
            let pointer = format!("/spec/presidio/{key}/{}", escaped(entity));
            guard.error(Code::GuardValues, &pointer, format!("{}: {message}", guard.identity)).help(help.to_owned())
        };
        let spec = guard.at("/spec").unwrap_or(&Value::Null);
        for (entity, score) in object_of(spec, "/presidio/scoreThresholds") {
            let number = score.as_str().and_then(|text| text.parse::<f64>().ok());
            if number.is_none_or(|number| !(0.0..=1.0).contains(&number)) {
                let message = format!("the threshold {score} of {entity} is no number from 0 to 1");
                findings.push(say("scoreThresholds", entity, message, "write it as a text, as in \"0.5\""));
            }
        }
        for (entity, action) in object_of(spec, "/presidio/entityActions") {
            if action.as_str().is_none_or(|action| !ACTIONS.contains(&action)) {
                let message = format!("{action} of {entity} is no action");
                findings.push(say("entityActions", entity, message, "MASK or BLOCK"));
            }
        }
    }
    for provider in seen.objects.of(GROUP, "GuardrailProvider") {
        let kind = provider.text_at("/spec/type");
        let block = BLOCKS.iter().find(|(known, _)| *known == kind).map(|(_, block)| *block);
        if let Some(block) = block.filter(|block| provider.at(&format!("/spec/{block}")).is_none_or(|b| !b.is_object()))
        {
            let message = format!("{} is of type {kind} and says nothing under `{block}`", provider.identity);
            findings.push(provider.error(Code::GuardValues, "/spec/type", message).help(format!("add `{block}`")));
        }
    }
    findings
}

/// LiteLLM knows guards by their bare names.
pub fn names(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.model.gateways.iter().filter(|g| g.is_litellm()) {
        let object: &Object<'_> = seen.object(gateway);
        let mut first: BTreeMap<&str, &Guard> = BTreeMap::new();
        for (i, guard) in gateway.guards.iter().enumerate().filter(|(_, guard)| guard.found()) {
            if let Some(other) = first.insert(&guard.name, guard) {
                let message = format!(
                    "{}: the Guards {}/{} and {}/{} are both `{}` in LiteLLM",
                    object.identity, other.namespace, other.name, guard.namespace, guard.name, guard.name
                );
                let help = "rename one of them: a request that names it means either";
                findings.push(object.warning(Code::GuardName, &format!("/spec/guardrails/{i}"), message).help(help));
            }
        }
    }
    findings
}

fn each(seen: &Seen<'_>, mut look: impl FnMut(&Gateway, usize, &Guard)) {
    for gateway in &seen.model.gateways {
        gateway.guards.iter().enumerate().for_each(|(i, guard)| look(gateway, i, guard));
    }
}

fn object_of<'v>(value: &'v Value, pointer: &str) -> &'v serde_json::Map<String, Value> {
    object(value.pointer(pointer).unwrap_or(&Value::Null))
}
