//! Objects of runtime.agentic-layer.ai -> the model of what serves them: each gateway with its class, routes, guards,
//! configuration and URL, and each agent with its gateway. The model says what is missing too; `agentic::rules` tells it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::agentic::class::{Class, classes};
use crate::agentic::gateway::{Extras, Gateway, configure, gateway};
use crate::agentic::guard::reference;
use crate::agentic::input::GROUP;
use crate::agentic::route as routes;
use crate::agentic::route::{Broken, Route};
use crate::object::object::{Identity, Object, Objects};

/// Namespace in which agents that name no gateway look for one.
pub const AGENTS_HOME: &str = "ai-gateway";

/// What the objects of one cluster amount to.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The classes, offered or written.
    pub classes: Vec<Class>,
    /// AiGateways, then ToolGateways, each sorted by namespace and name.
    pub gateways: Vec<Gateway>,
    /// Routes that no gateway serves: namespace, name and why.
    pub unserved: Vec<(String, String, Unserved)>,
    /// Agents by namespace and name, each with its gateway.
    pub agents: Vec<(String, String, Choice)>,
}

/// Why no gateway serves a route.
#[derive(Clone, Debug, PartialEq)]
pub enum Unserved {
    /// It names none, and its class asks for that.
    NoReference,
    /// It names none, and several could serve it.
    Several(Vec<String>),
    /// It names one that is not there.
    NoGateway(String, String),
    /// What stands behind it cannot be resolved.
    Upstream(Broken),
    /// Another route of the gateway has its key: that one's namespace and name.
    Taken(String, String),
}

/// Which AiGateway an agent gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// It names this one.
    Named(String, String),
    /// It names none, and this is the only one of [`AGENTS_HOME`].
    Only(String),
    /// It names none, and the first of these that the API server lists counts.
    Arbitrary(Vec<String>),
    /// It names none, and there is none.
    Without,
    /// It names one that is not there.
    Missing(String, String),
}

/// Makes the model of some objects. `offered` are the classes that groups bring.
pub fn model(objects: &Objects<'_>, offered: &[Class], extras: &Extras) -> Model {
    let classes = classes(offered, objects);
    let mut model = Model { classes, ..Model::default() };
    for kind in ["AiGateway", "ToolGateway"] {
        let made = objects.of(GROUP, kind).map(|object| gateway(object, objects, &model.classes, extras));
        let made: Vec<Gateway> = made.collect();
        model.gateways.extend(made);
    }
    let mut keys = BTreeMap::new();
    for route in objects.of(GROUP, "ToolRoute") {
        if let Err(why) = attach(route, objects, &mut model, &mut keys) {
            model.unserved.push((route.identity.namespace.clone(), route.identity.name.clone(), why));
        }
    }
    model.gateways.iter_mut().for_each(configure);
    let agents = objects.of(GROUP, "Agent");
    model.agents =
        agents.map(|a| (a.identity.namespace.clone(), a.identity.name.clone(), choice(a, objects))).collect();
    model
}

impl Model {
    /// The gateway of that kind and name.
    pub fn gateway(&self, kind: &str, namespace: &str, name: &str) -> Option<&Gateway> {
        self.position(kind, namespace, name).map(|at| &self.gateways[at])
    }

    /// Gateways stand in the order of kind, namespace and name.
    fn position(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.gateways.binary_search_by(|g| (&*g.kind, &*g.namespace, &*g.name).cmp(&(kind, namespace, name))).ok()
    }
}

/// The route that has a key at a gateway, which is one of [`Model::gateways`].
type Keys<'a> = BTreeMap<(usize, String), &'a Identity>;

