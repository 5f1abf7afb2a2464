//! Graphs for people and programs: Graphviz, Mermaid, JSON.

use std::fmt::Write;

use serde_json::Value;

use super::node::{Binding, NodeInput, NodeKind, NodeOutput, ScopeId, Source};
use super::{Graph, Node};

pub(crate) fn json(pipeline: &str, graph: &Graph) -> Value {
    let source = |source: &Source| {
        let node = graph.get(source.node);
        let output = node
            .outputs
            .get(source.output as usize)
            .map(|output| output.name.as_str());
        object([
            ("node", source.node.into()),
            ("step", node.name.as_str().into()),
            ("output", output.into()),
        ])
    };
    let node = |node: &Node| {
        let input = |input: &NodeInput| {
            let (key, value) = match &input.binding {
                Binding::Output(from) => ("from", source(from)),
                Binding::Value(value) => ("value", value.json.clone()),
            };
            object([("name", input.name.as_str().into()), (key, value)])
        };
        let output = |output: &NodeOutput| {
            object([
                ("name", output.name.as_str().into()),
                ("type", output.codec.type_name().into()),
                ("codec", output.codec.info().name.into()),
            ])
        };
        let results = node.body().map(|(_, results)| results).unwrap_or_default();
        object([
            ("id", node.id.into()),
            ("name", node.name.as_str().into()),
            ("kind", kind(node).into()),
            ("step", node.step().into()),
            ("inputs", node.inputs.iter().map(input).collect()),
            ("outputs", node.outputs.iter().map(output).collect()),
            ("after", node.after.iter().copied().collect()),
            (
                "within",
                graph.scope(node.scope).parent.map(|(_, owner)| owner).into(),
            ),
            ("results", results.iter().map(source).collect()),
            ("tags", node.options.tags.iter().map(String::as_str).collect()),
            ("place", node.place.to_string().into()),
        ])
    };
    object([
        ("pipeline", pipeline.into()),
        ("hash", graph.hash.to_string().into()),
        ("nodes", graph.nodes.iter().map(node).collect()),
        ("outputs", graph.outputs.iter().map(source).collect()),
    ])
}

/// Moves its values, which `json!` copies, at every level anew: a large graph was copied four times.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
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
