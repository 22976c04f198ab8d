//! The room `verdict` with `text` and `object` below it and nothing else: what this file compiles could be a crate of its own.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "the library has these modules for others too")]

#[path = "../src/object/mod.rs"]
pub mod object;
#[path = "../src/text/mod.rs"]
pub mod text;
#[path = "../src/verdict/mod.rs"]
pub mod verdict;

use serde_json::json;
use verdict::crd::{Crds, Verdict};

#[test]
fn an_object_is_judged_without_the_rest_of_the_program() {
    let port = |number: u32| {
        let spec =
            json!({ "containers": [{ "name": "web", "image": "web:1", "ports": [{ "containerPort": number }] }] });
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web", "namespace": "shop" }, "spec": spec })
    };
    let said = |object| match Crds::default().verdict(&object) {
        Verdict::Judged(violations) => violations.into_iter().map(|v| v.pointer).collect::<Vec<_>>(),
        Verdict::NoSchema => panic!("pods are built in"),
    };
    assert_eq!(said(port(8080)), [""; 0]);
    assert_eq!(said(port(70000)), ["/spec/containers/0/ports/0/containerPort"]);
}
