//! Guards that settings name (`guardRef`) -> the same settings with what the Guard and its GuardrailProvider say, as if it stood
//! there: one policy for gateways of the contracts and for who reads these settings. What settings say beside the name wins.

use std::borrow::Cow;

use serde_json::Value;

use crate::agentic::guard::reference;
use crate::agentic::input::GROUP;
use crate::group::memo::Memo;
use crate::object::object::{Identity, Object, Objects};
use crate::plan::agentic_stratum::inputs;
use crate::plan::choice::Choices;
use crate::plan::features::Cluster;
use crate::text::finding::{Code, Finding};
use crate::text::merge::overlay;
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;
use crate::text::source::Place;
use crate::text::yaml::{Entry, Kind, Node};

/// The key of an entry that names a Guard.
const NAME: &str = "guardRef";

/// What a provider says of Secrets in its own namespace: (block, key, the setting that says where the secret store has it). Pods
/// read Secrets of their own namespace only.
const SECRETS: [(&str, &str, &str); 2] =
    [("openaiModeration", "apiKeySecretRef", "apiKey"), ("bedrock", "credentialsSecretRef", "secretRef")];

/// A cluster with the Guards that its settings name.
pub(crate) struct Named<'c> {
    pub(crate) cluster: Cow<'c, Cluster>,
    /// Guards and providers whose place the settings take.
    pub(crate) taken: Vec<Identity>,
    pub(crate) findings: Vec<Finding>,
}

/// Looks for the Guards in the user's manifests.
pub(crate) fn named_guards<'c>(choices: &Choices<'_>, cluster: &'c Cluster, memo: &Memo) -> Named<'c> {
    let mut named = Named { cluster: Cow::Borrowed(cluster), taken: Vec::new(), findings: Vec::new() };
    for choice in choices.values().filter(|choice| choice.on) {
        let Some(pointer) = &choice.variant().text.guards else { continue };
        let Some(written) = cluster.settings.get(&choice.group.name) else { continue };
        let entries = written.at(pointer).map(Node::entries).unwrap_or_default();
        if !entries.iter().any(|entry| entry.value.get(NAME).is_some()) {
            continue;
        }
        let (read, mistakes) = inputs(memo, &cluster.manifests);
        if !mistakes.is_empty() {
            named.findings.extend(mistakes);
            continue;
        }
        let objects = Objects::new(read.iter().map(|input| input.object())).0;
        let reads = choices.values().any(|choice| choice.on && choice.variant().text.agentic.is_some());
        let mut with = |entry: &Entry| match resolved(&entry.value, &objects, reads) {
            Ok(None) => entry.clone(),
            Ok(Some((value, taken))) => {
                named.taken.extend(taken);
                Entry { value, ..entry.clone() }
            }
            Err(finding) => {
                named.findings.push(finding);
                entry.clone()
            }
        };
        let guards = entries.iter().map(&mut with).collect();
        let settings = replaced(written, pointer, Kind::Map(guards));
        named.cluster.to_mut().settings.insert(choice.group.name.clone(), settings);
    }
    named
}

