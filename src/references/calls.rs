//! Inventory -> connections between pods that the files name: addresses in what containers are given, and references to
//! Services by what the proxies of agentgateway serve.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::object::api_group::{AGENTGATEWAY, CNPG, GATEWAY, INFERENCE};
use crate::object::labels::selects;
use crate::object::object::Object;
use crate::references::gateways;
use crate::references::hosts;
use crate::references::inventory::{Inventory, Origin};
use crate::references::pods::Pods;
use crate::references::resolver::{self, Named};
use crate::references::running::Running;
use crate::text::pointer::strings;

/// A connection.
#[derive(Debug)]
pub struct Call<'p, 'a> {
    /// Who opens it.
    pub from: &'p Pods<'a>,
    /// Who is called.
    pub to: &'p Pods<'a>,
    /// Its port in the pods that are called; `None`: not known.
    pub port: Option<i64>,
    /// The object that says so, and where.
    pub said: (Object<'a>, String),
}

/// All that can be told.
pub fn calls<'p, 'a>(inventory: &Inventory<'_, 'a>, pods: &'p Running<'a>) -> Vec<Call<'p, 'a>> {
    let world = Calls { inventory, pods };
    let mut calls = Vec::new();
    let mut read: BTreeMap<(String, &str, &str, &str), Object<'a>> = BTreeMap::new();
    resolver::each(inventory, &mut |named| match named.kind {
        "Secret" if named.in_pods && ADDRESSES.iter().any(|key| named.value["key"] == *key) => {
            calls.extend(world.database(named));
        }
        "Secret" | "ConfigMap" if named.in_pods => {
            read.insert((named.from.identity.to_string(), named.kind, named.namespace, named.name), *named.from);
        }
        "Service" if named.field == Some("port") => calls.extend(world.referred(named)),
        _ => {}
    });
    for from in pods.iter() {
        for (pointer, container) in from.template.iter().flat_map(|template| template.all_containers()) {
            calls.extend(world.said(from, &from.owner, &pointer, container));
        }
    }
    for ((_, kind, namespace, name), owner) in read {
        let Some(file) = inventory.find("", kind, namespace, name).and_then(|thing| thing.object()) else { continue };
        for from in pods.iter().filter(|p| p.owner.identity == owner.identity) {
            calls.extend(world.said(from, file, "", file.value));
        }
    }
    for route in ["GRPCRoute", "HTTPRoute"].into_iter().flat_map(|kind| inventory.world.objects.of(GATEWAY, kind)) {
        calls.extend(world.routed(route));
    }
    for pool in inventory.world.objects.of(INFERENCE, "InferencePool") {
        calls.extend(world.picked(pool));
    }
    calls
}

/// Keys of the Secrets of CloudNativePG that say where its database is.
const ADDRESSES: [&str; 4] = ["fqdn-uri", "host", "jdbc-uri", "uri"];

struct Calls<'i, 'w, 'p, 'a> {
    inventory: &'i Inventory<'w, 'a>,
    pods: &'p Running<'a>,
}

/// Pods, and their port where it is known.
type Called<'p, 'a> = Vec<(&'p Pods<'a>, Option<i64>)>;

impl<'p, 'a> Calls<'_, '_, 'p, 'a> {
    fn between(&self, from: &[&'p Pods<'a>], to: &Called<'p, 'a>, said: (Object<'a>, &str)) -> Vec<Call<'p, 'a>> {
        let call = |from: &'p Pods<'a>, (to, port): &(&'p Pods<'a>, Option<i64>)| Call {
            from,
            to,
            port: *port,
            said: (said.0, said.1.to_owned()),
        };
        from.iter().flat_map(|from| to.iter().map(|to| call(from, to))).collect()
    }

    /// Addresses in the texts of a container, or of a file that pods are given.
    fn said(&self, from: &'p Pods<'a>, object: &Object<'a>, start: &str, value: &'a Value) -> Vec<Call<'p, 'a>> {
        let mut calls = Vec::new();
        strings(value, &mut |pointer, text| {
            for (namespace, service, port) in hosts::services(text).chain(hosts::short_service(from.owner.home(), text))
            {
                let called = self.behind(namespace, service, port);
                calls.extend(self.between(&[from], &called, (*object, &format!("{start}{pointer}"))));
            }
        });
        calls
    }

    /// The database whose address pods read in a Secret that its operator makes.
    fn database(&self, named: &Named<'_, 'a>) -> Vec<Call<'p, 'a>> {
        let thing = self.inventory.find("", "Secret", named.namespace, named.name);
        let Some(Origin::Made(owner, _)) = thing.map(|thing| &thing.origin) else { return Vec::new() };
        let of = |identity| self.pods.iter().filter(move |p: &&'p Pods<'a>| p.owner.identity == identity);
        let from: Vec<_> = of(named.from.identity).collect();
        let to = of(owner.identity).filter(|_| owner.is(CNPG, "Cluster")).map(|pods| (pods, Some(5432))).collect();
        self.between(&from, &to, (*named.from, named.pointer))
    }

    /// What proxies are told to call: by a route, a pool or a policy.
    fn referred(&self, named: &Named<'_, 'a>) -> Vec<Call<'p, 'a>> {
        // Keys of an issuer are read by the controller, whose pods are a chart's.
        if named.pointer.contains("/jwks/") {
            return Vec::new();
        }
        let port = named.value["port"].as_i64();
        let called = self.behind(named.namespace, named.name, port);
        self.between(&self.proxies(named.from), &called, (*named.from, named.pointer))
    }

    /// Pools and MCP servers behind the routes of a Gateway.
    fn routed(&self, route: &Object<'a>) -> Vec<Call<'p, 'a>> {
        let proxies = self.proxies(route);
        let mut calls = Vec::new();
        for (pointer, backend) in gateways::backends(route) {
            let target = gateways::resolve(self.inventory.world, route, backend, ("", "Service"));
            if let Some(target) = target.filter(|target| !target.is("", "Service")) {
                calls.extend(self.between(&proxies, &self.served(target), (*route, &pointer)));
            }
        }
        calls
    }

    /// Endpoint pickers, which read the metrics of their pool at a port that they are told.
    fn picked(&self, pool: &Object<'a>) -> Vec<Call<'p, 'a>> {
        let picker = pool.text_at("/spec/endpointPickerRef/name");
        let pickers: Vec<_> = self.behind(pool.home(), picker, None).into_iter().map(|(pods, _)| pods).collect();
        let served: Called<'_, '_> = self.served(pool).into_iter().map(|(pods, _)| (pods, None)).collect();
        self.between(&pickers, &served, (*pool, "/spec/endpointPickerRef"))
    }

    /// The proxies that act on what an object says.
    fn proxies(&self, object: &Object<'a>) -> Vec<&'p Pods<'a>> {
        let world = self.inventory.world;
        let routes = || ["GRPCRoute", "HTTPRoute"].into_iter().flat_map(|kind| world.objects.of(GATEWAY, kind));
        let leads = |route: &Object<'a>| {
            let mut targets = gateways::backends(route).into_iter();
            targets.any(|(_, b)| {
                gateways::resolve(world, route, b, ("", "Service")).is_some_and(|t| t.identity == object.identity)
            })
        };
        let acts = |gateway: &Object<'a>| {
            let of =
                |route: &Object<'a>| gateways::gateways(world, route).iter().any(|g| g.identity == gateway.identity);
            match object.identity.kind.as_str() {
                "GRPCRoute" | "HTTPRoute" => of(object),
                "AgentgatewayPolicy" => {
                    gateways::targets(object, gateway) || routes().any(|r| gateways::targets(object, r) && of(r))
                }
                "AgentgatewayBackend" | "InferencePool" => routes().any(|r| leads(r) && of(r)),
                _ => false,
            }
        };
        let all = self.pods.iter().filter(|p| gateways::is_agentgateway(world, &p.owner));
        all.filter(|p| acts(&p.owner)).collect()
    }

