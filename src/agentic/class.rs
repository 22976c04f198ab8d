//! Gateway classes: which one serves a gateway, by the rules of the controllers (docs and code of
//! ai-gateway-litellm-operator 0.10.0 and tool-gateway-agentgateway 0.4.0). Knows no route and no guard.

use serde::{Deserialize, Serialize};

use crate::agentic::input::GROUP;
use crate::object::object::{Object, Objects};

/// Controller of AiGateways on LiteLLM.
pub const LITELLM_AI: &str = "aigateway.agentic-layer.ai/ai-gateway-litellm-controller";

/// Controller of ToolGateways on LiteLLM; another prefix.
pub const LITELLM_TOOL: &str = "litellm.agentic-layer.ai/tool-gateway-litellm-controller";

/// Controller of ToolGateways on agentgateway.
pub const AGENTGATEWAY_TOOL: &str = "runtime.agentic-layer.ai/tool-gateway-agentgateway-controller";

/// The target of gateways whose objects a controller in the cluster makes.
pub const CONTRACT: &str = "contract";

/// A class as a group offers it, or as an object in the user's files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Kind of its gateways: AiGateway or ToolGateway.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Who serves it.
    pub controller: String,
    /// Who renders its gateways: [`CONTRACT`], or the name that templates look for.
    pub target: String,
    /// It serves gateways that name no class.
    #[serde(default)]
    pub default: bool,
    /// Path of a route below its gateway's URL, with `{key}`, `{namespace}` and `{name}`; absent: not known.
    #[serde(default)]
    pub path: Option<String>,
    /// Namespace whose only gateway serves routes that name none; absent: nobody serves them.
    #[serde(default)]
    pub home: Option<String>,
}

impl Class {
    /// LiteLLM runs behind it.
    pub fn is_litellm(&self) -> bool {
        [LITELLM_AI, LITELLM_TOOL].contains(&self.controller.as_str())
    }
}

/// The classes that the controllers' own installations bring, for files that hold none.
pub fn shipped() -> Vec<Class> {
    let class =
        |kind: &str, name: &str, controller: &str, default: bool, path: Option<&str>, home: Option<&str>| Class {
            kind: kind.into(),
            name: name.into(),
            controller: controller.into(),
            target: CONTRACT.into(),
            default,
            path: path.map(str::to_owned),
            home: home.map(str::to_owned),
        };
    vec![
        class("AiGateway", "litellm", LITELLM_AI, false, None, None),
        class("ToolGateway", "litellm", LITELLM_TOOL, false, Some("/mcp/{key}"), None),
        class(
            "ToolGateway",
            "agentgateway",
            AGENTGATEWAY_TOOL,
            true,
            Some("/{namespace}/{name}/mcp"),
            Some("tool-gateway"),
        ),
    ]
}

/// What groups offer and what the user's files hold; of two with one kind and name the object in the files counts. A default
/// class in the files takes the place of the default one that is offered.
pub fn classes(offered: &[Class], objects: &Objects<'_>) -> Vec<Class> {
    let mut classes = offered.to_vec();
    for kind in ["AiGateway", "ToolGateway"] {
        let class_kind = format!("{kind}Class");
        let written = objects.of(GROUP, &class_kind).map(|object| written(kind, object, offered));
        let written: Vec<Class> = written.collect();
        let marked = written.iter().any(|class| class.default);
        classes.retain(|class| class.kind != kind || written.iter().all(|other| other.name != class.name));
        classes.iter_mut().filter(|class| class.kind == kind).for_each(|class| class.default &= !marked);
        classes.extend(written);
    }
    classes
}

/// A class of the user's files. Target and habits are those of the offered one with its controller.
fn written(kind: &str, object: &Object<'_>, offered: &[Class]) -> Class {
    let controller = object.text_at("/spec/controller");
    let like = offered.iter().find(|c| c.kind == kind && c.controller == controller);
    let default = format!("/metadata/annotations/{}class.kubernetes.io~1is-default-class", kind.to_lowercase());
    Class {
        kind: kind.into(),
        name: object.identity.name.clone(),
        controller: controller.into(),
        target: like.map_or_else(|| CONTRACT.into(), |c| c.target.clone()),
        default: object.text_at(&default) == "true",
        path: like.and_then(|c| c.path.clone()),
        home: like.and_then(|c| c.home.clone()),
    }
}

/// Which class serves a gateway.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// This one.
    By(Class),
    /// It names a class that is not there; there is no way back to the default one.
    Unknown(String),
    /// It names none, and none is the default.
    Nobody,
    /// It names none, and default classes of several controllers all serve it; nothing arbitrates.
    Several(Vec<String>),
}

/// Chooses for a gateway of a kind that names a class, or none (empty).
pub fn served(classes: &[Class], kind: &str, name: &str) -> Served {
    let of_kind = || classes.iter().filter(|c| c.kind == kind);
    if !name.is_empty() {
        let named = of_kind().find(|c| c.name == name);
        return named.map_or_else(|| Served::Unknown(name.into()), |class| Served::By(class.clone()));
    }
    let defaults: Vec<&Class> = of_kind().filter(|c| c.default).collect();
    match defaults.first() {
        None => Served::Nobody,
        Some(first) if defaults.iter().all(|c| c.controller == first.controller) => Served::By((*first).clone()),
        Some(_) => Served::Several(defaults.iter().map(|c| c.name.clone()).collect()),
    }
}
