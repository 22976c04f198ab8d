//! The command `argocd`: what makes Argo CD's repository server render, and what it then runs.

use anyhow::anyhow;
use serde_json::json;

use crate::command::args::{ArgoCd, Which};
use crate::command::rendering::stream;
use crate::command::runners::filled;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::group::memo::Memo;
use crate::products::argocd::plugin::{Folders, NAME, PARAMETERS, at_inputs};
use crate::text::yaml;

const TEMPLATE: &str = "templates/fleet/plugin.yaml";

/// What the root Application takes.
const ROOT: &str = "argocd";

pub(crate) fn argocd(workspace: &Workspace<'_>, what: &ArgoCd) -> Result<Outcome> {
    match what {
        ArgoCd::Plugin { image } => plugin(workspace, image.as_deref()),
        ArgoCd::Generate { cluster, folder } => generate(workspace, cluster.as_deref(), folder.as_deref()),
    }
}

fn plugin(workspace: &Workspace<'_>, image: Option<&str>) -> Result<Outcome> {
    let clusters = workspace.clusters(None)?;
    let first = clusters.first().ok_or_else(|| anyhow!("there is no cluster"))?;
    let Some(image) = image.or_else(|| first.platform["fleet"]["image"].as_str()) else {
        let hint = "an image that the Containerfile builds: --image, or `platform.fleet.image`";
        return Err(anyhow!("no image with gatewright in it is named\n{hint}").into());
    };
    let context = json!({ "platform": first.platform, "image": image, "name": NAME });
    filled(workspace, TEMPLATE, &context)
}

/// The objects of one folder, as an Application asks for them.
fn generate(workspace: &Workspace<'_>, cluster: Option<&str>, folder: Option<&str>) -> Result<Outcome> {
    let [asked, below] = PARAMETERS.map(|(_, variable)| told(variable));
    let folder = folder.map(str::to_owned).or(below).unwrap_or_else(|| ROOT.to_owned());
    let cluster = cluster.map(str::to_owned).or(asked).into_iter().collect();
    let clusters = workspace.one(&Which { cluster, ..Which::default() })?;
    let (texts, findings) = workspace.each_sound(&clusters, &Memo::default(), |rendered, _| {
        let platform = &rendered.cluster.platform;
        let text = |pointer: &str| platform.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default();
        let path = format!("{}/{}", text("/argocd/path"), rendered.plan.cluster);
        let folders = Folders { cluster: &rendered.plan.cluster, rendered: &path, inputs: text("/fleet/folder") };
        let inside = |path: &str| path.rsplit_once('/').is_some_and(|(of, _)| of == folder);
        let placed = rendered.bundle.manifests.values().filter(|placed| inside(&placed.path));
        let text = stream(placed, |manifest| match manifest.identity.kind.as_str() {
            "Application" => yaml::emit(&at_inputs(&manifest.value, folders)).into(),
            _ => manifest.text.clone(),
        });
        match text.is_empty() {
            true => Err(anyhow!("{} renders nothing in the folder `{folder}`", rendered.plan.cluster).into()),
            false => Ok(text),
        }
    })?;
    Ok(Outcome { findings, ..Outcome::exactly(texts.concat()) })
}

#[expect(clippy::disallowed_methods, reason = "that is how Argo CD tells a plugin what its Application says")]
fn told(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}
