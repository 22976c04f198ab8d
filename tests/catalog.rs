//! Files of the catalog that a working directory has too: what lies over the built-in one, and what was copied from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use gatewright::command::pipeline;
use gatewright::group::catalog::Catalog;
use gatewright::group::ejected;
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

/// All of it copied renders the same bytes, and what was changed since is told.
#[test]
fn what_is_ejected_counts_and_is_held_against_the_original() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ejected");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("cargo's folder is writable");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let output = command.arg("-C").arg(&folder).args(arguments).env("NO_COLOR", "1").output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    };
    let features = fs::read_to_string("golden/full/features.yaml").expect("a case");
    fs::write(folder.join("features.yaml"), features).expect("writable");
    assert_eq!(run(&["render"]).0, 0);
    let quiet = run(&["check"]);
    assert_eq!(quiet.0, 0);
    let names = ejected::names();
    let files: Vec<&str> = [&["eject"][..], &names.iter().map(String::as_str).collect::<Vec<_>>()].concat();
    let said = run(&files);
    assert_eq!(said.0, 0, "{}", said.2);
    assert_eq!(run(&["check"]), quiet, "a copy is as quiet as the original");
    let said = run(&["render", "--check"]);
    assert_eq!(said.0, 0, "{}", said.2);
    assert_eq!(run(&["diff", "--ejected"]), (0, String::new(), String::new()));

    let group = folder.join("groups/litellm.yaml");
    let text = fs::read_to_string(&group).expect("written");
    assert!(text.starts_with("# ejected from gatewright "), "{}", &text[..99]);
    // Mine is changed: that is what it is for.
    fs::write(&group, format!("{text}# mine\n")).expect("writable");
    assert_eq!(run(&["check"]), quiet);
    let said = run(&["diff", "--ejected"]);
    assert_eq!(said.0, 1);
    assert!(said.1.starts_with("--- built-in/groups/litellm.yaml\n+++ groups/litellm.yaml\n"), "{}", said.1);
    assert!(said.1.ends_with("+# mine\n"), "{}", said.1);
    // Another binary has another original.
    let (line, rest) = text.split_once('\n').expect("lines");
    let digest = line.rsplit(' ').next().expect("a digest");
    fs::write(&group, format!("{}\n{rest}", line.replace(digest, &"0".repeat(64)))).expect("writable");
    let said = run(&["check"]);
    assert_eq!(said.0, 0);
    assert!(said.2.contains("warning[ejected-file]: the built-in groups/litellm.yaml is another one"), "{}", said.2);
    assert!(said.2.contains(&format!("the first line is `{line}`")), "{}", said.2);

    let said = run(&["eject", "groups/litellm.yaml"]);
    assert!(said.0 == 2 && said.2.contains("groups/litellm.yaml is already there"), "{}", said.2);
    let said = run(&["eject", "groups/litelm.yaml"]);
    assert!(said.0 == 2 && said.2.contains("did you mean `groups/litellm.yaml`?"), "{}", said.2);
}

/// What an AppProject allows whatever is on holds all that any tree of `golden/` delivers, but for what users bring.
#[test]
fn the_kinds_of_all_components_hold_those_of_every_tree() {
    let catalog = Catalog::new(&BTreeMap::new()).expect("ours");
    let kinds = catalog.kinds();
    let mut seen = 0;
    for case in fs::read_dir("golden").expect("golden/").flatten() {
        let rendered = case.path().join("rendered");
        for file in walkdir::WalkDir::new(&rendered).into_iter().flatten() {
            let path = file.path().to_string_lossy().into_owned();
            let text = if path.ends_with(".yaml") { fs::read_to_string(&path).expect("text") } else { String::new() };
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(version), Some(kind), false) =
                (field("apiVersion: "), field("kind: "), path.contains("/manifests/"))
            {
                let group = version.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
                let metadata = text.lines().skip_while(|line| *line != "metadata:").skip(1);
                let within =
                    metadata.take_while(|line| line.starts_with(' ')).any(|line| line.starts_with("  namespace: "));
                let names = if within { &kinds.namespaced } else { &kinds.cluster };
                assert!(names.contains(&(group, kind)), "{path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "{seen} objects");
    let both: Vec<_> = kinds.namespaced.intersection(&kinds.cluster).collect();
    assert!(both.is_empty(), "{both:?}");
}
