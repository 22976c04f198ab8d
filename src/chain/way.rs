//! The way of each alias of LiteLLM, followed in the objects of a cluster: api_base -> Gateway -> header from the body ->
//! HTTPRoute -> backend. Says how far it leads; what is wrong with that is for the rules.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use crate::chain::model_header::{Carried, Expression};
use crate::chain::model_server::{Server, servers};
use crate::chain::routing::{Holds, Request, Way, ways};
use crate::object::api_group::{AGENTGATEWAY, GATEWAY, INFERENCE, INFERENCE_X};
use crate::object::litellm_config::{Config, Entry};
use crate::object::object::{Identity, Object};
use crate::products::agentgateway::backend;
use crate::products::litellm::address::Address;
use crate::references::gateways::targets;
use crate::references::inventory::Inventory;
use crate::references::world::World;
use crate::text::near::slips;

/// Providers whose client appends OpenAI's path to api_base and sends the model's name without the prefix.
const OPENAI_LIKE: [&str; 6] = ["openai", "hosted_vllm", "custom_openai", "openai_like", "litellm_proxy", "lm_studio"];

/// A Gateway with what leads on from it.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The Gateway.
    pub gateway: Object<'a>,
    /// What its routes match.
    pub ways: Vec<Way<'a>>,
    /// What sets a header before routing, by the header's lower-case name.
    pub headers: BTreeMap<String, Setter<'a>>,
    /// Headers may be set that no file shows.
    pub open: bool,
}

/// What sets a header before routing.
#[derive(Debug)]
pub struct Setter<'a> {
    /// The policy.
    pub policy: Object<'a>,
    /// JSON pointer of the expression in it.
    pub pointer: String,
    /// The header as it is written there.
    pub name: &'a str,
    /// The expression.
    pub expression: Expression,
}

/// The request of an alias at a Gateway.
#[derive(Debug)]
pub struct Trip<'c, 'a> {
    /// Where the alias stands.
    pub config: &'c Config<'a>,
    /// The alias.
    pub entry: Entry<'c>,
    /// The model that the body names.
    pub model: &'c str,
    /// The request.
    pub request: Request,
    /// Index of its Gateway among the stages.
    pub stage: usize,
}

/// How far a trip leads.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // a way is Copy, and nearly all trips are taken
pub enum End<'a> {
    /// Into something that the files do not show.
    Elsewhere,
    /// To this match; a second one takes it with equal right.
    Taken(Way<'a>, Option<Way<'a>>),
    /// To matches of its path whose headers differ.
    OtherHeaders,
    /// To no match of its path.
    NoPath,
}

/// What answers behind a rule.
#[derive(Debug)]
pub enum Target<'a> {
    /// A backend with one provider, and the model it is fixed to.
    Pinned(Object<'a>, &'a str),
    /// Model servers, with the pool or Service that selects them.
    Servers(Object<'a>, Vec<Server<'a>>),
    /// Not known, or another rule's matter.
    Unknown,
}

/// All trips of a cluster.
#[derive(Debug)]
pub struct Walk<'w, 'c, 'a> {
    /// What there is.
    pub inventory: &'w Inventory<'w, 'a>,
    /// Where aliases stand.
    pub configs: &'c [Config<'a>],
    /// The Gateways.
    pub stages: Vec<Stage<'a>>,
    /// Each alias that asks a Gateway, with how far that leads.
    pub trips: Vec<(Trip<'c, 'a>, End<'a>)>,
    /// What answers behind a rule, by its route and index.
    behind: RefCell<BTreeMap<(&'a Identity, usize), Answers<'a>>>,
    /// The match nearest to a path, by stage and path.
    nearest: RefCell<BTreeMap<(usize, String), Option<Way<'a>>>>,
}

/// The backends of a rule, by their index, with what answers there.
pub type Answers<'a> = Rc<[(usize, Target<'a>)]>;

/// Follows all aliases.
pub fn walk<'w, 'c, 'a>(inventory: &'w Inventory<'w, 'a>, configs: &'c [Config<'a>]) -> Walk<'w, 'c, 'a> {
    let stages = stages(inventory.world);
    let mut trips = Vec::new();
    for config in configs {
        for trip in config.entries().filter_map(|entry| trip(&stages, config, entry)) {
            let end = end(&stages[trip.stage], &trip.request);
            trips.push((trip, end));
        }
    }
    Walk { inventory, configs, stages, trips, behind: RefCell::default(), nearest: RefCell::default() }
}

/// The URL of an entry.
pub fn address<'c>(entry: &Entry<'c>) -> Option<Address<'c>> {
    let base = entry.params["api_base"].as_str().or_else(|| entry.params["base_url"].as_str());
    Address::new(base?)
}

