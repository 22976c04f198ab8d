//! The stratum of the AiGateway and ToolGateway contracts: the user's manifests and what groups add to them become the lists
//! `agentic_gateway` and `agentic_object`. Stands after the lists and before components.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::agentic::class::{CONTRACT, Class};
use crate::agentic::gateway::{Extras, Gateway};
use crate::agentic::input;
use crate::agentic::input::{GROUP, Input};
use crate::agentic::master_key;
use crate::agentic::model::{Model, model};
use crate::agentic::name_rules::rendered_names;
use crate::agentic::seen::Seen;
use crate::group::memo::Memo;
use crate::group::template::pick;
use crate::object::object::{Identity, Objects};
use crate::plan::choice::Choice;
use crate::plan::mirror::behind;
use crate::plan::work::Work;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;
use crate::text::source::Source;
use crate::text::yaml::object;

/// The list of classes, which groups fill.
const CLASSES: &str = "agentic_class";

/// The contracts of one cluster.
#[derive(Debug, Default)]
pub struct Agentic {
    /// What the user wrote and what groups added.
    pub inputs: Vec<Input>,
    /// The classes that groups offer.
    pub offered: Vec<Class>,
    /// What they amount to.
    pub model: Model,
    /// Guards and providers whose place settings take.
    pub taken: Vec<Identity>,
}

impl Agentic {
    /// All objects of the inputs.
    pub fn objects(&self) -> Objects<'_> {
        Objects::new(self.inputs.iter().map(Input::object)).0
    }

    /// One of the lists that templates see.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<Value>> {
        let gateway = |g: &Gateway| serde_json::to_value(g).expect("plain data");
        match name {
            "agentic_gateway" => Some(self.model.gateways.iter().map(gateway).collect()),
            "agentic_object" => Some(self.passed()),
            _ => None,
        }
    }

    /// Labels and annotations of the Namespaces among the inputs, by name.
    pub(crate) fn namespaces(&self) -> BTreeMap<&str, Value> {
        let namespaces = self.inputs.iter().filter(|i| i.identity.group.is_empty() && i.identity.kind == "Namespace");
        let part = |i: &Input, key: &str| i.value["metadata"].get(key).cloned().unwrap_or_else(|| json!({}));
        let said = |i: &Input| json!({ "labels": part(i, "labels"), "annotations": part(i, "annotations") });
        namespaces.map(|i| (i.identity.name.as_str(), said(i))).collect()
    }

    /// What reaches the cluster as it is: all that no rendered gateway has swallowed.
    fn passed(&self) -> Vec<Value> {
        let replaced = replaced(&self.model, &self.taken);
        let passed = self.inputs.iter().filter(|input| passes(&input.identity, &self.model, &replaced));
        let item = |i: &Input| {
            let namespace = Some(&i.identity.namespace).filter(|n| !n.is_empty());
            json!({ "kind": i.identity.kind, "namespace": namespace, "name": i.identity.name, "object": i.value })
        };
        passed.map(item).collect()
    }
}

/// What gateways use, by kind, namespace and name: whether all of these are rendered, and take its place.
type Replaced<'a> = BTreeMap<(&'a str, &'a str, &'a str), bool>;

fn replaced<'a>(model: &'a Model, taken: &'a [Identity]) -> Replaced<'a> {
    let mut replaced = Replaced::new();
    for gateway in &model.gateways {
        let Gateway { kind, namespace, name, .. } = gateway;
        let routes = gateway.routes.iter().map(|r| ("ToolRoute", &r.namespace, &r.name));
        let guards = gateway.guards.iter().map(|g| ("Guard", &g.namespace, &g.name));
        let providers = gateway.guards.iter().map(|g| ("GuardrailProvider", &g.provider_namespace, &g.provider_name));
        let patch = gateway.patch.config_map().map(|name| ("ConfigMap", namespace, name));
        let own = [(kind.as_str(), namespace, name)];
        for (kind, namespace, name) in own.into_iter().chain(routes).chain(guards).chain(providers).chain(patch) {
            *replaced.entry((kind, namespace, name)).or_insert(true) &= gateway.is_direct();
        }
    }
    for Identity { kind, namespace, name, .. } in taken {
        replaced.entry((kind, namespace, name)).or_insert(true);
    }
    replaced
}

/// False for what a rendered gateway takes the place of, and for Namespaces, which have one owner.
fn passes(identity: &Identity, model: &Model, replaced: &Replaced<'_>) -> bool {
    let Identity { group, kind, namespace, name } = identity;
    match (group.as_str(), kind.as_str()) {
        ("", "Namespace") => false,
        (GROUP, "AiGatewayClass" | "ToolGatewayClass") => {
            let mut same = model.classes.iter().filter(|c| format!("{}Class", c.kind) == *kind && c.name == *name);
            let contract = same.clone().any(|class| class.target == CONTRACT);
            contract || same.next().is_none()
        }
        (GROUP | "", kind) => !replaced.get(&(kind, namespace, name)).copied().unwrap_or_default(),
        _ => true,
    }
}

/// Reads manifests once for all clusters that have the same.
pub(crate) fn inputs(memo: &Memo, sources: &[Arc<Source>]) -> (Vec<Input>, Vec<Finding>) {
    let texts: Vec<&str> = sources.iter().flat_map(|s| [s.name.as_str(), &s.text]).collect();
    let read = memo.get("agentic", &texts, || {
        let (read, findings) = input::read(sources);
        if findings.is_empty() { Ok(read) } else { Err((read, findings)) }
    });
    read.map_or_else(|failed| failed, |read| (read.to_vec(), Vec::new()))
}

