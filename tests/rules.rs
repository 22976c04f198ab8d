//! The cases of tests/rules/: after a line `### code ...` stand manifests that earn exactly these codes, after `### nothing`
//! some that earn none. The pages of rules/ show each rule once; this is where its limits are.

use std::collections::BTreeSet;
use std::fs;

use gatewright::command::rulebook;
use gatewright::references::manifests::manifests;
use gatewright::references::world::World;
use gatewright::text::source::Source;
use gatewright::verdict::crd::Crds;

/// What is said of examples that leave out all that does not matter: a whole pod, the objects that are referred to.
const OF_FRAGMENTS: [&str; 5] =
    ["dangling-reference", "empty-selection", "invalid-field", "not-attached", "policy-target"];

/// The codes that manifests earn.
fn codes(text: &str) -> BTreeSet<String> {
    let (clusters, unread) = manifests(&[Source::new("case.yaml", text)]);
    let found =
        clusters.iter().flat_map(|manifests| rulebook::check(&World::of_manifests(manifests), &Crds::default()));
    let codes = unread.into_iter().chain(found).map(|finding| finding.code.name());
    codes.map(str::to_owned).collect()
}

#[test]
fn every_case_earns_what_it_says() {
    let (mut wrong, mut cases) = (Vec::new(), 0);
    for entry in fs::read_dir("tests/rules").expect("the cases") {
        let path = entry.expect("readable").path();
        let text = fs::read_to_string(&path).expect("text");
        let mut line = 1 + text.split("### ").next().unwrap_or_default().matches('\n').count();
        for case in text.split("### ").skip(1) {
            let (wanted, manifests) = case.split_once('\n').expect("a line of codes");
            let wanted: BTreeSet<String> =
                wanted.split_whitespace().filter(|w| *w != "nothing").map(str::to_owned).collect();
            // Unless the case is about one of these itself.
            let mut earned = codes(manifests);
            earned.retain(|code| wanted.contains(code) || !OF_FRAGMENTS.contains(&code.as_str()));
            if earned != wanted {
                wrong.push(format!("{}:{line}: wants {wanted:?}, earns {earned:?}", path.display()));
            }
            line += case.matches('\n').count();
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 100, "{cases} cases");
}

#[test]
fn a_map_of_models_has_its_end() {
    let policy = |models: usize| {
        let name = |i| format!("\\\"Organisation/Model-{i:03}\\\":\\\"Organisation/Model-{i:03}\\\"");
        let map = (0..models).map(name).collect::<Vec<_>>().join(",");
        let value = format!("{{{map}}}[json(request.body).model]");
        codes(&format!(
            "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolicy\nmetadata: {{ name: a, namespace: ns }}\n\
             spec:\n  targetRefs: [{{ group: gateway.networking.k8s.io, kind: Gateway, name: g }}]\n  traffic:\n    \
             phase: PreRouting\n    transformation: {{ request: {{ set: [{{ name: X-Model, value: \"{value}\" }}] }} }}\n"
        ))
    };
    assert_eq!(policy(300), BTreeSet::new());
    assert_eq!(policy(330), BTreeSet::from(["cel-expression".to_owned()]));
}
