//! The strata of values: capability fields, the lists that groups fill, the documents that templates build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::group::scope::Digested;
use crate::group::template::{ENGINE_LISTS, pick};
use crate::group::written::Provided;
use crate::plan::choice::Choice;
use crate::plan::requirement::order;
use crate::plan::work::Work;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::{Place, Source};

/// The capability or list that an entry of `provides` is for.
fn provided_name(pointer: &str) -> &str {
    pointer.trim_start_matches("/provides/").split('/').next().unwrap_or_default()
}

impl<'a> Work<'a, '_> {
    /// Stratum 3, in an order in which each group comes after those whose capabilities it reads.
    pub(crate) fn capabilities(&mut self) {
        let mut provider: BTreeMap<&str, &str> = BTreeMap::new();
        for choice in self.on() {
            provider.extend(choice.variant().text.capabilities().map(|c| (c, choice.group.name.as_str())));
        }
        let order = match order(self.choices, &provider) {
            Ok(order) => order,
            Err(finding) => return self.findings.push(finding),
        };
        let mut fields: BTreeMap<String, Digested> = BTreeMap::new();
        for name in order {
            let choice = &self.choices[name];
            let text = &choice.variant().text;
            for capability in text.requires.iter().chain(&text.uses) {
                match fields.get(capability.as_str()) {
                    Some(value) => self.scope(name).set_in("capabilities", &capability.replace('-', "_"), value),
                    None if !text.requires.contains(capability) => {}
                    None => provider.get(&**capability).into_iter().for_each(|p| self.withheld(name, capability, p)),
                }
            }
            let provided = self.once("capabilities", choice, |work| -> Vec<(String, Digested)> {
                let provided = work.provided(choice, false).into_iter();
                provided.map(|(pointer, value)| (provided_name(&pointer).to_owned(), value.into())).collect()
            });
            fields.extend(provided.iter().cloned());
        }
    }

    /// A capability that a group needs, and whose `when` does not hold.
    fn withheld(&mut self, name: &str, capability: &str, provider: &str) {
        if self.findings.is_empty() {
            let message =
                format!("`{name}` needs `{capability}`, which `{provider}` does not provide with these settings");
            let finding = Finding::error(Code::AmbiguousProvider, message).place(self.setting_place(provider, ""));
            self.findings
                .push(finding.help(format!("`when` at `provides.{capability}` in groups/{provider}.yaml says so")));
        }
    }

    /// What a group provides: its capabilities, or its items of lists, each with the JSON pointer of what says it.
    fn provided(&mut self, choice: &Choice<'a>, lists: bool) -> Vec<(String, Value)> {
        let provides = choice.variant().text.provides.iter().filter(|(_, provided)| provided.is_list() == lists);
        let of_name = |(name, provided): (&String, &'a Provided)| {
            let at = format!("/provides/{name}");
            provided.entries().into_iter().map(move |(item, fields)| (format!("{at}{item}"), fields))
        };
        self.all(choice, provides.flat_map(of_name)).into_iter().map(|(pointer, _, value)| (pointer, value)).collect()
    }

    /// Stratum 4: the lists, each item with the group that contributes it.
    pub(crate) fn lists(&mut self) -> BTreeMap<String, Vec<(&'a str, Value)>> {
        let mut lists: BTreeMap<String, Vec<(&str, Value)>> = BTreeMap::new();
        for (choice, (name, item)) in self.of_all("lists", |work, choice| work.lists_of(choice)) {
            lists.entry(name).or_default().push((&choice.group.name, item));
        }
        lists
    }

    /// Of the items that one entry makes, the first that is wrong is told.
    fn lists_of(&mut self, choice: &Choice<'a>) -> Vec<(String, Value)> {
        let (items, mut told) = (self.provided(choice, true), BTreeSet::new());
        for (pointer, item) in &items {
            let wrong = self.items.findings(provided_name(pointer), item, &|at| choice.place(at), pointer);
            if !wrong.is_empty() && told.insert(pointer) {
                self.findings.extend(wrong);
            }
        }
        items.into_iter().map(|(pointer, item)| (provided_name(&pointer).to_owned(), item)).collect()
    }

    pub(crate) fn unique(&mut self, lists: &BTreeMap<String, Vec<(&str, Value)>>) {
        let mut wanted = BTreeSet::new();
        for choice in self.on() {
            for (list, collect) in &choice.variant().text.collects {
                wanted.extend(collect.unique.iter().map(|field| (list.as_str(), field.as_str())));
            }
        }
        for (list, field) in wanted {
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for (group, item) in lists.get(list).into_iter().flatten() {
                let value = item[field].to_string();
                if let Some(other) = seen.insert(value.clone(), group) {
                    let groups =
                        if other == *group { format!("`{group}` twice") } else { format!("`{other}` and `{group}`") };
                    self.findings.push(
                        Finding::error(Code::DuplicateItem, format!("{groups}: {list} with {field} {value}"))
                            .place(self.setting_place(group, ""))
                            .help(format!("each {list} needs its own {field}")),
                    );
                }
            }
        }
    }

    /// Gives each group the lists that it collects and that are known by now.
    pub(crate) fn add_lists(&mut self, list: impl Fn(&str) -> Option<Vec<Value>>) {
        let mut known: BTreeMap<&str, Option<Digested>> = BTreeMap::new();
        for choice in self.on() {
            let scope = self.scope(&choice.group.name);
            for name in choice.variant().text.collects.keys() {
                match known.entry(name).or_insert_with(|| list(name).map(|items| Value::Array(items).into())) {
                    Some(items) => scope.set(name, items),
                    None if !ENGINE_LISTS.contains(&name.as_str()) && scope.value().get(name).is_none() => {
                        scope.set(name, &json!([]).into());
                    }
                    None => {}
                }
            }
        }
    }

    /// Values that templates build for their own group.
    pub(crate) fn documents(&mut self) {
        for (choice, (name, value)) in self.of_all("documents", |work, choice| work.documents_of(choice)) {
            self.scope(&choice.group.name).set_in("documents", &name, &value);
        }
    }

    /// Each may use those before it.
    fn documents_of(&mut self, choice: &Choice<'a>) -> Vec<(String, Digested)> {
        let (mut made, context) = (Vec::new(), self.context(choice));
        let mut before = json!({});
        for (name, document) in &choice.variant().text.documents {
            let counts = [&document.each, &document.when].map(Option::as_ref);
            let mut values = Vec::new();
            for pass in self.passes(choice, &format!("/documents/{name}"), counts, &context) {
                match self.document(choice, &document.template, &before, pass.own) {
                    Ok(value) => values.push(Value::clone(&value)),
                    Err(finding) => self.findings.push(finding),
                }
            }
            let value = if document.each.is_some() { Some(Value::Array(values)) } else { values.pop() };
            if let Some(value) = value {
                before["documents"][name] = value.clone();
                made.push((name.clone(), value.into()));
            }
        }
        made
    }

    /// It follows from the values that the template names, among them the documents before it.
    fn document(
        &self,
        choice: &Choice<'a>,
        template: &str,
        before: &Value,
        own: Map<String, Value>,
    ) -> Result<Arc<Value>, Finding> {
        let template = format!("templates/{template}");
        let inputs = || self.templates.inputs(&template);
        let mut picked = pick(self.scopes[choice.group.name.as_str()].value(), inputs());
        let earlier = pick(before, inputs());
        earlier.as_object().into_iter().flatten().for_each(|(name, value)| picked[name] = value.clone());
        own.into_iter().for_each(|(name, value)| picked[name] = value);
        self.memo.get("document of a group", &[&template, &picked.to_string()], || {
            let source = Source::new(format!("{template} (filled)"), self.templates.render(&template, &picked)?);
            let mut documents = kubeyaml::values(&source)?;
            match documents.len() {
                1 => Ok(documents.remove(0)),
                n => {
                    Err(Finding::error(Code::TemplateOutput, format!("a document template yields one value, not {n}"))
                        .place(Place::new(&source, 0, 0)))
                }
            }
        })
    }
}
