//! Graphs for people and programs: Graphviz, Mermaid, JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::node::{Binding, NodeKind, ScopeId, Source};
use super::{Graph, Node};

pub(crate) fn json(pipeline: &str, graph: &Graph) -> Value {
    let source = |source: &Source| {
        let node = graph.get(source.node);
        let output = node
            .outputs
            .get(source.output as usize)
            .map(|output| output.name.as_str());
        json!({ "node": source.node, "step": node.name, "output": output })
    };
    let nodes: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| {
            let inputs: Vec<_> = node
                .inputs
                .iter()
                .map(|input| match &input.binding {
                    Binding::Output(from) => json!({ "name": input.name, "from": source(from) }),
                    Binding::Value(value) => json!({ "name": input.name, "value": value.json }),
                })
                .collect();
            let outputs: Vec<_> = node
                .outputs
                .iter()
                .map(|output| {
                    json!({ "name": output.name, "type": output.codec.type_name(), "codec": output.codec.info().name })
                })
                .collect();
            let results: Vec<_> = node.body().map(|(_, results)| results).unwrap_or_default().iter().map(source).collect();
            json!({
                "id": node.id,
                "name": node.name,
                "kind": kind(node),
                "step": node.step(),
                "inputs": inputs,
                "outputs": outputs,
                "after": node.after,
                "within": graph.scope(node.scope).parent.map(|(_, owner)| owner),
                "results": results,
                "tags": node.options.tags,
                "place": node.place.to_string(),
            })
        })
        .collect();
    json!({
        "pipeline": pipeline,
        "hash": graph.hash,
        "nodes": nodes,
        "outputs": graph.outputs.iter().map(source).collect::<Vec<_>>(),
    })
}

fn kind(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Step => "step",
        NodeKind::Stored { .. } => "stored_artifact",
        NodeKind::Each { .. } => "each",
        NodeKind::When { .. } => "when",
        NodeKind::Element { .. } => "element",
    }
}

/// The edges of the graph as (from, to, label); solid ones carry a value.
fn edges(graph: &Graph) -> Vec<(&Node, &Node, String, bool)> {
    let mut edges = Vec::new();
    for node in &graph.nodes {
        for input in &node.inputs {
            if let Binding::Output(source) = &input.binding {
                edges.push((graph.get(source.node), node, input.name.clone(), true));
            }
        }
        for after in &node.after {
            edges.push((graph.get(*after), node, String::new(), false));
        }
        for result in node.body().map(|(_, results)| results).unwrap_or_default() {
            edges.push((graph.get(result.node), node, String::new(), true));
        }
    }
    edges
}

pub(crate) fn dot(pipeline: &str, graph: &Graph) -> String {
    let quote = |text: &str| {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
        )
    };
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n",
        quote(pipeline)
    );
    clusters(
        graph,
        0,
        1,
        &mut text,
        &|node, out, indent| {
            let shape = match node.kind {
                NodeKind::Stored { .. } => ", shape=cylinder",
                NodeKind::Element { .. } => ", shape=ellipse",
                NodeKind::When { .. } => ", shape=diamond",
                _ => "",
            };
            let _ = writeln!(
                out,
                "{}n{} [label={}{shape}];",
                "  ".repeat(indent),
                node.id,
                quote(&node.name)
            );
        },
        &|node, out, indent| {
            let _ = writeln!(
                out,
                "{0}subgraph cluster_{1} {{\n{0}  label={2};",
                "  ".repeat(indent),
                node.id,
                quote(&node.name)
            );
        },
        "}",
    );
    for (from, to, label, value) in edges(graph) {
        let style = if value { "" } else { ", style=dashed" };
        let _ = writeln!(
            text,
            "  n{} -> n{} [label={}{style}];",
            from.id,
            to.id,
            quote(&label)
        );
    }
    text.push_str("}\n");
    text
}

pub(crate) fn mermaid(graph: &Graph) -> String {
    let escape = |text: &str| {
        text.replace('&', "#amp;")
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('\n', " ")
    };
    let mut text = String::from("flowchart LR\n");
    clusters(
        graph,
        0,
        1,
        &mut text,
        &|node, out, indent| {
            let (open, close) = match node.kind {
                NodeKind::Stored { .. } => ("[(", ")]"),
                NodeKind::Element { .. } => ("([", "])"),
                NodeKind::When { .. } => ("{", "}"),
                _ => ("[", "]"),
            };
            let _ = writeln!(
                out,
                "{}n{}{open}\"{}\"{close}",
                "  ".repeat(indent),
                node.id,
                escape(&node.name)
            );
        },
        &|node, out, indent| {
            let _ = writeln!(
                out,
                "{}subgraph s{}[\"{}\"]",
                "  ".repeat(indent),
                node.id,
                escape(&node.name)
            );
        },
        "end",
    );
    for (from, to, label, value) in edges(graph) {
        let arrow = match (value, label.is_empty()) {
            (true, true) => "-->".to_owned(),
            (true, false) => format!("-->|\"{}\"|", escape(&label)),
            (false, _) => "-.->".to_owned(),
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", from.id, to.id);
    }
    text
}

type Draw<'a> = &'a dyn Fn(&Node, &mut String, usize);

/// Draws the nodes of a scope, each inner scope as a group.
fn clusters(
    graph: &Graph,
    scope: ScopeId,
    indent: usize,
    out: &mut String,
    node: Draw<'_>,
    open: Draw<'_>,
    close: &str,
) {
    for id in &graph.scope(scope).nodes {
        let inner = graph.get(*id);
        node(inner, out, indent);
        if let Some((body, _)) = inner.body() {
            open(inner, out, indent);
            clusters(graph, body, indent + 1, out, node, open, close);
            let _ = writeln!(out, "{}{close}", "  ".repeat(indent));
        }
    }
}
