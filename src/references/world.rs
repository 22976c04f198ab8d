//! What one cluster has: the objects of its files, and what exists without a file. The closed world in which references are
//! resolved; made from a bundle or from files, with equal results.

use serde_json::Value;

use crate::group::claim::Promise;
use crate::group::pages::Pages;
use crate::object::existing::{Existing, Silence};
use crate::object::object::{Object, Objects};
use crate::plan::resolve::Plan;
use crate::references::layout::Beyond;
use crate::references::manifests::Manifests;
use crate::render::bundle::Bundle;
use crate::text::finding::Finding;

/// Looks at all objects of a cluster and says what is wrong between them.
pub type WorldRule = fn(&World<'_>) -> Vec<Finding>;

/// One cluster as the rules see it.
#[derive(Debug)]
pub struct World<'a> {
    /// The objects of its files.
    pub objects: Objects<'a>,
    /// The paths of all files, those without objects included.
    pub files: Vec<&'a str>,
    /// Objects whose identity another one has too.
    pub repeated: Vec<Object<'a>>,
    /// What exists and stands in no file.
    pub existing: &'a [Existing],
    /// Findings that are not to be reported.
    pub silences: &'a [Silence],
    /// What a rendered folder claims; a plan is asked for its claims itself.
    pub promises: &'a [Promise],
    /// A kustomization generates objects, or fetches some, that stand in no file.
    pub generated: bool,
    /// Files and `existing` are all there is. Otherwise (a folder that somebody else made) charts, operators and other
    /// folders bring things too.
    pub closed: bool,
    /// What other worlds of the same repository have.
    pub beyond: Option<&'a Beyond>,
    /// The rules over one object.
    pub pages: &'a Pages,
    /// `platform`, where it was rendered here.
    pub platform: Option<&'a Value>,
}

impl<'a> World<'a> {
    /// The world of a rendered cluster; `folder` is its name with a `/`.
    pub fn of_bundle(plan: &'a Plan<'_>, bundle: &'a Bundle, folder: &'a str) -> Self {
        let objects = bundle.manifests.iter().map(|(identity, placed)| Object {
            identity,
            value: &placed.manifest.value,
            path: &placed.path,
            folder,
            text: &placed.manifest.text,
            document: 0,
            file: None,
            made: Some(&placed.files),
            linked: &placed.manifest.linked,
            facts: Some(&placed.manifest.facts),
        });
        let (objects, repeated) = Objects::new(objects);
        let placed = bundle.manifests.values().map(|placed| placed.path.as_str());
        let files = placed.chain(bundle.values.keys().map(String::as_str)).collect();
        Self {
            objects,
            files,
            repeated,
            existing: &plan.existing,
            silences: &plan.silences,
            promises: &[],
            generated: false,
            closed: true,
            beyond: None,
            pages: &plan.catalog.pages,
            platform: Some(&plan.platform),
        }
    }

    /// The same with files of others that lie in the cluster's folder.
    pub fn with(mut self, others: &'a Manifests) -> Self {
        self.repeated.extend(self.objects.add(objects(others)));
        self.files.extend(others.files.iter().map(String::as_str));
        self
    }

    /// The world of a folder's files, under our own rules.
    pub fn of_manifests(manifests: &'a Manifests) -> Self {
        let (objects, repeated) = Objects::new(objects(manifests));
        let (existing, silences) = (&manifests.existing, &manifests.silences);
        let files = manifests.files.iter().map(String::as_str).collect();
        let (generated, closed, beyond) = (manifests.generated, manifests.closed, manifests.beyond.as_deref());
        let promises = &manifests.promises;
        let (pages, platform) = (Pages::ours().as_ref(), None);
        Self { objects, files, repeated, existing, silences, promises, generated, closed, beyond, pages, platform }
    }
}

fn objects(manifests: &Manifests) -> impl Iterator<Item = Object<'_>> {
    manifests.documents.iter().map(|document| Object {
        identity: &document.identity,
        value: &document.value,
        path: document.path(),
        folder: &manifests.folder,
        text: &document.file.source.text,
        document: document.position,
        file: Some(&document.file),
        made: Some(&document.made),
        linked: &document.linked,
        facts: None,
    })
}