/// Whether the entry's client speaks OpenAI's protocol to the address it is given.
pub fn openai_like(entry: &Entry<'_>) -> bool {
    OPENAI_LIKE.contains(&entry.provider().0)
}

/// The Gateways of a cluster.
fn stages<'a>(world: &World<'a>) -> Vec<Stage<'a>> {
    let mut ways = ways(world);
    let stage = |gateway: &Object<'a>| {
        let key = (gateway.identity.namespace.as_str(), gateway.identity.name.as_str());
        Stage { gateway: *gateway, ways: ways.remove(&key).unwrap_or_default(), ..headers(world, gateway) }
    };
    world.objects.of(GATEWAY, "Gateway").map(stage).collect()
}

/// The headers that policies on a Gateway set before routing.
fn headers<'a>(world: &World<'a>, gateway: &Object<'a>) -> Stage<'a> {
    let ours = gateway.text_at("/spec/gatewayClassName").contains("agentgateway");
    let mut policies = world.objects.of(AGENTGATEWAY, "AgentgatewayPolicy").peekable();
    let mut open = !ours || policies.peek().is_none() && !world.closed;
    let mut headers: BTreeMap<String, Setter<'a>> = BTreeMap::new();
    for policy in policies.filter(|p| p.text_at("/spec/traffic/phase") == "PreRouting" && targets(p, gateway)) {
        let traffic = policy.at("/spec/traffic").unwrap_or(&Value::Null);
        let transformation = &traffic["transformation"];
        // These may set any header; `add` keeps what a caller sent.
        let more = [
            &traffic["extProc"],
            &traffic["extAuth"],
            &transformation["conditional"],
            &transformation["request"]["add"],
        ];
        open |= more.iter().any(|m| !m.is_null());
        let set = transformation["request"]["set"].as_array().map_or(&[][..], Vec::as_slice);
        for (i, item) in set.iter().enumerate() {
            let name = item["name"].as_str().unwrap_or_default();
            let pointer = format!("/spec/traffic/transformation/request/set/{i}/value");
            let expression = Expression::new(item["value"].as_str().unwrap_or_default());
            let setter = Setter { policy: *policy, pointer, name, expression };
            // Which of two policies wins is not specified (agentgateway).
            open |= headers.insert(name.to_ascii_lowercase(), setter).is_some();
        }
    }
    Stage { gateway: *gateway, ways: Vec::new(), headers, open }
}

impl Stage<'_> {
    /// The headers of a request whose body names a model; `sent` are those that LiteLLM adds itself.
    pub fn carried(&self, model: &str, sent: &Value) -> BTreeMap<String, Carried> {
        let own = sent.as_object().into_iter().flatten();
        let own = own.filter_map(|(k, v)| Some((k.to_ascii_lowercase(), Carried::Is(v.as_str()?.to_owned()))));
        let mut all: BTreeMap<String, Carried> = own.collect();
        all.extend(self.headers.iter().map(|(name, setter)| (name.clone(), setter.expression.of(model))));
        all
    }
}

/// The request that an entry makes at a Gateway of the cluster, where it makes one.
fn trip<'c, 'a>(stages: &[Stage<'_>], config: &'c Config<'a>, entry: Entry<'c>) -> Option<Trip<'c, 'a>> {
    let address = address(&entry)?;
    let (name, namespace, _) = address.service(config.namespace())?;
    let is = |s: &Stage<'_>| s.gateway.identity.namespace == namespace && s.gateway.identity.name == name;
    let index = stages.iter().position(is)?;
    let stage = &stages[index];
    let model = entry.params["extra_body"]["model"].as_str().unwrap_or(entry.provider().1);
    let endpoint = match entry.value["model_info"]["mode"].as_str() {
        Some("embedding") => "embeddings",
        Some("completion") => "completions",
        Some("rerank") => "rerank",
        Some("responses") => "responses",
        Some("image_generation") => "images/generations",
        Some("audio_transcription") => "audio/transcriptions",
        Some("audio_speech") => "audio/speech",
        _ => "chat/completions",
    };
    let known = openai_like(&entry) && !model.contains('*') && !entry.alias.contains('*') && !model.is_empty();
    known.then(move || Trip {
        config,
        entry,
        model,
        request: Request {
            host: address.host.to_owned(),
            path: format!("{}/{endpoint}", address.path),
            headers: stage.carried(model, &entry.params["extra_headers"]),
            open: stage.open,
        },
        stage: index,
    })
}

/// The matches whose path fits a request, and whether that is sure.
pub fn by_path<'s, 'a>(stage: &'s Stage<'a>, request: &Request) -> impl Iterator<Item = (&'s Way<'a>, Holds)> {
    stage.ways.iter().map(|way| (way, way.takes_path(request))).filter(|(_, holds)| *holds > Holds::No)
}

/// How far a request leads at its Gateway.
fn end<'a>(stage: &Stage<'a>, request: &Request) -> End<'a> {
    let mut by_path = by_path(stage, request).peekable();
    if by_path.peek().is_none() {
        return End::NoPath;
    }
    let mut taken = Vec::new();
    for (way, path) in by_path {
        match path.min(way.takes_headers(request)) {
            Holds::Yes => taken.push(way),
            Holds::Perhaps => return End::Elsewhere,
            Holds::No => {}
        }
    }
    taken.sort_by_cached_key(|way| std::cmp::Reverse(way.precedence()));
    match taken[..] {
        [] => End::OtherHeaders,
        [first, second, ..] if first.precedence() == second.precedence() && !first.same_rule(second) => {
            End::Taken(*first, Some(*second))
        }
        [first, ..] => End::Taken(*first, None),
    }
}

