//! The strata of a plan, one method each: capability fields, lists, documents, components, secrets. Each
//! sees only what stands before it; `plan` calls them in order.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::group::catalog::GroupText;
use crate::group::component::{Chart, Component, Secret};
use crate::group::memo::Memo;
use crate::group::scope::Sight;
use crate::group::template::{Context, ENGINE_LISTS, Templates, pick, truthy};
use crate::object::chart_values;
use crate::object::existing::{Existing, Silence};
use crate::object::kinds::is_cluster_scoped;
use crate::plan::choice::{Choice, Choices};
use crate::plan::features::Cluster;
use crate::plan::requirement::order;
use crate::plan::size::{MAX_FINDINGS, MAX_ITEMS, MAX_VALUES, weight};
use crate::text::finding::{Code, Finding};
use crate::text::schema::is_dns_label;
use crate::text::source::{Place, Source};
use crate::text::yaml;

/// The strata 3 and 4 in the making.
pub(crate) struct Work<'a, 'w> {
    pub(crate) templates: &'a Templates,
    pub(crate) cluster: &'w Cluster,
    pub(crate) choices: &'w Choices<'a>,
    /// By group that is on.
    pub(crate) sights: BTreeMap<&'a str, Sight>,
    pub(crate) memo: &'w Memo,
    pub(crate) findings: Vec<Finding>,
    /// What groups say of settings that they take.
    pub(crate) advice: Vec<Finding>,
    /// What expressions have made so far, up to [`MAX_VALUES`].
    pub(crate) made: usize,
}

