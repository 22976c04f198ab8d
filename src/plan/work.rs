//! A plan in the making, and the one loop over what groups write: whatever entry it is, `for` says how often it counts, `when`
//! whether it does. The strata are methods of [`Work`] in files of their own; `resolve` calls them in order.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::group::items::Items;
use crate::group::memo::Memo;
use crate::group::scope::Scope;
use crate::group::template::{Context, Templates, truthy};
use crate::group::written::{counts, own};
use crate::plan::choice::{Choice, Choices};
use crate::plan::features::Cluster;
use crate::plan::size::{MAX_FINDINGS, MAX_ITEMS, MAX_VALUES, amount};
use crate::text::finding::{Code, Finding};
use crate::text::source::Place;
use crate::text::yaml;

/// One time that an entry counts.
pub(crate) struct Pass {
    pub(crate) context: Context,
    /// What its `for` adds to that: `item` and `loop`.
    pub(crate) own: Map<String, Value>,
}

/// The strata 3 and 4 in the making.
pub(crate) struct Work<'a, 'w> {
    pub(crate) templates: &'a Templates,
    pub(crate) items: &'a Items,
    pub(crate) cluster: &'w Cluster,
    pub(crate) choices: &'w Choices<'a>,
    /// By group that is on.
    pub(crate) scopes: BTreeMap<&'a str, Scope>,
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
        self.scopes[choice.group.name.as_str()].context().clone()
    }

    pub(crate) fn scope(&mut self, name: &str) -> &mut Scope {
        self.scopes.get_mut(name).expect("every group that is on sees something")
    }

    /// What a stratum makes of one group: made once for all clusters in which the group sees the same.
    pub(crate) fn once<T: Any + Send + Sync>(
        &mut self,
        step: &'static str,
        choice: &Choice<'a>,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Arc<T> {
        let digest = self.scopes[choice.group.name.as_str()].digest().to_owned();
        self.known(step, choice, &digest, make)
    }

    /// What a step makes of one group: made once for all clusters in which it sees what this digest is of.
    pub(crate) fn known<T: Any + Send + Sync>(
        &mut self,
        step: &'static str,
        choice: &Choice<'a>,
        digest: &str,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Arc<T> {
        let (memo, before) = (self.memo, self.findings.len());
        let made = memo.get(step, &[&choice.group.name, choice.provider, digest], || {
            let made = make(self);
            if self.findings.len() == before { Ok(made) } else { Err(made) }
        });
        made.unwrap_or_else(Arc::new)
    }

    /// What a stratum makes of all groups that are on.
    pub(crate) fn of_all<T: Any + Clone + Send + Sync>(
        &mut self,
        step: &'static str,
        make: impl Fn(&mut Self, &'w Choice<'a>) -> Vec<T>,
    ) -> Vec<(&'w Choice<'a>, T)> {
        let mut all = Vec::new();
        for choice in self.on() {
            let made = self.once(step, choice, |work| make(work, choice));
            all.extend(made.iter().map(|one| (choice, one.clone())));
        }
        all
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
        let filled = self.templates.fill(value, context).inspect(|filled| self.made += amount(filled));
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
        let value = self.templates.eval(expression, context).inspect(|value| self.made += amount(value));
        value.map_err(|sentence| self.wrong(choice, pointer, sentence)).ok()
    }

    /// Counts an expression before it runs; false when there were too many, which is told once, or too many mistakes.
    fn charge(&mut self, choice: &Choice<'_>, pointer: &str, raw: &Value) -> bool {
        let before = self.made;
        self.made += amount(raw);
        if before <= MAX_VALUES && self.made > MAX_VALUES {
            let sentence = format!("up to here the groups make values of more than {} MiB", MAX_VALUES >> 20);
            self.wrong(choice, pointer, sentence);
        }
        self.made <= MAX_VALUES && self.findings.len() < MAX_FINDINGS
    }

    /// How often an entry counts, and what it sees each time: its `for` is an expression or a list, and its `when`, which sees
    /// the `item`, an expression.
    pub(crate) fn passes(
        &mut self,
        choice: &Choice<'_>,
        pointer: &str,
        [each, when]: [Option<&Value>; 2],
        context: &Context,
    ) -> Vec<Pass> {
        let mut passes = match each {
            None => vec![Pass { context: context.clone(), own: Map::new() }],
            Some(each) => self.each(choice, &format!("{pointer}/for"), each, context),
        };
        if let Some(when) = when {
            passes.retain(|pass| {
                self.taken(choice, &format!("{pointer}/when"), when, &pass.context).is_some_and(|v| truthy(&v))
            });
        }
        passes
    }

    fn each(&mut self, choice: &Choice<'_>, pointer: &str, each: &Value, context: &Context) -> Vec<Pass> {
        let pass = |(i, item): (usize, Value)| {
            let own = [("item".into(), item), ("loop".into(), json!(i))].into_iter().collect();
            Pass { context: context.with(&own), own }
        };
        let sentence = match self.taken(choice, pointer, each, context) {
            Some(Value::Array(items)) if items.len() <= MAX_ITEMS => {
                return items.into_iter().enumerate().map(pass).collect();
            }
            Some(Value::Array(items)) => format!("`for` yields {} items; {MAX_ITEMS} are the most", items.len()),
            Some(other) => format!("`for` must yield a list, not {other}"),
            None => return Vec::new(),
        };
        self.wrong(choice, pointer, sentence);
        Vec::new()
    }

    /// An expression's value, or what stands there itself.
    fn taken(&mut self, choice: &Choice<'_>, pointer: &str, raw: &Value, context: &Context) -> Option<Value> {
        match raw {
            Value::String(expression) => self.eval(choice, pointer, expression, context),
            literal => Some(literal.clone()),
        }
    }

    /// What an entry says in one pass, as its kind of entry has it.
    pub(crate) fn says<T: DeserializeOwned>(
        &mut self,
        choice: &Choice<'_>,
        pointer: &str,
        raw: &Map<String, Value>,
        pass: &Pass,
    ) -> Option<T> {
        let filled = self.fill(choice, pointer, &own(raw), &pass.context)?;
        serde_json::from_value(filled).map_err(|why| self.wrong(choice, pointer, why.to_string())).ok()
    }

    /// All that entries say, each with its pointer and the pass.
    pub(crate) fn all<'e, T: DeserializeOwned>(
        &mut self,
        choice: &Choice<'a>,
        entries: impl IntoIterator<Item = (String, &'e Map<String, Value>)>,
    ) -> Vec<(String, Pass, T)> {
        let (mut said, context) = (Vec::new(), self.context(choice));
        for (pointer, raw) in entries {
            for pass in self.passes(choice, &pointer, counts(raw), &context) {
                said.extend(self.says(choice, &pointer, raw, &pass).map(|one| (pointer.clone(), pass, one)));
            }
        }
        said
    }

    /// Where a setting stands in the user's files; the nearest thing when it is a default.
    pub(crate) fn setting_place(&self, group: &str, pointer: &str) -> Place {
        self.cluster.settings.get(group).map_or_else(|| self.cluster.place.clone(), |node| node.place_at(pointer))
    }
}

/// The entries of a list of a group file, with their pointers.
pub(crate) fn entries<'e>(key: &str, list: &'e [Value]) -> impl Iterator<Item = (String, &'e Map<String, Value>)> {
    list.iter().enumerate().map(move |(i, raw)| (format!("/{key}/{i}"), yaml::object(raw)))
}
