//! What commands share: the working folder with its catalog, its clusters rendered several at a time, and what a command ends
//! with.

use std::path::Path;

use anyhow::anyhow;
use rayon::prelude::*;
use serde_json::Value;

use crate::command::args::Which;
use crate::command::clusters;
use crate::command::formats::Format;
use crate::command::pipeline::{self, Rendered};
use crate::command::progress::Progress;
use crate::disk::read::Failure;
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::text::finding::{Finding, Severity, sorted};
use crate::text::secret;
use crate::text::shown;
use crate::text::yaml;
use crate::verdict::crd::Crds;

/// What a command ends with.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For stdout.
    pub data: String,
    /// The data is for programs, and goes out as it is; other data passes [`crate::text::shown`].
    pub exact: bool,
    /// For stderr.
    pub talk: String,
    /// Findings for stderr.
    pub findings: Vec<Finding>,
    /// There are differences: exit code 1.
    pub differs: bool,
}

impl Outcome {
    /// Data and nothing else.
    pub fn data(data: impl Into<String>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// Data that is safe by its format, or has to keep its bytes.
    pub fn exactly(data: impl Into<String>) -> Self {
        Self { exact: true, ..Self::data(data) }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// A working folder with its catalog.
pub(crate) struct Workspace<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) file: &'a Path,
    pub(crate) catalog: &'a Catalog,
    /// No progress is shown.
    pub(crate) quiet: bool,
}

impl<'a> Workspace<'a> {
    /// All clusters, or those that are meant.
    pub(crate) fn clusters(&self, which: Option<&Which>) -> Result<Vec<Cluster>> {
        let clusters = clusters::clusters(self.folder, self.file, self.catalog)?;
        match which {
            Some(which) if !which.is_all() => Ok(which.of(clusters)?),
            _ => Ok(clusters),
        }
    }

    /// The one cluster that is meant.
    pub(crate) fn one(&self, which: &Which) -> Result<Vec<Cluster>> {
        let clusters = self.clusters(Some(which))?;
        if clusters.len() > 1 {
            let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
            let hint = format!("choose one with --cluster: {}", names.join(", "));
            return Err(anyhow!("this is about one cluster, and there are {}\n{hint}", names.len()).into());
        }
        Ok(clusters)
    }

    /// Renders clusters and hands each on, several at a time; results come in the order of the clusters. Mistakes of all of
    /// them are reported together.
    pub(crate) fn each<'c, T: Send>(
        &self,
        clusters: &'c [Cluster],
        memo: &Memo,
        use_it: impl Fn(Rendered<'c>) -> Result<T> + Sync,
    ) -> Result<Vec<T>>
    where
        'a: 'c,
    {
        let progress = Progress::new(clusters.len(), "clusters", self.quiet);
        let one = |cluster: &'c Cluster| {
            let used = use_it(pipeline::render(self.catalog, cluster, memo).map_err(Failure::Findings)?);
            progress.step();
            used
        };
        let results: Vec<Result<T>> = clusters.par_iter().map(one).collect();
        let (mut values, mut mistakes) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(value) => {
                    values.push(value);
                    mistakes.push(Vec::new());
                }
                Err(Failure::Findings(found)) => mistakes.push(found),
                Err(other) => return Err(other),
            }
        }
        if values.len() == clusters.len() {
            return Ok(values);
        }
        clusters::name(clusters, &mut mistakes);
        Err(Failure::Findings(sorted(mistakes.into_iter().flatten().collect())))
    }

    /// As [`Self::each`], for clusters in which no rule finds an error, each with its warnings; and the warnings of all, sorted.
    pub(crate) fn each_sound<'c, T: Send>(
        &self,
        clusters: &'c [Cluster],
        memo: &Memo,
        use_it: impl Fn(Rendered<'c>, &[Finding]) -> Result<T> + Sync,
    ) -> Result<(Vec<T>, Vec<Finding>)>
    where
        'a: 'c,
    {
        let found = self.each(clusters, memo, |rendered| match rendered.findings(&Crds::default()) {
            findings if findings.iter().any(|f| f.severity == Severity::Error) => Err(Failure::Findings(findings)),
            warnings => Ok((use_it(rendered, &warnings)?, warnings)),
        })?;
        let (values, mut warnings): (Vec<T>, Vec<Vec<Finding>>) = found.into_iter().unzip();
        clusters::name(clusters, &mut warnings);
        Ok((values, sorted(warnings.into_iter().flatten().collect())))
    }
}

pub(crate) fn formatted(data: &Value, output: Format) -> Result<Outcome> {
    let mut data = data.clone();
    secret::mask(&mut data);
    match output {
        Format::Json => Ok(Outcome::exactly(pretty(&data))),
        Format::Yaml => {
            let text = yaml::emit(&data);
            // JSON is YAML, and all of its texts stand in one line.
            Ok(Outcome::exactly(if shown::text(&text) == text { text } else { pretty(&data) }))
        }
        Format::Text | Format::Markdown => Err(anyhow!("this command has no such format\ntry `-o json`").into()),
    }
}

pub(crate) fn pretty(data: &Value) -> String {
    shown::json(&serde_json::to_string_pretty(data).expect("plain data")) + "\n"
}