impl<'a> Work<'a, '_> {
    /// Reads the contracts of the groups that are on; `taken` is what settings take the place of.
    pub(crate) fn agentic(&mut self, lists: &BTreeMap<String, Vec<(&str, Value)>>, taken: Vec<Identity>) -> Agentic {
        let (mut inputs, mut extras): (Vec<Input>, Extras) = (Vec::new(), Extras::default());
        let mut settings = None;
        for choice in self.on() {
            let Some(text) = &choice.variant().text.agentic else { continue };
            let mut sources = self.cluster.manifests.clone();
            if let Some(template) = &text.objects {
                sources.extend(self.added(choice, template));
            }
            let (read, mistakes) = self::inputs(self.memo, &sources);
            inputs.extend(read);
            self.findings.extend(mistakes);
            if let Some(pointer) = &text.extras {
                extras = self.extras(choice, pointer);
                settings = Some((choice, pointer));
            }
        }
        let offered = self.offered(lists);
        let objects = Objects::new(inputs.iter().map(Input::object)).0;
        let made = model(&objects, &offered, &extras);
        let seen = Seen { objects: &objects, policies: &objects, model: &made, closed: true };
        self.findings.extend(rendered_names(&seen));
        if let Some((choice, pointer)) = settings {
            self.idle_extras(choice, pointer, &extras, &made);
            self.literal_keys(choice, pointer, &extras);
        }
        Agentic { inputs, offered, model: made, taken }
    }

    /// The objects that a group adds: a template, filled.
    fn added(&mut self, choice: &Choice<'a>, template: &str) -> Option<Arc<Source>> {
        let template = format!("templates/{template}");
        let context = pick(self.scopes[choice.group.name.as_str()].value(), self.templates.inputs(&template));
        match self.templates.render(&template, &context) {
            Ok(text) => Some(Source::new(format!("{template} (filled)"), text)),
            Err(finding) => {
                self.findings.push(finding);
                None
            }
        }
    }

    fn offered(&mut self, lists: &BTreeMap<String, Vec<(&str, Value)>>) -> Vec<Class> {
        let mut offered = Vec::new();
        for (group, item) in lists.get(CLASSES).into_iter().flatten() {
            match serde_json::from_value(item.clone()) {
                Ok(class) => offered.push(class),
                Err(why) => self.wrong(&self.choices[group], &format!("/provides/{CLASSES}"), why.to_string()),
            }
        }
        offered
    }

    /// The settings at a JSON pointer, a map by `namespace/name`, with what they are where nothing is said.
    fn extras(&self, choice: &Choice<'a>, pointer: &str) -> Extras {
        let schema = &choice.variant().schema;
        let at = format!("{}/additionalProperties", pointer.replace('/', "/properties/"));
        let settings = &self.scopes[choice.group.name.as_str()].value()["settings"];
        let mut plain = schema.fill_at(&at, &Value::Object(Map::new()));
        if let (Some(registry), Some(schema)) = (self.cluster.platform["registry"].as_str(), schema.json.pointer(&at)) {
            behind(registry, schema, &mut plain);
        }
        Extras { given: settings.pointer(pointer).cloned().unwrap_or_default(), plain }
    }

    /// Settings for a gateway that is not there, or that is not rendered on LiteLLM.
    fn idle_extras(&mut self, choice: &Choice<'a>, pointer: &str, extras: &Extras, model: &Model) {
        let gateways: BTreeMap<String, &Gateway> = model.gateways.iter().rev().map(|g| (g.id(), g)).collect();
        let names: Vec<&str> = gateways.keys().map(String::as_str).collect();
        // Who calls a gateway is told by policies, whoever makes its objects.
        let callers_alone = |given: &Value| {
            let rest = |of: &Value| of.as_object().into_iter().flatten().filter(|(key, _)| *key != "callers").count();
            let same = |(key, value): (&String, &Value)| key == "callers" || extras.plain.get(key) == Some(value);
            rest(given) == rest(&extras.plain) && object(given).iter().all(same)
        };
        for (id, given) in object(&extras.given) {
            let (message, help) = match gateways.get(id) {
                Some(_) if callers_alone(given) => continue,
                None => (format!("there is no gateway `{id}`"), did_you_mean(id, &names)),
                Some(g) if g.is_litellm() && g.is_direct() => continue,
                Some(g) if g.is_litellm() => (
                    format!("this says nothing to the operator that makes the objects of {} {id}", g.kind),
                    "remove it, or let the gateway be rendered: `targets: { litellm: litellm }`".to_owned(),
                ),
                Some(g) => (format!("{} {id} is not on LiteLLM", g.kind), "remove it".to_owned()),
            };
            let at = format!("{pointer}/{}", escaped(id));
            let place = self.setting_place(&choice.group.name, &at);
            self.findings.push(Finding::error(Code::SettingRule, message).place(place).help(help));
        }
    }

    /// Master keys in clear text in the patches of the settings.
    fn literal_keys(&mut self, choice: &Choice<'a>, pointer: &str, extras: &Extras) {
        for (id, extra) in object(&extras.given) {
            for key in master_key::literals(&extra["configPatch"]) {
                let place =
                    self.setting_place(&choice.group.name, &format!("{pointer}/{}/configPatch{key}", escaped(id)));
                let message = format!("the settings hold the master key of {id} in clear text");
                self.findings
                    .push(Finding::error(Code::LiteralMasterKey, message).place(place).help(master_key::help()));
            }
        }
    }
}