/// Gives a route to the gateway that serves it.
fn attach<'a>(
    route: &Object<'a>,
    objects: &Objects<'_>,
    model: &mut Model,
    keys: &mut Keys<'a>,
) -> Result<(), Unserved> {
    let Identity { namespace, name, .. } = route.identity.clone();
    let index = match routes::named(route) {
        Some((of, gateway)) => {
            let found = model.position("ToolGateway", &of, &gateway);
            found.ok_or(Unserved::NoGateway(of, gateway))?
        }
        None => at_home(model)?,
    };
    let gateway = &mut model.gateways[index];
    let key = routes::key(&namespace, &name);
    let keyed = gateway.by().and_then(|c| c.path.as_deref()).is_some_and(|path| path.contains("{key}"));
    if let Some(other) = keys.get(&(index, key.clone())).filter(|_| keyed) {
        return Err(Unserved::Taken(other.namespace.clone(), other.name.clone()));
    }
    let upstream = routes::upstream(route, objects).map_err(Unserved::Upstream)?;
    keys.entry((index, key.clone())).or_insert(route.identity);
    let texts = |pointer: &str| {
        let texts = route.items(pointer).iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect::<Vec<String>>()
    };
    let (allow, deny) = (texts("/spec/toolFilter/allow"), texts("/spec/toolFilter/deny"));
    let path = gateway.by().and_then(|c| c.path.as_deref()).map(|pattern| routes::path(pattern, &namespace, &name));
    let url = path.map(|path| format!("{}{path}", gateway.url));
    let filter = routes::filter(&allow, &deny);
    gateway.routes.push(Route { namespace, name, key, url, upstream, allow, deny, filter });
    Ok(())
}

/// The gateway that serves routes that name none: the only one in the namespace that its class looks in.
fn at_home(model: &Model) -> Result<usize, Unserved> {
    let home = |g: &Gateway| g.by().and_then(|c| c.home.as_deref()).is_some_and(|home| home == g.namespace);
    let rivals =
        |g: &Gateway| g.kind == "ToolGateway" && model.gateways.iter().any(|o| home(o) && o.namespace == g.namespace);
    let found: Vec<usize> = (0..model.gateways.len()).filter(|i| rivals(&model.gateways[*i])).collect();
    match found[..] {
        [only] => Ok(only),
        [] => Err(Unserved::NoReference),
        _ => Err(Unserved::Several(found.iter().map(|i| model.gateways[*i].id()).collect())),
    }
}

fn choice(agent: &Object<'_>, objects: &Objects<'_>) -> Choice {
    if let Some(given) = agent.at("/spec/aiGatewayRef").filter(|r| r.is_object()) {
        let (namespace, name) = reference(given, &agent.identity.namespace);
        return match objects.get(GROUP, "AiGateway", &namespace, &name) {
            Some(_) => Choice::Named(namespace, name),
            None => Choice::Missing(namespace, name),
        };
    }
    let all = objects.of(GROUP, "AiGateway").filter(|o| o.identity.namespace == AGENTS_HOME);
    let names: Vec<String> = all.map(|o| o.identity.name.clone()).collect();
    match &names[..] {
        [] => Choice::Without,
        [only] => Choice::Only(only.clone()),
        _ => Choice::Arbitrary(names),
    }
}

/// What an agent with that gateway finds in its environment (agent-runtime-operator 0.28.1; the dot after `local` is its own).
pub fn agent_environment(gateway: &Gateway, namespace: &str, agent: &str) -> Vec<(&'static str, String)> {
    let base = format!("http://{}.{}.svc.cluster.local.:{}", gateway.name, gateway.namespace, gateway.port);
    let key = format!("{namespace}/{agent}");
    vec![("LITELLM_PROXY_API_BASE", base), ("LITELLM_PROXY_API_KEY", key), ("USE_LITELLM_PROXY", "True".into())]
}

/// One line of `status` about a gateway.
pub fn status(gateway: &Gateway) -> Value {
    json!({
        "kind": gateway.kind, "namespace": gateway.namespace, "name": gateway.name,
        "class": gateway.class, "target": gateway.target, "url": gateway.url,
        "routes": gateway.routes.iter().map(|r| json!({ "namespace": r.namespace, "name": r.name, "url": r.url })).collect::<Value>(),
    })
}