impl<'a, 'w> Work<'a, 'w> {
    pub(crate) fn stop(&mut self) -> Result<(), Vec<Finding>> {
        if self.findings.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.findings)) }
    }

    pub(crate) fn on(&self) -> impl Iterator<Item = &'w Choice<'a>> + use<'a, 'w> {
        self.choices.values().filter(|c| c.on)
    }

    pub(crate) fn context(&self, choice: &Choice<'a>) -> Context {
        self.sights[choice.group.name.as_str()].context().clone()
    }

    fn sight(&mut self, name: &str) -> &mut Sight {
        self.sights.get_mut(name).expect("every group that is on sees something")
    }

    /// What a stratum makes of one group: made once for all clusters in which the group sees the same.
    pub(crate) fn once<T: Any + Send + Sync>(
        &mut self,
        step: &'static str,
        choice: &Choice<'a>,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Arc<T> {
        let (memo, before) = (self.memo, self.findings.len());
        let name = choice.group.name.as_str();
        let digest = self.sights[name].digest().to_owned();
        let made = memo.get(step, &[name, choice.provider, &digest], || {
            let made = make(self);
            if self.findings.len() == before { Ok(made) } else { Err(made) }
        });
        made.unwrap_or_else(Arc::new)
    }

    pub(crate) fn wrong(&mut self, choice: &Choice<'_>, pointer: &str, sentence: impl Into<String>) {
        self.findings.push(Finding::error(Code::TemplateValue, sentence).place(choice.place(pointer)));
    }

    pub(crate) fn fill(
        &mut self,
        choice: &Choice<'_>,
        pointer: &str,
        value: &Value,
        context: &Context,
    ) -> Option<Value> {
        if !self.charge(choice, pointer, value) {
            return None;
        }
        let filled = self.templates.fill(value, context).inspect(|filled| self.made += weight(filled));
        filled.map_err(|(inner, sentence)| self.wrong(choice, &format!("{pointer}{inner}"), sentence)).ok()
    }

    pub(crate) fn eval(
        &mut self,
        choice: &Choice<'_>,
        pointer: &str,
        expression: &str,
        context: &Context,
    ) -> Option<Value> {
        if !self.charge(choice, pointer, &json!(expression)) {
            return None;
        }
        let value = self.templates.eval(expression, context).inspect(|value| self.made += weight(value));
        value.map_err(|sentence| self.wrong(choice, pointer, sentence)).ok()
    }

    /// Counts an expression before it runs; false when there were too many, which is told once, or too many mistakes.
    fn charge(&mut self, choice: &Choice<'_>, pointer: &str, raw: &Value) -> bool {
        let before = self.made;
        self.made += weight(raw);
        if before <= MAX_VALUES && self.made > MAX_VALUES {
            let sentence = format!("up to here the groups make values of more than {} MiB", MAX_VALUES >> 20);
            self.wrong(choice, pointer, sentence);
        }
        self.made <= MAX_VALUES && self.findings.len() < MAX_FINDINGS
    }

    /// The elements of a `for` (an expression or a literal list), or the one pass without `for`.
    pub(crate) fn each(
        &mut self,
        choice: &Choice<'_>,
        pointer: &str,
        each: Option<&Value>,
        context: &Context,
    ) -> Vec<Context> {
        let list = match each {
            None => return vec![context.clone()],
            Some(Value::String(expression)) => self.eval(choice, pointer, expression, context),
            Some(literal) => Some(literal.clone()),
        };
        match list {
            Some(Value::Array(items)) if items.len() > MAX_ITEMS => {
                self.wrong(choice, pointer, format!("`for` yields {} items; {MAX_ITEMS} are the most", items.len()));
                Vec::new()
            }
            Some(Value::Array(items)) => {
                items.iter().enumerate().map(|(i, item)| context.with("item", item).with("loop", &json!(i))).collect()
            }
            Some(other) => {
                self.wrong(choice, pointer, format!("`for` must yield a list, not {other}"));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    pub(crate) fn when(&mut self, choice: &Choice<'_>, pointer: &str, raw: &Value, context: &Context) -> bool {
        match raw.get("when") {
            None => true,
            Some(Value::String(expression)) => {
                self.eval(choice, &format!("{pointer}/when"), expression, context).is_some_and(|v| truthy(&v))
            }
            Some(literal) => truthy(literal),
        }
    }

    /// Where a setting stands in the user's files; the nearest thing when it is a default.
    pub(crate) fn setting_place(&self, group: &str, pointer: &str) -> Place {
        self.cluster.settings.get(group).map_or_else(|| self.cluster.place.clone(), |node| node.place_at(pointer))
    }

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
        let mut fields: BTreeMap<String, Value> = BTreeMap::new();
        for name in order {
            let choice = &self.choices[name];
            let text = &choice.variant().text;
            for capability in text.requires.iter().chain(&text.uses) {
                if let Some(value) = fields.get(capability.as_str()) {
                    self.sight(name).set_in("capabilities", &capability.replace('-', "_"), value.clone());
                }
            }
            let provided = self.once("capabilities", choice, |work| {
                let context = work.context(choice);
                let one = |capability: &str| {
                    let raw = Value::Object(text.provides[capability].clone());
                    let value = work.fill(choice, &format!("/provides/{capability}"), &raw, &context)?;
                    Some((capability.to_owned(), value))
                };
                text.capabilities().filter_map(one).collect::<Vec<_>>()
            });
            fields.extend(provided.iter().cloned());
        }
    }

    /// Stratum 4: the lists, each item with the group that contributes it.
    pub(crate) fn lists(&mut self) -> BTreeMap<String, Vec<(&'a str, Value)>> {
        let mut lists: BTreeMap<String, Vec<(&str, Value)>> = BTreeMap::new();
        for choice in self.on() {
            for (name, item) in self.once("lists", choice, |work| work.lists_of(choice)).iter() {
                lists.entry(name.clone()).or_default().push((&choice.group.name, item.clone()));
            }
        }
        lists
    }

    fn lists_of(&mut self, choice: &Choice<'a>) -> Vec<(String, Value)> {
        let mut items = Vec::new();
        let context = self.context(choice);
        for (name, fields) in &choice.variant().text.provides {
            let Some(each) = fields.get("for") else { continue };
            let pointer = format!("/provides/{name}");
            let raw: Map<String, Value> =
                fields.iter().filter(|(k, _)| *k != "for").map(|(k, v)| (k.clone(), v.clone())).collect();
            for context in self.each(choice, &format!("{pointer}/for"), Some(each), &context) {
                let item = self.fill(choice, &pointer, &Value::Object(raw.clone()), &context);
                items.extend(item.map(|item| (name.clone(), item)));
            }
        }
        items
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
        for choice in self.on() {
            let sight = self.sight(&choice.group.name);
            for name in choice.variant().text.collects.keys() {
                match list(name) {
                    Some(items) => sight.set(name, Value::Array(items)),
                    None if !ENGINE_LISTS.contains(&name.as_str()) && sight.value().get(name).is_none() => {
                        sight.set(name, json!([]));
                    }
                    None => {}
                }
            }
        }
    }

    /// Values that templates build for their own group.
    pub(crate) fn documents(&mut self) {
        for choice in self.on().filter(|c| !c.variant().text.documents.is_empty()) {
            let made = self.once("documents", choice, |work| work.documents_of(choice));
            let sight = self.sight(&choice.group.name);
            made.iter().for_each(|(name, value)| sight.set_in("documents", name, value.clone()));
        }
    }

    fn documents_of(&mut self, choice: &Choice<'a>) -> Vec<(String, Value)> {
        let mut made = Vec::new();
        // One may use those before it.
        let mut whole = self.sights[choice.group.name.as_str()].value().clone();
        for (name, template) in &choice.variant().text.documents {
            let template = format!("templates/{template}");
            let picked = pick(&whole, self.templates.inputs(&template));
            let parsed = self.templates.render(&template, &picked).and_then(|text| {
                let source = Source::new(format!("{template} (filled)"), text);
                let mut documents = yaml::documents(&source)?;
                match documents.len() {
                    1 => Ok(documents.remove(0)),
                    n => Err(Finding::error(
                        Code::TemplateOutput,
                        format!("a document template yields one value, not {n}"),
                    )
                    .place(Place::new(&source, 0, 0))),
                }
            });
            match parsed {
                Ok(value) => {
                    whole["documents"][name] = value.clone();
                    made.push((name.clone(), value));
                }
                Err(finding) => self.findings.push(finding),
            }
        }
        made
    }

    pub(crate) fn components(&mut self) -> Vec<Component> {
        let mut components: Vec<Component> = Vec::new();
        for choice in self.on() {
            for component in self.once("components", choice, |work| work.components_of(choice)).iter() {
                if components.iter().any(|c| c.name == component.name) {
                    let pointer = format!("/components/{}", component.name);
                    self.wrong(choice, &pointer, format!("another group has a component `{}` too", component.name));
                } else {
                    components.push(component.clone());
                }
            }
        }
        components.sort_by(|a, b| (a.wave, &a.name).cmp(&(b.wave, &b.name)));
        self.nesting(&components);
        components
    }

    fn components_of(&mut self, choice: &Choice<'a>) -> Vec<Component> {
        let mut components = Vec::new();
        let context = self.context(choice);
        for (name, raw) in &choice.variant().text.components {
            let pointer = format!("/components/{name}");
            if !self.when(choice, &pointer, raw, &context) {
                continue;
            }
            let Some(filled) = self.fill(choice, &pointer, &without(raw, &["when"]), &context) else { continue };
            match typed::<Component>(filled).and_then(|c| sound(c, name)) {
                Ok(component) => {
                    let (name, group) = (name.clone(), choice.group.name.clone());
                    let values_file = chart_values::path_of(&name);
                    let chart = component.chart.map(|chart| Chart { values_file, ..chart });
                    components.push(Component { name, group, chart, ..component });
                }
                Err(sentence) => self.wrong(choice, &pointer, sentence),
            }
        }
        components
    }

    /// Argo CD reads folders; a component inside another's folder would be applied twice.
    fn nesting(&mut self, components: &[Component]) {
        let mut paths: Vec<(&str, &Component)> =
            components.iter().filter_map(|c| Some((c.path.as_deref()?, c))).collect();
        paths.sort_by_key(|(path, _)| *path);
        for (i, (outer, a)) in paths.iter().enumerate() {
            for (inner, b) in &paths[i + 1..] {
                if inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                    let place = self.choices[b.group.as_str()].place(&format!("/components/{}/path", b.name));
                    let message = format!("`{}` ({inner}) lies inside `{}` ({outer})", b.name, a.name);
                    self.findings.push(
                        Finding::error(Code::NestedPaths, message)
                            .place(place)
                            .help("paths of components stand side by side"),
                    );
                }
            }
        }
    }

    pub(crate) fn secrets(&mut self, components: &[Component]) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for (choice, pointer, secret) in self.items::<Secret>("secrets", |text| &text.secrets) {
            match components.iter().find(|c| c.name == secret.component) {
                Some(c) if c.path.is_some() => {
                    let namespace =
                        Some(secret.namespace).filter(|n| !n.is_empty()).unwrap_or_else(|| c.namespace.name.clone());
                    secrets.push(Secret { namespace, group: choice.group.name.clone(), pointer, ..secret });
                }
                _ => {
                    let sentence = format!("`{}` is no component with a path that is on", secret.component);
                    self.wrong(choice, &pointer, sentence);
                }
            }
        }
        secrets
    }

    /// What the user, the groups, and the charts and git folders of components bring.
    pub(crate) fn existing(&mut self, components: &[Component]) -> Vec<Existing> {
        let mut existing = self.cluster.existing.clone();
        existing.extend(self.items("existing", |text| &text.existing).into_iter().map(|(_, _, item)| item));
        for component in components {
            let of_chart = component.chart.iter().flat_map(|chart| {
                let by = |e: &Existing| Existing { chart: Some(chart.name.clone()), ..e.clone() };
                chart.creates.iter().map(by)
            });
            let of_git = component.git.iter().flat_map(|git| {
                let by = |e: &Existing| Existing { repository: Some(git.repo.clone()), ..e.clone() };
                git.creates.iter().map(by)
            });
            let here = |e: Existing| {
                let namespace = e.namespace.or_else(|| Some(component.namespace.name.clone()));
                Existing { namespace: namespace.filter(|_| !is_cluster_scoped(e.group.as_deref(), &e.kind)), ..e }
            };
            existing.extend(of_chart.chain(of_git).map(here));
            existing.extend(component.all_namespaces().filter(|n| n.existing).map(|n| Existing::namespace(&n.name)));
        }
        existing
    }

    /// What the user and the groups do not want to hear.
    pub(crate) fn silences(&mut self) -> Vec<Silence> {
        let mut silences = self.cluster.silences.clone();
        for (choice, pointer, silence) in self.items::<Silence>("silence", |text| &text.silence) {
            silences.push(Silence { place: Some(choice.place(&pointer)), ..silence });
        }
        silences
    }

    /// A list of a group file with `for` and `when` carried out, each item with its group and place.
    fn items<T: DeserializeOwned + Clone + Any + Send + Sync>(
        &mut self,
        key: &'static str,
        list: fn(&GroupText) -> &Vec<Value>,
    ) -> Vec<(&'w Choice<'a>, String, T)> {
        let mut items = Vec::new();
        for choice in self.on().filter(|c| !list(&c.variant().text).is_empty()) {
            let made = self.once(key, choice, |work| work.items_of::<T>(choice, key, list));
            items.extend(made.iter().map(|(pointer, item)| (choice, pointer.clone(), item.clone())));
        }
        items
    }

    fn items_of<T: DeserializeOwned>(
        &mut self,
        choice: &Choice<'a>,
        key: &str,
        list: fn(&GroupText) -> &Vec<Value>,
    ) -> Vec<(String, T)> {
        let mut items = Vec::new();
        let context = self.context(choice);
        for (i, raw) in list(&choice.variant().text).iter().enumerate() {
            let pointer = format!("/{key}/{i}");
            for context in self.each(choice, &format!("{pointer}/for"), raw.get("for"), &context) {
                if !self.when(choice, &pointer, raw, &context) {
                    continue;
                }
                let Some(filled) = self.fill(choice, &pointer, &without(raw, &["for", "when"]), &context) else {
                    continue;
                };
                match typed::<T>(filled) {
                    Ok(item) => items.push((pointer.clone(), item)),
                    Err(sentence) => self.wrong(choice, &pointer, sentence),
                }
            }
        }
        items
    }
}

pub(crate) fn without(raw: &Value, keys: &[&str]) -> Value {
    let entries = yaml::object(raw).iter().filter(|(k, _)| !keys.contains(&k.as_str()));
    Value::Object(entries.map(|(k, v)| (k.clone(), v.clone())).collect())
}

pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn sound(component: Component, name: &str) -> Result<Component, String> {
    let sources = [component.path.is_some(), component.chart.is_some(), component.git.is_some()];
    if sources.iter().filter(|given| **given).count() != 1 {
        return Err(format!("component `{name}` needs exactly one of `path`, `chart`, `git`"));
    }
    if component.path.as_deref().is_some_and(|path| path.split('/').next() == Some(chart_values::FOLDER)) {
        return Err(format!(
            "`{}` holds the values of charts: component `{name}` needs another path",
            chart_values::FOLDER
        ));
    }
    let namespaces = component.all_namespaces().map(|namespace| namespace.name.as_str());
    for part in component.path.iter().flat_map(|p| p.split('/')).chain([name]).chain(namespaces) {
        if !is_dns_label(part) {
            return Err(format!("`{part}` in component `{name}` is no DNS label"));
        }
    }
    Ok(component)
}
