//! The model of the contracts -> words about one gateway, route or agent: who serves it, under which URL, with which
//! configuration, and which of its lines the patch changed.

use serde_json::Value;

use crate::agentic::class::{CONTRACT, Served};
use crate::agentic::config_patch::marked;
use crate::agentic::gateway::{Gateway, Patch};
use crate::agentic::model::{AGENTS_HOME, Choice, Model, Unserved, agent_environment};
use crate::agentic::route::{Broken, Route};

/// All names that can be explained.
pub fn names(model: &Model) -> Vec<String> {
    let gateways = model.gateways.iter().map(|g| format!("{}/{}", g.kind, g.id()));
    let served = model.gateways.iter().flat_map(|g| &g.routes).map(|r| format!("ToolRoute/{}/{}", r.namespace, r.name));
    let unserved = model.unserved.iter().map(|(namespace, name, _)| format!("ToolRoute/{namespace}/{name}"));
    let agents = model.agents.iter().map(|(namespace, name, _)| format!("Agent/{namespace}/{name}"));
    gateways.chain(served).chain(unserved).chain(agents).collect()
}

/// What is to be said of one of [`names`]; `None`: there is no such thing.
pub fn explain(model: &Model, topic: &str) -> Option<String> {
    let mut parts = topic.split('/');
    let (kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    let lines = match kind {
        "AiGateway" | "ToolGateway" => gateway(model.gateway(kind, namespace, name)?),
        "ToolRoute" => route(model, namespace, name)?,
        "Agent" => agent(model, namespace, name)?,
        _ => return None,
    };
    Some(format!("{kind} {namespace}/{name}\n{lines}"))
}

fn line(name: &str, words: &str) -> String {
    format!("  {name:<8} {words}\n")
}

fn gateway(gateway: &Gateway) -> String {
    let mut text = match &gateway.served {
        Served::By(class) => line("class", &format!("{} ({})", class.name, class.controller)),
        Served::Unknown(name) => line("class", &format!("{name}, which is not there")),
        Served::Nobody => line("class", "none, and there is no default one"),
        Served::Several(names) => line("class", &format!("none, and several are default: {}", names.join(", "))),
    };
    text += &match gateway.target.as_deref() {
        Some(CONTRACT) => line("target", "contract: the class's controller makes its objects"),
        Some(target) => line("target", &format!("{target}: its objects are rendered")),
        None => line("target", "none: something is missing, `gatewright check` tells what"),
    };
    text += &line("url", &gateway.url);
    for route in &gateway.routes {
        text += &line("route", &route_line(route));
    }
    for guard in &gateway.guards {
        text += &line(
            "guard",
            &format!("{}/{} ({}; {})", guard.namespace, guard.name, guard.kind(), guard.modes().join(", ")),
        );
    }
    text + &configuration(gateway)
}

fn route_line(route: &Route) -> String {
    let url = route.url.as_deref().unwrap_or("its path is the controller's matter");
    format!("{}/{} at {url}, to {}", route.namespace, route.name, route.upstream.url)
}

fn configuration(gateway: &Gateway) -> String {
    let mut text = match &gateway.patch {
        Patch::None => String::new(),
        Patch::Text(name, _) => line("patch", &format!("patch.yaml of ConfigMap {}/{name}", gateway.namespace)),
        Patch::Missing(name) => line("patch", &format!("ConfigMap {}/{name} is not there", gateway.namespace)),
        Patch::NoKey(name) => line("patch", &format!("ConfigMap {}/{name} has no patch.yaml", gateway.namespace)),
        Patch::Refused(name, why) => {
            line("patch", &format!("ConfigMap {}/{name} is refused: {why}", gateway.namespace))
        }
    };
    let (Some(config), Some(hash), Some(base)) = (&gateway.config, &gateway.config_hash, &gateway.base) else {
        return text;
    };
    let patch = (gateway.patch != Patch::None).then_some("the patch");
    let setting = gateway.strict_patch().map(|_| "configPatch of the settings (RFC 7396)");
    let patches: Vec<&str> = patch.into_iter().chain(setting).collect();
    text += &line("config", &format!("config.yaml, hash {hash}"));
    if patches.is_empty() {
        return text + "\n" + &config.lines().map(|l| format!("  {l}\n")).collect::<String>();
    }
    text += &format!("  what {} changed: `+` is new, `-` is gone\n\n", patches.join(" and "));
    text + &marked(base, config)
}

fn route(model: &Model, namespace: &str, name: &str) -> Option<String> {
    let same = |r: &&Route| r.namespace == namespace && r.name == name;
    if let Some((gateway, route)) = model.gateways.iter().find_map(|g| Some((g, g.routes.iter().find(same)?))) {
        let tools = |list: &[String]| if list.is_empty() { "none named".into() } else { list.join(", ") };
        let mut text = line("gateway", &format!("{} {}", gateway.kind, gateway.id()));
        text += &line("class", gateway.class.as_deref().unwrap_or("none"));
        text += &line("url", route.url.as_deref().unwrap_or("not known: its path is the controller's matter"));
        text += &line("upstream", &format!("{} ({})", route.upstream.url, route.upstream.transport));
        text += &line("tools", &format!("allowed: {}; denied: {}", tools(&route.allow), tools(&route.deny)));
        return Some(text + &route.filter.as_ref().map(|cel| line("as CEL", cel)).unwrap_or_default());
    }
    let (.., why) = model.unserved.iter().find(|(of, route, _)| of == namespace && route == name)?;
    let why = match why {
        Unserved::NoReference => "it names no ToolGateway".into(),
        Unserved::Several(names) => format!("it names no ToolGateway, and several may serve it: {}", names.join(", ")),
        Unserved::NoGateway(of, gateway) => format!("there is no ToolGateway {of}/{gateway}"),
        Unserved::Upstream(Broken::NoServer(of, server)) => format!("there is no ToolServer {of}/{server}"),
        Unserved::Upstream(Broken::Because(why)) => why.clone(),
        Unserved::Taken(of, other) => format!("ToolRoute {of}/{other} has its key"),
    };
    Some(line("gateway", &format!("none: {why}")))
}

fn agent(model: &Model, namespace: &str, name: &str) -> Option<String> {
    let (.., choice) = model.agents.iter().find(|(of, agent, _)| of == namespace && agent == name)?;
    let (found, why) = match choice {
        Choice::Named(of, gateway) => (Some((of.as_str(), gateway.as_str())), "its aiGatewayRef names it".into()),
        Choice::Only(gateway) => (
            Some((AGENTS_HOME, gateway.as_str())),
            format!("it names none, and this is the only one in the namespace {AGENTS_HOME}"),
        ),
        Choice::Arbitrary(names) => (
            None,
            format!(
                "any of {} in {AGENTS_HOME}: it names none, and the first that the API server lists counts",
                names.join(", ")
            ),
        ),
        Choice::Without => (None, format!("none: it names none, and the namespace {AGENTS_HOME} has none")),
        Choice::Missing(of, gateway) => {
            (None, format!("none: there is no AiGateway {of}/{gateway}, and it never gets ready"))
        }
    };
    let Some(gateway) = found.and_then(|(of, gateway)| model.gateway("AiGateway", of, gateway)) else {
        return Some(line("gateway", &why));
    };
    let mut text = line("gateway", &format!("AiGateway {}: {why}", gateway.id()));
    for (key, value) in agent_environment(gateway, namespace, name) {
        text += &line("env", &format!("{key}={value}"));
    }
    Some(text)
}

/// The gateways in a few lines for `status`.
pub fn status_text(gateways: &[Value]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let one = |g: &Value| {
        let name = format!("{} {}/{}", text(&g["kind"]), text(&g["namespace"]), text(&g["name"]));
        format!("  {name} (class {}, target {})\n      {}\n", text(&g["class"]), text(&g["target"]), text(&g["url"]))
    };
    match gateways {
        [] => String::new(),
        _ => format!("  gateways\n{}", gateways.iter().map(one).collect::<String>()),
    }
}