/// What answers behind a match, for each of its backends that gets traffic.
pub fn behind<'a>(world: &World<'a>, way: &Way<'a>) -> Answers<'a> {
    let refs = way.rule_value()["backendRefs"].as_array().map_or(&[][..], Vec::as_slice);
    let live = refs.iter().enumerate().filter(|(_, r)| r["weight"] != 0);
    live.map(|(i, reference)| (i, target(world, way, reference))).collect()
}

impl<'a> Walk<'_, '_, 'a> {
    /// The same, looked for once.
    pub fn behind(&self, way: &Way<'a>) -> Answers<'a> {
        let mut known = self.behind.borrow_mut();
        let key = (way.route.identity, way.rule);
        known.entry(key).or_insert_with(|| behind(self.inventory.world, way)).clone()
    }

    /// Of all matches of a Gateway the nearest to a path, looked for once.
    pub fn nearest(&self, stage: usize, path: &str) -> Option<Way<'a>> {
        let mut known = self.nearest.borrow_mut();
        *known.entry((stage, path.to_owned())).or_insert_with(|| nearest(&self.stages[stage].ways, path))
    }
}

/// The match whose path differs least from another path; regular expressions do not count.
pub fn nearest<'s, 'a: 's>(ways: impl IntoIterator<Item = &'s Way<'a>>, wanted: &str) -> Option<Way<'a>> {
    let plain = ways.into_iter().filter(|way| way.path().0 != "RegularExpression");
    plain.copied().min_by_key(|way| (slips(way.path().1, wanted, usize::MAX).unwrap_or(usize::MAX), way.path().1))
}

fn target<'a>(world: &World<'a>, way: &Way<'a>, reference: &Value) -> Target<'a> {
    let text = |key: &str, default: &'static str| reference[key].as_str().unwrap_or(default).to_owned();
    let (group, kind) = (text("group", ""), text("kind", "Service"));
    let namespace = reference["namespace"].as_str().unwrap_or(&way.route.identity.namespace);
    let Some(object) = world.objects.get(&group, &kind, namespace, &text("name", "")) else { return Target::Unknown };
    match (group.as_str(), kind.as_str()) {
        (AGENTGATEWAY, "AgentgatewayBackend") => pinned(object),
        (INFERENCE, "InferencePool") => selecting(world, object, "/spec/selector/matchLabels"),
        ("", "Service") => selecting(world, object, "/spec/selector"),
        _ => Target::Unknown,
    }
}

fn pinned<'a>(backend: &Object<'a>) -> Target<'a> {
    let aliases = backend.at("/spec/policies/ai/modelAliases");
    match backend.at("/spec/ai/provider").and_then(backend::pinned) {
        Some(model) if aliases.is_none() => Target::Pinned(*backend, model),
        _ => Target::Unknown,
    }
}

/// The model servers that a pool or a Service selects.
pub fn selecting<'a>(world: &World<'a>, selector: &Object<'a>, pointer: &str) -> Target<'a> {
    let rewritten = world.objects.of(INFERENCE_X, "InferenceModelRewrite").next().is_some();
    let labels = selector.at(pointer).unwrap_or(&Value::Null);
    match servers(world, &selector.identity.namespace, labels) {
        found if found.is_empty() || rewritten => Target::Unknown,
        found => Target::Servers(*selector, found),
    }
}

impl<'a> Target<'a> {
    /// The names that a request may carry; `None`: any, or not known.
    pub fn names(&self) -> Option<BTreeSet<&'a str>> {
        match self {
            Target::Pinned(..) | Target::Unknown => None,
            Target::Servers(_, servers) => {
                let names: Option<Vec<_>> = servers.iter().map(|s| s.names.clone()).collect();
                Some(names?.into_iter().flatten().collect())
            }
        }
    }
}
