//! The strata of what stands in the cluster: components and their Secrets, what is there beside them, and what is not to be
//! reported.

use std::any::Any;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::group::component::{Chart, Component, Secret};
use crate::group::written::GroupText;
use crate::object::chart_values;
use crate::object::existing::{Existing, Silence};
use crate::object::kinds::is_cluster_scoped;
use crate::plan::choice::Choice;
use crate::plan::work::{Work, entries};
use crate::text::finding::{Code, Finding};
use crate::text::schema::is_dns_label;
use crate::text::yaml;

impl<'a, 'w> Work<'a, 'w> {
    pub(crate) fn components(&mut self) -> Vec<Component> {
        let mut components: Vec<Component> = Vec::new();
        for (choice, component) in self.of_all("components", |work, choice| work.components_of(choice)) {
            if components.iter().any(|c| c.name == component.name) {
                let pointer = format!("/components/{}", component.entry);
                self.wrong(choice, &pointer, format!("there is another component `{}`", component.name));
            } else {
                components.push(component);
            }
        }
        components.sort_by(|a, b| (a.wave, &a.name).cmp(&(b.wave, &b.name)));
        self.nesting(&components);
        components
    }

    fn components_of(&mut self, choice: &Choice<'a>) -> Vec<Component> {
        let written = choice.variant().text.components.iter();
        let entries = written.map(|(entry, raw)| (format!("/components/{entry}"), yaml::object(raw)));
        let mut components = Vec::new();
        for (pointer, pass, component) in self.all::<Component>(choice, entries) {
            let entry = pointer.trim_start_matches("/components/").to_owned();
            match named(component, entry, pass.own).and_then(sound) {
                Ok(component) => components.push(Component { group: choice.group.name.clone(), ..component }),
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
                    let place = self.choices[b.group.as_str()].place(&format!("/components/{}/path", b.entry));
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
        for (choice, (pointer, secret)) in self.items::<Secret>("secrets", |text| &text.secrets) {
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
        existing.extend(self.items("existing", |text| &text.existing).into_iter().map(|(_, (_, item))| item));
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
        for (choice, (pointer, silence)) in self.items::<Silence>("silence", |text| &text.silence) {
            silences.push(Silence { place: Some(choice.place(&pointer)), ..silence });
        }
        silences
    }

    /// What the entries of a list of all group files say, each with its group and its pointer.
    fn items<T: DeserializeOwned + Clone + Any + Send + Sync>(
        &mut self,
        key: &'static str,
        list: fn(&GroupText) -> &Vec<Value>,
    ) -> Vec<(&'w Choice<'a>, (String, T))> {
        self.of_all(key, |work, choice| {
            let said = work.all::<T>(choice, entries(key, list(&choice.variant().text)));
            said.into_iter().map(|(pointer, _, item)| (pointer, item)).collect()
        })
    }
}

/// A component with its name, the key of its entry where it says none, and what `for` lets its templates see.
fn named(component: Component, entry: String, own: Map<String, Value>) -> Result<Component, String> {
    let name = if component.name.is_empty() { entry.clone() } else { component.name };
    if own.is_empty() && name != entry {
        return Err(format!("`name` goes with `for`: this component is `{entry}`"));
    }
    let chart = component.chart.map(|chart| Chart { values_file: chart_values::path_of(&name), ..chart });
    Ok(Component { name, entry, own, chart, ..component })
}

fn sound(component: Component) -> Result<Component, String> {
    let name = component.name.as_str();
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
