//! Objects -> their pod templates: labels, containers and what those are started with. Answers only.

use std::borrow::Cow;

use serde_json::Value;

use crate::object::kinds::{self, Kind};
use crate::object::labels::{self, Labels, selects};
use crate::object::object::{Object, Objects};

/// A pod template of an object.
#[derive(Clone, Copy, Debug)]
pub struct PodTemplate<'a> {
    /// The object.
    pub owner: Object<'a>,
    /// What is known of its kind.
    pub kind: &'static Kind,
    /// JSON pointer of the template.
    pub pointer: &'static str,
}

/// The pod templates that an object has.
pub fn of<'a>(object: &Object<'a>) -> impl Iterator<Item = PodTemplate<'a>> + use<'a> {
    let (owner, kind) = (*object, kinds::of(&object.identity.group, &object.identity.kind));
    let all = kind.pods.iter().map(move |pointer| PodTemplate { owner, kind, pointer });
    all.filter(|template| template.owner.at(template.pointer).is_some())
}

/// The pod templates of all objects.
pub fn all<'a>(objects: &Objects<'a>) -> impl Iterator<Item = PodTemplate<'a>> {
    kinds::with_pods().flat_map(|(group, kind, _)| objects.of(group, kind)).flat_map(of)
}

impl<'a> PodTemplate<'a> {
    /// The labels of its pods.
    pub fn labels(&self) -> Option<&'a Labels> {
        self.owner.at(&format!("{}/metadata/labels", self.pointer)).and_then(Value::as_object)
    }

    /// Whether its pods have all these labels, as the selectors of Services and InferencePools ask.
    pub fn has(&self, wanted: &Labels) -> bool {
        labels::has(Some(&self.labels_for(Some(wanted), self.labels())), wanted)
    }

    /// Whether a LabelSelector selects its pods.
    pub fn is_selected(&self, selector: &Value) -> bool {
        self.is_selected_with(selector, self.labels())
    }

    /// The same, by who has looked up the labels of its pods.
    pub fn is_selected_with(&self, selector: &Value, own: Option<&Labels>) -> bool {
        selects(selector, Some(&self.labels_for(selector["matchLabels"].as_object(), own)))
    }

    /// The labels of its pods, with those of the wanted ones that only controllers give.
    fn labels_for<'l>(&self, wanted: Option<&Labels>, own: Option<&'l Labels>) -> Cow<'l, Labels> {
        let name = &self.owner.identity.name;
        let given = wanted.into_iter().flatten().filter(|(label, value)| self.kind.gives(label, value, name));
        let mut labels: Labels = given.map(|(label, value)| (label.clone(), value.clone())).collect();
        match own {
            Some(own) if labels.is_empty() => Cow::Borrowed(own),
            own => {
                labels.extend(own.cloned().unwrap_or_default());
                Cow::Owned(labels)
            }
        }
    }

    /// JSON pointer of a part of the pods' spec, itself given by a pointer.
    pub fn spec(&self, part: &str) -> String {
        format!("{}/spec{part}", self.pointer)
    }

    /// The value at a JSON pointer of the pods' spec.
    pub fn at(&self, part: &str) -> Option<&'a Value> {
        self.owner.at(&self.spec(part))
    }

    /// The string at a JSON pointer of the pods' spec; empty when there is none.
    pub fn text_at(&self, part: &str) -> &'a str {
        self.owner.text_at(&self.spec(part))
    }

    /// The items of the list at a JSON pointer of the pods' spec.
    pub fn items(&self, part: &str) -> &'a [Value] {
        self.owner.items(&self.spec(part))
    }

    /// The templates of its pods' claims.
    pub fn claims(&self) -> &'a [Value] {
        if self.kind.claims.is_empty() { &[] } else { self.owner.items(&self.kind.claims) }
    }

    /// The containers that run side by side, each with its pointer.
    pub fn containers(&self) -> Vec<(String, &'a Value)> {
        self.owner.all(&self.spec("/containers/*"))
    }

    /// The same, and those that run before them.
    pub fn all_containers(&self) -> Vec<(String, &'a Value)> {
        let mut all = self.containers();
        all.extend(self.owner.all(&self.spec("/initContainers/*")));
        all
    }
}

/// The repository and the tag of a container's image; a digest counts as neither.
pub fn image(container: &Value) -> (&str, &str) {
    image_parts(container["image"].as_str().unwrap_or_default())
}

/// The repository and the tag of an image; a digest counts as neither.
pub fn image_parts(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        // A colon before a slash is a registry's port.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, ""),
    }
}

/// What a container is started with: `command`, then `args`.
pub fn words(container: &Value) -> Vec<&str> {
    let lists = ["command", "args"].into_iter().filter_map(|key| container[key].as_array());
    lists.flatten().filter_map(Value::as_str).collect()
}

/// The value of a command-line flag `--name value` or `--name=value` (one dash or two); empty for one that stands alone.
pub fn flag<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    let words = words(container);
    words.iter().enumerate().find_map(|(i, word)| {
        let word = word.strip_prefix('-')?;
        let rest = word.strip_prefix('-').unwrap_or(word).strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => {
                Some(words.get(i + 1).filter(|next| !next.starts_with('-')).copied().unwrap_or_default())
            }
            None => None,
        }
    })
}