/// An entry with what its Guard says; none where it names none, or says who in another way than it must (the schema tells).
fn resolved(entry: &Node, objects: &Objects<'_>, reads: bool) -> Result<Option<(Node, [Identity; 2])>, Finding> {
    let Some(given) = entry.entry(NAME) else { return Ok(None) };
    let (namespace, name) = reference(&given.value.to_value(), "");
    if namespace.is_empty() || name.is_empty() {
        return Ok(None);
    }
    let guard = objects.get(GROUP, "Guard", &namespace, &name).ok_or_else(|| {
        let known: Vec<String> = objects.of(GROUP, "Guard").map(|object| id(object)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match reads {
            true if known.is_empty() => "the manifests hold none".to_owned(),
            true => did_you_mean(&format!("{namespace}/{name}"), &known),
            false => "nothing reads manifests of gateways: `features: { agentic: true }`".to_owned(),
        };
        told(given, format!("there is no Guard {namespace}/{name}")).help(help)
    })?;
    let (of, called) = reference(guard.at("/spec/providerRef").unwrap_or(&Value::Null), &namespace);
    let provider = objects.get(GROUP, "GuardrailProvider", &of, &called).ok_or_else(|| {
        let message = format!("{}: there is no GuardrailProvider {of}/{called}", guard.identity);
        let help = "the namespace is the Guard's own where the reference names none";
        guard.error(Code::AgenticReference, "/spec/providerRef", message).help(help)
    })?;
    let (Some(said), Some(who)) = (spec(guard), spec(provider)) else { return Ok(None) };
    if let Some(help) = out_of_reach(provider, entry) {
        let message =
            format!("the key of {} lies in a Secret of {of}, where the platform's pods do not read", guard.identity);
        return Err(told(given, message).help(help));
    }
    let whole = overlay(&as_setting(said, who), entry);
    if let Some(place) = during_call(&whole, said) {
        let message = format!(
            "{}: of several guards with during_call LiteLLM asks the last alone, and the model has the request already",
            guard.identity
        );
        let help = format!(
            "use `pre_call` or `post_call`; beside `{NAME}`, `mode: [pre_call]` says it for the platform alone"
        );
        return Err(Finding::error(Code::GuardValues, message).place(place).help(help));
    }
    Ok(Some((whole, [guard.identity.clone(), provider.identity.clone()])))
}

/// How an entry says where the secret store has the keys, where the provider has them in a Secret and the entry does not.
fn out_of_reach(provider: &Object<'_>, entry: &Node) -> Option<String> {
    let silent = |(block, key, setting): &&(&str, &str, &str)| {
        provider.at(&format!("/spec/{block}/{key}")).is_some()
            && entry.at(&format!("/provider/{block}/{setting}")).is_none()
    };
    let (block, _, setting) = SECRETS.iter().find(silent)?;
    let form = if *setting == "apiKey" { "{ secret: ... }" } else { "{ accessKeyId: ..., secretAccessKey: ... }" };
    Some(format!("say which key of the secret store it is: `provider: {{ {block}: {{ {setting}: {form} }} }}`"))
}

/// The specs of a Guard and its provider as settings have them.
fn as_setting(guard: &Node, provider: &Node) -> Node {
    let value = SECRETS.iter().fold(provider.clone(), |who, (block, key, _)| match who.get(block) {
        Some(inner) => replaced(&who, &format!("/{block}"), without(inner, key).kind),
        None => who,
    });
    let mut setting = without(guard, "providerRef");
    if let Kind::Map(entries) = &mut setting.kind {
        entries.push(Entry { key: "provider".to_owned(), place: guard.place_at("/providerRef"), value });
    }
    setting
}

/// Where a Guard itself wants `during_call` (rules/guard-values.md).
fn during_call(whole: &Node, said: &Node) -> Option<Place> {
    let Kind::List(modes) = &whole.get("mode")?.kind else { return None };
    let of_guard = |mode: &&Node| mode.place.source.name == said.place.source.name;
    let during = |mode: &&Node| matches!(&mode.kind, Kind::String(text) if text == "during_call");
    modes.iter().filter(of_guard).find(during).map(|mode| mode.place.clone())
}

fn told(given: &Entry, message: String) -> Finding {
    Finding::error(Code::AgenticReference, message).place(given.place.clone())
}

fn id(object: &Object<'_>) -> String {
    format!("{}/{}", object.identity.namespace, object.identity.name)
}

/// The spec of an object as it is written.
fn spec<'o>(object: &Object<'o>) -> Option<&'o Node> {
    object.file?.node(object.document)?.get("spec")
}

/// A map without a key.
fn without(node: &Node, key: &str) -> Node {
    let kept = node.entries().iter().filter(|entry| entry.key != key).cloned().collect();
    Node::new(node.place.clone(), Kind::Map(kept))
}

/// A map with another value at a JSON pointer that is there.
fn replaced(node: &Node, pointer: &str, kind: Kind) -> Node {
    let Some(rest) = pointer.strip_prefix('/') else { return Node::new(node.place.clone(), kind) };
    let (key, below) = rest.split_once('/').map_or((rest, String::new()), |(key, below)| (key, format!("/{below}")));
    let mut kind = Some(kind);
    let mut one = |entry: &Entry| match escaped(&entry.key) == key {
        true => {
            let value = replaced(&entry.value, &below, kind.take().unwrap_or(Kind::Null));
            Entry { value, ..entry.clone() }
        }
        false => entry.clone(),
    };
    let entries = node.entries().iter().map(&mut one).collect();
    Node::new(node.place.clone(), Kind::Map(entries))
}
