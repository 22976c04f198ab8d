//! A plan -> its groups: which needs which, and which adds to a list that another one reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::graph::drawing::Graph;
use crate::command::pipeline::Rendered;

/// All groups of the catalog, those that are off with dashes.
pub fn groups(rendered: &Rendered<'_>) -> Graph {
    let plan = &rendered.plan;
    let mut graph = Graph::new(format!("Groups of the cluster {}", plan.cluster));
    for choice in plan.choices.values() {
        let provider = Some(choice.provider).filter(|provider| choice.on && !provider.is_empty());
        let state = format!("{}: {}", if choice.on { "on" } else { "off" }, choice.reason);
        let lines = [choice.group.name.clone(), state].into_iter().chain(provider.map(|p| format!("provider {p}")));
        let node = graph.node(&choice.group.name, lines);
        if !choice.on {
            graph.dash(node);
        }
    }
    let on = || plan.choices.values().filter(|choice| choice.on);
    // One arrow for two groups, with all that is between them; a capability that has the name of its group goes without saying.
    let mut between: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for choice in on() {
        let (name, text) = (choice.group.name.as_str(), &choice.variant().text);
        for other in on().filter(|other| other.group.name != name) {
            let (to, theirs) = (other.group.name.as_str(), &other.variant().text);
            for capability in text.requires.iter().filter(|c| theirs.provides.contains_key(*c)) {
                let words = if capability == to { String::new() } else { format!("needs {capability}") };
                between.entry((name, to)).or_default().insert(words);
            }
            for list in text.provides.keys().filter(|list| theirs.collects.contains_key(*list)) {
                between.entry((name, to)).or_default().insert(format!("adds {list}"));
            }
        }
    }
    for ((from, to), words) in between {
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let (from, to) = (graph.node(from, []), graph.node(to, []));
        graph.arrow(from, to, &words.join(", "));
    }
    graph
}