    /// The pods behind a port of a Service.
    fn behind(&self, namespace: &str, service: &str, port: Option<i64>) -> Called<'p, 'a> {
        let Some(thing) = self.inventory.find("", "Service", namespace, service) else { return Vec::new() };
        match &thing.origin {
            Origin::Elsewhere(_) => Vec::new(),
            // Operators give their pods the port of the Service.
            Origin::Made(owner, _) => {
                let made = self.pods.iter().filter(|p| p.owner.identity == owner.identity);
                made.map(|p| (p, port)).collect()
            }
            Origin::File(service) => {
                let ports = service.items("/spec/ports").iter();
                let of = ports.filter(|p| port.is_none() || p["port"].as_i64() == port).collect::<Vec<_>>();
                let target = of.first().filter(|_| of.len() == 1).map(|p| p.get("targetPort").unwrap_or(&p["port"]));
                let number = |pods: &Pods<'_>| match target? {
                    Value::String(name) => pods.ports.as_ref()?.iter().find(|p| p.name == *name).map(|p| p.number),
                    number => number.as_i64(),
                };
                let selected = self.selected(service, service.at("/spec/selector"));
                selected.into_iter().map(|pods| (pods, number(pods))).collect()
            }
        }
    }

    /// The pods that a pool or an MCP backend stands for.
    fn served(&self, target: &Object<'a>) -> Called<'p, 'a> {
        if target.is(INFERENCE, "InferencePool") {
            let port = target.at("/spec/targetPorts/0/number").and_then(Value::as_i64);
            let selected = self.selected(target, target.at("/spec/selector/matchLabels"));
            return selected.into_iter().map(|pods| (pods, port)).collect();
        }
        let targets =
            if target.is(AGENTGATEWAY, "AgentgatewayBackend") { target.items("/spec/mcp/targets") } else { &[] };
        let services = || self.inventory.world.objects.of("", "Service").filter(|s| s.home() == target.home());
        let chosen = targets
            .iter()
            .filter_map(|t| t["selector"].get("services").filter(|_| t["selector"].get("namespaces").is_none()));
        let of = |chosen: &'a Value| services().filter(move |s| selects(chosen, s.labels()));
        chosen.flat_map(of).flat_map(|s| self.behind(s.home(), &s.identity.name, None)).collect()
    }

    fn selected(&self, object: &Object<'_>, labels: Option<&Value>) -> Vec<&'p Pods<'a>> {
        let Some(labels) = labels.filter(|l| l.as_object().is_some_and(|l| !l.is_empty())) else { return Vec::new() };
        let selector = json!({ "matchLabels": labels });
        self.pods.taken(object.home(), &selector)
    }
}
