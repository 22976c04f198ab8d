//! The language of groups: a catalog with files of a fork, and what comes of it. docs/groups.md says what is meant.

use std::collections::BTreeMap;

use gatewright::command::explain;
use gatewright::command::pipeline;
use gatewright::command::report;
use gatewright::group::catalog::{BUILTIN, Catalog};
use gatewright::group::memo::Memo;
use gatewright::group::template::composite;
use gatewright::plan::features::Inputs;
use gatewright::plan::resolve::{Plan, resolve};
use gatewright::render::bundle;
use gatewright::text::finding::{Finding, sorted};
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use serde_json::{Value, json};

/// A platform with nothing but the group `fax` of a fork, and what is always on.
const FEATURES: &str = "platform:\n  name: ai-dev\n  profile: cost\n  argocd: { repoURL: https://git.example.com/ai-platform.git }\n\
                        features: { fax: true }\n";

fn catalog(files: &[(&str, &str)]) -> Result<Catalog, Vec<Finding>> {
    let files: BTreeMap<String, String> = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Catalog::new(&files)
}

/// What comes of the plan of one cluster with these files of a fork and these settings of `fax`.
fn planned<T>(files: &[(&str, &str)], settings: &str, then: impl FnOnce(&Plan<'_>) -> T) -> Result<T, Vec<Finding>> {
    let catalog = catalog(files)?;
    let features = Source::new("features.yaml", format!("{FEATURES}settings: {{ fax: {settings} }}\n"));
    let clusters = pipeline::read(&Inputs { features, clusters: Vec::new() }, &catalog)?;
    let plan = resolve(&catalog, &clusters[0], &Memo::default())?;
    Ok(then(&plan))
}

fn plain(findings: Vec<Finding>) -> String {
    anstream::adapter::strip_str(&report::text(&sorted(findings))).to_string()
}

/// The findings as a user reads them.
fn told<T>(result: Result<T, Vec<Finding>>) -> String {
    result.err().map(plain).unwrap_or_default()
}

const FAX: &str = r#"summary: Fax lines
feature: fax
requires: [secret-store]
collects: { line: { item: { required: [name], properties: {
  name: { type: string, description: Name }, digits: { type: integer, description: Length } } } } }
provides:
  exchange: { when: settings.exchange, town: "{% raw %}{{ $town }}{% endraw %}" }
  line: { for: settings.lines, when: item.on, name: "{{ item.name }}" }
settings:
  properties:
    exchange: { type: boolean, default: true, description: Whether there is an exchange }
    lines:
      type: array
      default: []
      description: The lines
      items:
        properties:
          name: { type: string, description: Name }
          on: { type: boolean, default: true, description: Whether it is there }
validate:
  - { for: settings.lines, when: item.on, require: "item.name != 'bad'", at: "/lines/{{ loop }}/name", message: "no {{ item.name }}", warn: true }
documents:
  plain: documents/plain.yaml
  gone: { template: documents/plain.yaml, when: not settings.exchange }
  each: { template: documents/each.yaml, for: settings.lines, when: item.on }
components:
  fax:
    for: settings.lines
    when: item.on
    name: "fax-{{ item.name }}"
    namespace: fax
    path: "fax/{{ item.name }}"
secrets:
  - for: settings.lines
    when: item.on
    name: "{{ item.name }}"
    component: "fax-{{ item.name }}"
    readers: [fax]
    data: { key: { remote: "{{ item.name }}", source: generated, description: Key } }
existing:
  - { for: settings.lines, when: item.on, kind: Secret, namespace: fax, name: "{{ item.name }}" }
silence:
  - { for: settings.lines, when: item.on, code: open-gateway, object: "Gateway fax/{{ item.name }}", reason: it is a test }
claims:
  - for: settings.lines
    when: item.on
    control: "Line {{ item.name }}"
    state: implemented
    detail: It is there
    evidence:
      - { for: "['ConfigMap', 'Secret']", when: "item != 'Secret'", present: { kind: "{{ item }}" } }
"#;

const FILES: [(&str, &str); 4] = [
    ("groups/fax.yaml", FAX),
    ("templates/documents/plain.yaml", "a: 1\n"),
    ("templates/documents/each.yaml", "line: {{ item.name }}\nplace: {{ loop }}\n"),
    (
        "templates/fax/line.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ item.name }}\n  namespace: fax\n",
    ),
];

const LINES: &str = "{ lines: [{ name: one }, { name: bad }, { name: idle, on: false }] }";

/// The file above says each thing as `schema --group` has it.
#[test]
fn editors_know_the_language() {
    let schema = jsonschema::draft202012::new(&explain::group_schema()).expect("a JSON Schema");
    let group = kubeyaml::values(&Source::new("groups/fax.yaml", FAX)).expect("YAML").remove(0);
    assert_eq!(schema.iter_errors(&group).map(|e| format!("{}: {e}", e.instance_path())).collect::<Vec<_>>(), [""; 0]);
}

/// Two of three lines are on, so everything with `for` and `when` is there twice.
#[test]
fn for_and_when_mean_the_same_at_every_entry() {
    let found = planned(&FILES, LINES, |plan| {
        let scope = plan.scopes["fax"].value();
        let of = |list: &[Value], key: &str| list.iter().map(|item| item[key].clone()).collect::<Vec<_>>();
        let components: Vec<_> = plan.components.iter().filter(|c| c.group == "fax").collect();
        let bundle = bundle::render(plan, &Memo::default()).unwrap_or_else(|f| panic!("{}", plain(f)));
        let maps = bundle
            .manifests
            .values()
            .filter(|p| p.manifest.identity.kind == "ConfigMap" && p.component.starts_with("fax"));
        json!({
            "lists": scope["line"],
            "documents": scope["documents"],
            "advice": plan.advice.iter().map(|f| &f.message).collect::<Vec<_>>(),
            "components": components.iter().map(|c| &c.name).collect::<Vec<_>>(),
            "files": maps.map(|p| &p.path).collect::<Vec<_>>(),
            "secrets": of(&plan.secrets.iter().filter(|s| s.group == "fax").map(|s| json!(s)).collect::<Vec<_>>(), "name"),
            "existing": of(&plan.existing.iter().map(|e| json!(e)).filter(|e| e["namespace"] == "fax").collect::<Vec<_>>(), "name"),
            "silence": plan.silences.iter().map(|s| &s.object).filter(|o| o.contains("fax/")).collect::<Vec<_>>(),
            "claims": plan.declared.iter().filter(|d| d.group == "fax").map(|d| (&d.control, d.evidence.len())).collect::<Vec<_>>(),
        })
    });
    let wanted = json!({
        "lists": [{ "name": "one" }, { "name": "bad" }],
        "documents": { "plain": { "a": 1 }, "each": [{ "line": "one", "place": 0 }, { "line": "bad", "place": 1 }] },
        "advice": ["no bad"],
        "components": ["fax-bad", "fax-one"],
        "files": ["fax/bad/configmap-bad.yaml", "fax/one/configmap-one.yaml"],
        "secrets": ["one", "bad"],
        "existing": ["one", "bad"],
        "silence": ["Gateway fax/one", "Gateway fax/bad"],
        "claims": [["Line one", 1], ["Line bad", 1]],
    });
    assert_eq!(found.unwrap_or_else(|f| panic!("{}", plain(f))), wanted);
}

/// A capability whose `when` does not hold is not there: who only uses it sees none, who needs it cannot be.
#[test]
fn a_capability_may_be_withheld() {
    let user = |how: &str| {
        format!(
            "summary: A user\n{how}: [exchange]\nprovides:\n  line: {{ for: \"[capabilities.exchange.town] if capabilities.exchange is defined else ['y']\", name: \"{{{{ item }}}}\" }}\n"
        )
    };
    let lines = |how: &str, exchange: bool| {
        let text = user(how);
        let files: Vec<(&str, &str)> = FILES.into_iter().chain([("groups/user.yaml", text.as_str())]).collect();
        let settings = format!("{{ exchange: {exchange} }}");
        planned(&files, &settings, |plan| plan.scopes["fax"].value()["line"][0]["name"].clone())
    };
    let name = |how, exchange| lines(how, exchange).unwrap_or_else(|f| panic!("{}", plain(f)));
    assert_eq!(
        (name("uses", true), name("uses", false), name("requires", true)),
        (json!("{{ $town }}"), json!("y"), json!("{{ $town }}"))
    );
    let said = told(lines("requires", false));
    assert!(said.contains("`user` needs `exchange`, which `fax` does not provide with these settings"), "{said}");
    assert!(said.contains("features.yaml:6"), "{said}");
}

/// The shape of a list's items, which `gateway` declares for `model`, and a fork's own for `line`.
#[test]
fn an_item_is_as_the_list_says() {
    let add = |fields: &str| format!("summary: More lines\nprovides:\n  line:\n    for: [one, two]\n{fields}");
    let said = |fields: &str| {
        let text = add(fields);
        let files: Vec<(&str, &str)> = FILES.into_iter().chain([("groups/more.yaml", text.as_str())]).collect();
        told(planned(&files, "{}", |_| ()))
    };
    let cases = [
        (
            "    name: x\n    nmae: y\n",
            "[unknown-key]: `line` has no key `nmae`\n --> groups/more.yaml:6:5",
            "did you mean `name`?",
        ),
        ("    digits: 3\n", "[missing-value]: `line` needs `name`\n --> groups/more.yaml:3:3", "add `name`: Name"),
        (
            "    name: x\n    digits: \"{{ item }}\"\n",
            "`line.digits` is the string \"one\", it must be an integer\n --> groups/more.yaml:6:5",
            "Length",
        ),
    ];
    for (fields, message, help) in cases {
        let said = said(fields);
        assert!(said.contains(message) && said.contains(help) && said.contains("1 error"), "{said}");
    }
    assert_eq!(said("    name: \"{{ item }}\"\n    digits: 3\n"), "");
    // Names are wrong whatever the settings are, and in groups that are off.
    let off = "summary: Off\nfeature: off\nprovides:\n  line: { for: [], nmae: x }\n  model: { for: [], alais: x }\n";
    let said = told(catalog(&[&FILES[..], &[("groups/off.yaml", off)]].concat()).map(drop));
    assert!(said.contains("groups/off.yaml:4:20") && said.contains("did you mean `alias`?"), "{said}");
    // One list, one shape.
    let twice = "summary: Twice\ncollects: { line: { item: { properties: {} } } }\n";
    let said = told(catalog(&[&FILES[..], &[("groups/twice.yaml", twice)]].concat()).map(drop));
    assert!(said.contains("`fax` says already what an item of `line` is"), "{said}");
}

/// Every list of the built-in groups has a shape, and every item that they write keeps to it.
#[test]
fn the_built_in_lists_have_shapes() {
    // A file of a fork lets the built-in groups be looked at as well.
    let catalog = catalog(&[("groups/other.yaml", "summary: Another\n")]).unwrap_or_else(|f| panic!("{}", plain(f)));
    let texts = catalog.groups.values().flat_map(|g| g.variants.values()).map(|v| &v.text);
    for list in texts.flat_map(|t| t.provides.iter()).filter(|(_, p)| p.is_list()).map(|(list, _)| list) {
        let schema = catalog.items.of(list).unwrap_or_else(|| panic!("no group declares what an item of `{list}` is"));
        schema.compile().unwrap_or_else(|why| panic!("{list}: {why}"));
    }
}

/// `{{ }}` in a longer text is an error before anything is rendered, wherever it stands; the unit tests have the limits.
#[test]
fn an_expression_in_a_longer_text_is_an_error() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: fax }\ndata:\n  {% if settings.exchange %}\n  url: https://{{ settings.host }}/v1\n  {% endif %}\n";
    let said = told(catalog(&[&FILES[..3], &[("templates/fax/line.yaml", template)]].concat()).map(drop));
    assert!(said.contains("error[template-syntax]: `{{ settings.host }}` is a whole YAML value"), "{said}");
    assert!(said.contains("templates/fax/line.yaml:6:8"), "{said}");
    assert!(said.contains(r#"`{{ "https://" ~ settings.host ~ "/v1" }}`"#), "{said}");
    for (name, text, _) in BUILTIN.iter().filter(|(name, ..)| name.starts_with("templates/")) {
        let said = composite::findings(&Source::new(*name, *text));
        assert!(said.is_empty(), "{}", plain(said));
    }
}

/// The first line of a file says what the object is for, where its template does; ours all do.
#[test]
fn files_say_what_they_are_for() {
    let first_line = |template: &str| {
        let files = [&FILES[..3], &[("templates/fax/line.yaml", template)]].concat();
        let found = planned(&files, "{ lines: [{ name: one }] }", |plan| {
            let bundle = bundle::render(plan, &Memo::default()).unwrap_or_else(|f| panic!("{}", plain(f)));
            let placed =
                bundle.manifests.values().find(|p| p.component == "fax-one" && p.manifest.identity.kind == "ConfigMap");
            placed.and_then(|p| p.manifest.text.lines().next()).unwrap_or_default().to_owned()
        });
        found.unwrap_or_else(|f| panic!("{}", plain(f)))
    };
    let tail = "Change features.yaml or the template, not this file.";
    let line = FILES[3].1;
    assert_eq!(first_line(line), format!("# Generated by gatewright: group fax, templates/fax/line.yaml. {tail}"));
    assert_eq!(
        first_line(&format!("{{# Why it is so. #}}\n{{# purpose: a line,\n   of one #}}\n{line}")),
        format!("# Generated by gatewright: a line, of one (group fax, templates/fax/line.yaml). {tail}")
    );
    let catalog = catalog(&[]).unwrap_or_else(|f| panic!("{}", plain(f)));
    for (name, ..) in BUILTIN.iter().filter(|(name, ..)| name.starts_with("templates/")) {
        let purpose = catalog.templates.purpose(name).unwrap_or_else(|| panic!("{name}: no {{# purpose: ... #}}"));
        assert!((10..=100).contains(&purpose.len()) && !purpose.ends_with('.'), "{name}: {purpose}");
    }
    let said = explain::group(&catalog.groups["mcp"], &catalog.templates);
    assert!(
        said.contains("    templates/mcp/agentgatewaybackend.yaml\n        how the gateway reaches an MCP server\n"),
        "{said}"
    );
}

/// What Prometheus, Helm or External Secrets fill in later.
#[test]
fn braces_of_others_go_into_raw() {
    let alert = |text: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: x, namespace: fax }}\ndata:\n  a: {text}\n")
    };
    let said = |text: &str| {
        told(catalog(&[&FILES[..3], &[("templates/fax/line.yaml", alert(text).as_str())]].concat()).map(drop))
    };
    for text in ["\"{{ $labels.pod }} is down\"", "\"{{ .Values.name }}\"", "\"{{ range .Items }}x{{ end }}\""] {
        let said = said(text);
        assert!(said.contains("between `{% raw %}` and `{% endraw %}`") && said.contains("line.yaml:5"), "{said}");
    }
    assert_eq!(said("\"{% raw %}{{ $labels.pod }} is down{% endraw %}\""), "");
    assert!(!said("\"{{ settings. }}\"").contains("raw"));
}
