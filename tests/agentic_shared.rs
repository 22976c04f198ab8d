//! The AiGateway and ToolGateway contracts against what is known of the operators: their own samples, the objects and texts
//! that they make of them, and their CRDs. All of it lies in ../shared, and a test says so when it is not there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatewright::agentic::config_patch;
use gatewright::agentic::gateway::PATCH_KEY;
use gatewright::agentic::input;
use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::report;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::{Code, Severity};
use gatewright::text::goyaml::{self, Yaml};
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::Crds;
use serde_json::{Value, json};

/// A folder of ../shared; `None` is said on stderr.
fn shared(below: &str) -> Option<PathBuf> {
    let folder = Some(Path::new("../shared").join(below)).filter(|f| f.is_dir());
    if folder.is_none() {
        eprintln!("skipped: there is no ../shared/{below}");
    }
    folder
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn documents(path: &Path) -> Vec<Value> {
    kubeyaml::values(&Source::new(path.display().to_string(), read(path))).expect("YAML")
}

fn catalog() -> Catalog {
    Catalog::new(&Default::default()).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

/// Everything on LiteLLM, from these manifests.
fn rendered<'a>(catalog: &'a Catalog, manifests: Vec<Arc<Source>>) -> Rendered<'a> {
    let features =
        "platform: { name: p, argocd: { repoURL: https://git.example.com/p.git } }\nfeatures: { agentic: true }\n";
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let mut clusters = pipeline::read(&inputs, catalog).expect("sound");
    clusters[0].manifests = manifests;
    // A cluster is borrowed by what is rendered from it; a test ends before that matters.
    pipeline::render(catalog, &clusters.leak()[0], &Memo::default()).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

fn object<'r>(rendered: &'r Rendered<'_>, like: &Value) -> Option<&'r Value> {
    let meta = |v: &Value| (v["kind"].clone(), v["metadata"]["namespace"].clone(), v["metadata"]["name"].clone());
    rendered.bundle.manifests.values().map(|p| &p.manifest.value).find(|v| meta(v) == meta(like))
}

/// Each sample of the operator with its expected objects: data equal, `config.yaml` byte for byte, hash included.
#[test]
fn samples_become_the_operators_objects() {
    let Some(root) = shared("agentic") else { return };
    let catalog = catalog();
    let mut compared = 0;
    for entry in fs::read_dir(root.join("expected")).expect("readable") {
        let expected = entry.expect("readable").path();
        let name = expected.file_name().unwrap_or_default().to_string_lossy().replace("sample-", "").replace('-', "_");
        let sample = root.join("samples").join(&name);
        let rendered = rendered(&catalog, vec![Source::new(format!("gateways/{name}"), read(&sample))]);
        for mut wanted in documents(&expected) {
            // A renderer has no owner to name.
            wanted["metadata"].as_object_mut().map(|meta| meta.shift_remove("ownerReferences"));
            // The one difference: its LiteLLM has a known hole.
            if let Some(image) = wanted.pointer_mut("/spec/template/spec/containers/0/image") {
                assert_eq!(image, "ghcr.io/berriai/litellm:v1.83.14-stable.patch.2");
                *image = "ghcr.io/berriai/litellm:v1.89.2".into();
            }
            let found =
                object(&rendered, &wanted).unwrap_or_else(|| panic!("{name}: no {} of its own", wanted["kind"]));
            assert_eq!(yaml::emit(&sorted(found)), yaml::emit(&sorted(&wanted)), "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 9, "{compared}");
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            keys.into_iter().map(|k| (k.clone(), sorted(&map[k]))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Every sample of both operators is read without a mistake, and renders or is refused for what the README says.
#[test]
fn every_sample_is_read() {
    let Some(root) = shared("agentic/samples") else { return };
    let catalog = catalog();
    let mut files: Vec<PathBuf> = fs::read_dir(root).expect("readable").map(|e| e.expect("readable").path()).collect();
    files.sort();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rendered = rendered(&catalog, vec![Source::new(format!("gateways/{name}"), read(file))]);
        let errors: Vec<Code> = rendered
            .findings(&Crds::default())
            .iter()
            // A sample alone lacks what others of them bring.
            .filter(|f| {
                f.severity == Severity::Error && ![Code::DanglingReference, Code::LitellmEnvironment].contains(&f.code)
            })
            .map(|f| f.code)
            .collect();
        match name.contains("with_patch") {
            true => assert_eq!(errors, [Code::LiteralMasterKey], "{name}"),
            false => assert_eq!(errors, [], "{name}"),
        }
    }
    assert!(files.len() >= 12, "{}", files.len());
}

/// The texts of `config.yaml`, byte for byte: unpatched ones from gateways, patched ones from the patches beside them.
#[test]
fn texts_are_the_operators_bytes() {
    let Some(root) = shared("agentic/config") else { return };
    let catalog = catalog();
    let gateway = |models: &[(&str, &str)]| {
        let models: Value =
            models.iter().map(|(provider, name)| json!({ "provider": provider, "name": name })).collect();
        json!({ "apiVersion": "runtime.agentic-layer.ai/v1alpha1", "kind": "AiGateway",
            "metadata": { "name": "gw", "namespace": "default" },
            "spec": { "aiGatewayClassName": "litellm", "aiModels": models } })
    };
    let tools = |route: Value, namespace: &str, name: &str| {
        let gateway = json!({ "apiVersion": "runtime.agentic-layer.ai/v1alpha1", "kind": "ToolGateway",
            "metadata": { "name": "gw", "namespace": "default" }, "spec": { "toolGatewayClassName": "litellm" } });
        let mut spec = json!({ "toolGatewayRef": { "name": "gw", "namespace": "default" } });
        spec.as_object_mut().expect("a map").extend(route.as_object().expect("a map").clone());
        let server = json!({ "apiVersion": "runtime.agentic-layer.ai/v1alpha1", "kind": "ToolServer",
            "metadata": { "name": "search", "namespace": "default" }, "spec": { "image": "example/search" } });
        let route = json!({ "apiVersion": "runtime.agentic-layer.ai/v1alpha1", "kind": "ToolRoute",
            "metadata": { "name": name, "namespace": namespace }, "spec": spec });
        vec![gateway, server, route]
    };
    let one = || vec![gateway(&[("openai", "gpt-3.5-turbo")])];
    let config = |objects: Vec<Value>| {
        let text: String = objects.iter().map(|o| format!("---\n{}", yaml::emit(o))).collect();
        let rendered = rendered(&catalog, vec![Source::new("gateways/case.yaml", text)]);
        rendered.plan.agentic.model.gateways[0].config.clone().expect("a text")
    };
    let basic = vec![gateway(&[("openai", "gpt-3.5-turbo"), ("openai", "gpt-4"), ("anthropic", "claude-3-opus")])];
    assert_eq!(config(basic), read(&root.join("ai-basic.yaml")));
    assert_eq!(config(one()), read(&root.join("ai-one.yaml")));
    let sample = json!({ "upstream": { "external": { "url": "http://echo.default/mcp" } } });
    assert_eq!(config(tools(sample, "tool-gateway-routes", "echo")), read(&root.join("tool-sample.yaml")));
    let filter = json!({ "upstream": { "toolServerRef": { "name": "search" } },
        "toolFilter": { "allow": ["search", "fetch_*"], "deny": ["delete_*", "*x", "?"] } });
    assert_eq!(config(tools(filter, "default", "r1")), read(&root.join("tool-filter.yaml")));

    let mut patched = 0;
    for entry in fs::read_dir(&root).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix(".patch.yaml") else { continue };
        let mut objects = one();
        objects[0]["metadata"]["annotations"] = json!({ "ai-gateway-litellm.agentic-layer.ai/config-patch": "patch" });
        objects.push(json!({ "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "patch", "namespace": "default" }, "data": { PATCH_KEY: read(&path) } }));
        patched += 1;
        match fs::read_to_string(root.join(format!("{case}.error.txt"))) {
            Ok(error) => {
                let base = Yaml::Map(Vec::new());
                let refused = config_patch::patched(&base, Some(&read(&path))).expect_err(case);
                assert_eq!(refused.trim(), error.trim(), "{case}");
            }
            Err(_) => assert_eq!(config(objects), read(&root.join(format!("{case}.yaml"))), "{case}"),
        }
    }
    assert!(patched >= 7, "{patched}");
    assert!(goyaml::read("").is_ok());
}

/// Our schemas admit what the CRDs admit: the same keys, required ones, types, choices and bounds.
#[test]
fn schemas_agree_with_the_crds() {
    let Some(root) = shared("crds/agentic-layer/v0.28.1") else { return };
    let mut kinds = 0;
    for entry in fs::read_dir(root).expect("readable") {
        let crd = documents(&entry.expect("readable").path()).remove(0);
        let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
        let theirs = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let ours = input::schema(&kind).unwrap_or_else(|| panic!("no schema of {kind}"));
        agree(&kind, theirs, &ours.json);
        kinds += 1;
    }
    assert_eq!(kinds, 13);
}

fn agree(at: &str, theirs: &Value, ours: &Value) {
    // The many kinds of volumes are the API server's matter.
    if at == "Agent/volumes/*" {
        return;
    }
    let keys = |v: &Value| {
        let mut keys: Vec<String> = v["properties"].as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect();
        keys.sort();
        keys
    };
    let list = |v: &Value| {
        let mut list: Vec<String> = v.as_array().into_iter().flatten().map(ToString::to_string).collect();
        // Required and with a default: an absent one is no mistake.
        list.retain(|name| !["\"protocol\"", "\"transportType\""].contains(&name.as_str()));
        list.sort();
        list
    };
    assert_eq!(keys(theirs), keys(ours), "{at}: keys");
    assert_eq!(list(&theirs["required"]), list(&ours["required"]), "{at}: required");
    for bound in ["enum", "minimum", "maximum", "minLength", "minItems"] {
        assert_eq!(theirs.get(bound), ours.get(bound), "{at}: {bound}");
    }
    let quantity = theirs.get("x-kubernetes-int-or-string").is_some();
    if let (Some(kind), false) = (theirs.get("type"), quantity) {
        assert_eq!(Some(kind), ours.get("type"), "{at}: type");
    }
    for key in keys(theirs) {
        agree(&format!("{at}/{key}"), &theirs["properties"][&key], &ours["properties"][&key]);
    }
    if theirs.get("items").is_some() {
        agree(&format!("{at}/*"), &theirs["items"], &ours["items"]);
    }
}
