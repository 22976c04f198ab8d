//! The command `graph`: a rendered cluster -> boxes and arrows, in a notation that others draw, or drawn here.

pub mod drawing;
pub mod notation;
pub mod svg;
pub mod groups;
pub mod request;
pub mod wiring;

use anyhow::anyhow;

use crate::command::args::Which;
use crate::command::formats::{Notation, Picture};
use crate::command::graph::drawing::Graph;
use crate::command::pipeline::Rendered;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::group::memo::Memo;

/// Boxes that are laid out here: more take long, and nobody reads them.
const MAX_BOXES: usize = 400;

pub(crate) fn graph(workspace: &Workspace<'_>, picture: Picture, which: &Which, output: Notation) -> Result<Outcome> {
    let clusters = workspace.one(which)?;
    let graphs = workspace.each(&clusters, &Memo::default(), |rendered| Ok(of(&rendered, picture)))?;
    let graph = graphs.into_iter().next().ok_or_else(|| anyhow!("there is no cluster"))?;
    let text = match output {
        Notation::Mermaid => notation::mermaid(&graph),
        Notation::Dot => notation::dot(&graph),
        Notation::Svg => drawn(&graph).ok_or_else(|| {
            anyhow!("{} boxes are too many to draw\nGraphviz takes more: `-o dot`", graph.boxes.len())
        })?,
    };
    Ok(Outcome::exactly(text))
}

/// A picture of a cluster.
pub fn of(rendered: &Rendered<'_>, picture: Picture) -> Graph {
    match picture {
        Picture::Groups => groups::groups(rendered),
        Picture::Request => request::request(rendered),
        Picture::Wiring => wiring::wiring(rendered),
    }
}

/// A graph as SVG; none when it has too many boxes.
pub fn drawn(graph: &Graph) -> Option<String> {
    (graph.boxes.len() <= MAX_BOXES).then(|| svg::svg(graph))
}
