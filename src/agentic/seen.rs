//! What rules on the contracts look at: the objects, the model made of them, and whether they are all there is.

use crate::agentic::gateway::Gateway;
use crate::agentic::input::GROUP;
use crate::agentic::model::Model;
use crate::object::object::{Object, Objects};

/// What the rules look at.
pub struct Seen<'a> {
    /// The objects.
    pub objects: &'a Objects<'a>,
    /// Where NetworkPolicies stand: the same objects, or with them all that is rendered.
    pub policies: &'a Objects<'a>,
    /// What they amount to.
    pub model: &'a Model,
    /// The objects are all there is.
    pub closed: bool,
}

impl<'a> Seen<'a> {
    /// The objects hold all of that kind: what is not among them is nowhere.
    pub fn complete(&self, group: &str, kind: &str) -> bool {
        self.closed || self.objects.of(group, kind).next().is_some()
    }

    /// The object of a gateway.
    pub fn object(&self, gateway: &Gateway) -> &'a Object<'a> {
        let found = self.objects.get(GROUP, &gateway.kind, &gateway.namespace, &gateway.name);
        found.expect("the model is made of these objects")
    }

    /// The object of that kind and name.
    pub fn of(&self, kind: &str, namespace: &str, name: &str) -> &'a Object<'a> {
        self.objects.get(GROUP, kind, namespace, name).expect("the model is made of these objects")
    }
}
