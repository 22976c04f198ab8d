//! A graph -> Mermaid or DOT. Whatever a name holds, it stays a text there.

use crate::command::graph::drawing::Graph;

/// A flowchart of Mermaid, from left to right.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = format!("%% {}\nflowchart LR\n", graph.title);
    for (index, node) in graph.boxes.iter().enumerate() {
        let lines: Vec<String> = node.lines.iter().map(|line| coded(line)).collect();
        let class = if node.dashed { ":::off" } else { "" };
        text += &format!("  n{index}[\"{}\"]{class}\n", lines.join("<br/>"));
    }
    for (from, to, words) in &graph.arrows {
        let words = if words.is_empty() { String::new() } else { format!("|\"{}\"|", coded(words)) };
        text += &format!("  n{from} -->{words} n{to}\n");
    }
    text + "  classDef off stroke-dasharray: 5 5\n"
}

/// A text in which only letters, digits and a few signs stand for themselves; the others are Mermaid's codes.
fn coded(text: &str) -> String {
    let one = |c: char| match c {
        ' ' | '-' | '_' | '.' | ',' | '/' | ':' | '=' | '$' | '(' | ')' => c.to_string(),
        c if c.is_alphanumeric() => c.to_string(),
        c => format!("#{};", u32::from(c)),
    };
    text.chars().map(one).collect()
}

/// A digraph of Graphviz, from left to right.
pub fn dot(graph: &Graph) -> String {
    let mut text = format!("digraph {{\n  label={}\n  rankdir=LR\n  node [shape=box]\n", quoted(&graph.title));
    for (index, node) in graph.boxes.iter().enumerate() {
        let style = if node.dashed { ", style=dashed" } else { "" };
        text += &format!("  n{index} [label={}{style}]\n", quoted(&node.lines.join("\n")));
    }
    for (from, to, words) in &graph.arrows {
        let label = if words.is_empty() { String::new() } else { format!(" [label={}]", quoted(words)) };
        text += &format!("  n{from} -> n{to}{label}\n");
    }
    text + "}\n"
}

/// A quoted string of DOT. A backslash is two: Graphviz reads `\N` and others as the names of nodes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
