//! An Application that takes a folder of rendered files -> the same that asks a plugin for this folder, at the folder of the inputs.
//! Values of a chart stand in it, since no file in git has them.

use serde_json::{Value, json};

/// The plugin's name, by which an Application asks for it.
pub const NAME: &str = "gatewright";

/// What an Application tells the plugin, and the variable in which Argo CD hands it on (argo-cd 3.4.6,
/// `ApplicationSourcePlugin.Environ`).
pub const PARAMETERS: [(&str, &str); 2] = [("cluster", "PARAM_CLUSTER"), ("folder", "PARAM_FOLDER")];

/// Where the files of one cluster would lie, and where its inputs do, as folders of the repository.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// With the cluster's name.
    pub rendered: &'a str,
    /// That of features.yaml.
    pub inputs: &'a str,
}

/// The Application, whose values stand in it, at the inputs.
pub fn at_inputs(application: &Value, folders: Folders<'_>) -> Value {
    let mut application = application.clone();
    let spec = &mut application["spec"];
    if let Some(source) = spec.get_mut("source") {
        ask(source, folders);
    }
    if let Some(sources) = spec.get_mut("sources").and_then(Value::as_array_mut) {
        // A source that has a name and no path is there for its files of values alone.
        sources.retain(|source| source.get("ref").is_none() || source.get("path").is_some());
        sources.iter_mut().for_each(|source| ask(source, folders));
    }
    application
}

fn ask(source: &mut Value, Folders { cluster, rendered, inputs }: Folders<'_>) {
    let below = |path: &str| path.strip_prefix(rendered)?.strip_prefix('/').map(str::to_owned);
    let Some(folder) = source["path"].as_str().and_then(below) else { return };
    let values = [cluster, folder.as_str()];
    let parameters = PARAMETERS.iter().zip(values).map(|((name, _), value)| json!({ "name": name, "string": value }));
    let plugin = json!({ "name": NAME, "parameters": parameters.collect::<Value>() });
    source["path"] = inputs.into();
    source["plugin"] = plugin;
}
