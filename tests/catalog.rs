//! Files of the catalog that a working directory has too: what lies over the built-in one, and what was copied from it.

use std::collections::BTreeMap;

use gatewright::command::pipeline;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::Finding;
use gatewright::text::source::Source;

fn catalog(name: &str, text: &str) -> Result<Catalog, Vec<Finding>> {
    Catalog::new(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
}

/// A finding as `file:line: message`.
fn told(findings: &[Finding]) -> Vec<String> {
    let place = |f: &Finding| f.place.as_ref().map(|p| format!("{}:{}", p.source.name, p.line_column().0));
    findings.iter().map(|f| format!("{}: {}", place(f).unwrap_or_default(), f.message)).collect()
}

fn check(catalog: &Catalog, settings: &str) -> Vec<Finding> {
    let features = format!(
        "platform: {{ name: dev, argocd: {{ repoURL: https://git.example.com/p.git }} }}\nfeatures: {{ tracing: true }}\nsettings: {settings}\n"
    );
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let clusters = pipeline::read(&inputs, catalog).unwrap_or_else(|found| panic!("{:?}", told(&found)));
    match pipeline::render(catalog, &clusters[0], &Memo::default()) {
        Ok(rendered) => rendered.findings(&Default::default()),
        Err(findings) => findings,
    }
}

#[test]
fn a_group_lies_over_the_built_in_one_as_a_provider_does() {
    let text = "base: builtin
settings:
  properties:
    team: { type: string, default: platform, description: Who is asked }
validate:
  - require: settings.team != 'nobody'
    at: /team
    message: it belongs to somebody
claims:
  - control: Mine
    state: implemented
    detail: All
    evidence: [{ present: { kind: Flock, namespace: postgres, name: none } }]
providers:
  cnpg: { components: { postgres: { wave: 11 } } }
  mine: { provides: { database: { cluster: none } } }
";
    let ours = Catalog::new(&BTreeMap::new()).expect("ours");
    let laid = catalog("groups/postgres.yaml", text).unwrap_or_else(|found| panic!("{:?}", told(&found)));
    let (before, after) = (&ours.groups["postgres"], &laid.groups["postgres"]);
    assert_eq!((after.summary.as_str(), after.based), (before.summary.as_str(), true));
    assert_eq!(after.variants.len(), before.variants.len() + 1);
    let (old, new) = (&before.variants["cnpg"].text, &after.variants["cnpg"].text);
    assert_eq!(new.components["postgres"]["wave"], 11);
    assert_eq!(new.components["postgres"]["path"], old.components["postgres"]["path"]);
    assert_eq!((new.claims.len(), new.validate.len()), (old.claims.len() + 1, old.validate.len() + 1));
    assert_eq!(new.secrets, old.secrets);
    // Each finding stands where it was written: here, and in the built-in file.
    let said = told(&check(&laid, "{}"));
    assert!(said.iter().any(|f| f.starts_with("groups/postgres.yaml:10: the claim `Mine` of group")), "{said:?}");
    let said = told(&check(&laid, "{ postgres: { team: nobody } }"));
    assert_eq!(said, ["features.yaml:3: it belongs to somebody"]);
    for provider in before.variants.keys() {
        let claims = |catalog: &Catalog| {
            let group = &catalog.groups["postgres"];
            let place = |i: usize| group.place(provider, &format!("/claims/{i}/control"));
            let count = group.variants[provider].text.claims.len();
            (0..count).map(|i| place(i).text().to_owned()).collect::<Vec<_>>()
        };
        let (old, mut new) = (claims(&ours), claims(&laid));
        let mine = new.iter().position(|text| text == "control").map(|at| new.remove(at));
        assert!(mine.is_some() && new == old, "{provider}: {new:?}");
    }
}

#[test]
fn what_cannot_lie_over_a_group_is_told_at_its_place() {
    for (text, said) in [
        ("base: mine\n", "groups/postgres.yaml:1: `base` is `builtin`, or is not there"),
        ("base: builtin\nclaim: []\n", "groups/postgres.yaml:2: "),
        ("base: builtin\nproviders: { cnpg: { base: builtin } }\n", "groups/postgres.yaml:2: "),
        ("base: builtin\nsettings: { properties: { a: { typ: string } } }\n", "groups/postgres.yaml:2: "),
        ("base: builtin\nprovider: none\n", "groups/postgres.yaml:2: `none` is none of its providers"),
    ] {
        let found = told(&catalog("groups/postgres.yaml", text).expect_err(text));
        assert!(found.iter().any(|f| f.starts_with(said)), "{text}: {found:?}");
    }
}
