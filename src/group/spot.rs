//! What a rule looks into, a value in it, and what the names of its expressions mean there.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::object::Object;
use crate::object::part::Part;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::{part, unescaped};
use crate::verdict::expression::{Given, Shared};

/// The names that expressions may use.
pub(crate) const NAMES: [&str; 7] = ["self", "object", "id", "key", "parent", "pod", "platform"];

/// What a rule looks into.
pub(crate) struct Subject<'s> {
    pub(crate) object: &'s Object<'s>,
    /// Pointer to the pod template, where it is one.
    pub(crate) template: &'s str,
    /// The configuration in the object, where the rule is about that alone.
    pub(crate) config: Option<&'s Part<'s>>,
    /// `platform`, where a plan is known.
    pub(crate) platform: Option<&'s Value>,
    /// What all spots, or those of one parent, ask for, with the pointer of that parent: a list of thousands has one.
    asked: RefCell<BTreeMap<String, (String, Given)>>,
    /// How many of these there were.
    number: Cell<u64>,
    /// The same as expressions see them.
    pub(crate) shared: RefCell<Shared>,
}

impl<'s> Subject<'s> {
    pub(crate) fn new(
        object: &'s Object<'s>,
        template: &'s str,
        config: Option<&'s Part<'s>>,
        platform: Option<&'s Value>,
    ) -> Self {
        let (asked, number, shared) = Default::default();
        Self { object, template, config, platform, asked, number, shared }
    }

    /// All of it.
    fn whole(&self) -> &Value {
        self.config.map_or(self.object.value, Part::value)
    }

    /// A value that several spots ask for.
    fn once(&self, name: &str, pointer: &str, value: &Value) -> Result<Given, String> {
        if let Some((at, given)) = self.asked.borrow().get(name)
            && at == pointer
        {
            return Ok(given.clone());
        }
        self.number.set(self.number.get() + 1);
        let given = Given::new(value)?.shared(self.number.get());
        self.asked.borrow_mut().insert(name.to_owned(), (pointer.to_owned(), given.clone()));
        Ok(given)
    }

    /// A finding about a part of it.
    pub(crate) fn error(&self, code: Code, pointer: &str, message: String) -> Finding {
        match self.config {
            Some(config) => config.error(code, pointer, message),
            None => self.object.error(code, pointer, message),
        }
    }
}

/// A value that a rule looks at.
pub(crate) struct Spot<'s> {
    pub(crate) subject: &'s Subject<'s>,
    pub(crate) pointer: &'s str,
    pub(crate) value: &'s Value,
}

impl Spot<'_> {
    /// What a name means here.
    ///
    /// # Errors
    /// A number that CEL does not have.
    pub(crate) fn named(&self, name: &str) -> Result<Given, String> {
        let (above, last) = self.pointer.rsplit_once('/').unwrap_or_default();
        let Subject { object, template, platform, .. } = *self.subject;
        let whole = self.subject.whole();
        let parent = || part(whole, above).unwrap_or(&Value::Null);
        match name {
            "self" => self.subject.once(name, self.pointer, self.value),
            "object" => self.subject.once(name, "", whole),
            "pod" => self.subject.once(name, "", part(object.value, template).unwrap_or(&Value::Null)),
            "platform" => self.subject.once(name, "", platform.unwrap_or(&Value::Null)),
            "parent" => self.subject.once(name, above, parent()),
            "id" => Given::new(&Value::from(object.identity.to_string())),
            "key" if parent().is_array() => Given::new(&last.parse::<i64>().map_or(Value::Null, Value::from)),
            _ => Given::new(&Value::from(&*unescaped(last))),
        }
    }
}
