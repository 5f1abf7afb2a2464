//! Checks of a whole graph, and its hash.

use std::collections::HashMap;

use super::node::{Binding, NodeKind, Scope, Source};
use super::{GraphError, Node, NodeId, Place};
use crate::artifact::{Digest, FieldHasher, bare_type_name};
use crate::metadata::LONGEST_NAME;

/// Whether a pipeline, a step or an artifact can have this name.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("it is empty".into());
    }
    if name.len() > LONGEST_NAME {
        return Err(format!(
            "it has {} bytes, at most {LONGEST_NAME} are allowed",
            name.len()
        ));
    }
    match name.chars().find(|c| c.is_control() || matches!(c, '[' | ']')) {
        // Brackets number the elements of `each`.
        Some(c) => Err(format!("the character {c:?} isn't allowed in names")),
        None => Ok(()),
    }
}

/// Finds a circle closed by `.after(..)`. Every node with a body counts twice, at its start and at its end: its body begins
/// after the one and before the other.
pub(crate) fn check_circles(
    nodes: &[Node],
    scopes: &[Scope],
    after: &[(NodeId, Place)],
) -> Result<(), GraphError> {
    if after.is_empty() {
        return Ok(());
    }
    let count = nodes.len();
    let (start, end) = (|node: NodeId| node as usize, |node: NodeId| node as usize + count);
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); 2 * count];
    let mut waiting = vec![0_u32; 2 * count];
    let mut edge = |from: usize, to: usize| {
        followers[from].push(to);
        waiting[to] += 1;
    };
    for node in nodes {
        edge(start(node.id), end(node.id));
        for dependency in node.dependencies() {
            edge(end(dependency), start(node.id));
        }
        if let Some((_, owner)) = scopes[node.scope as usize].parent {
            edge(start(owner), start(node.id));
            edge(end(node.id), end(owner));
        }
    }
    let mut ready: Vec<usize> = (0..2 * count).filter(|vertex| waiting[*vertex] == 0).collect();
    while let Some(vertex) = ready.pop() {
        for follower in &followers[vertex] {
            waiting[*follower] -= 1;
            if waiting[*follower] == 0 {
                ready.push(*follower);
            }
        }
    }
    if waiting.iter().all(|count| *count == 0) {
        return Ok(());
    }
    Err(circle(nodes, &followers, &waiting, after))
}

fn circle(
    nodes: &[Node],
    followers: &[Vec<usize>],
    waiting: &[u32],
    after: &[(NodeId, Place)],
) -> GraphError {
    let count = nodes.len();
    let mut before: HashMap<usize, usize> = HashMap::new();
    for (from, targets) in followers.iter().enumerate() {
        for to in targets {
            if waiting[from] > 0 && waiting[*to] > 0 {
                before.insert(*to, from);
            }
        }
    }
    // Going back along what still waits must come round.
    let mut vertex = before.keys().copied().next().unwrap_or(0);
    let mut seen: Vec<usize> = Vec::new();
    while !seen.contains(&vertex) {
        seen.push(vertex);
        vertex = before.get(&vertex).copied().unwrap_or(vertex);
    }
    let from = seen.iter().position(|v| *v == vertex).unwrap_or(0);
    let mut names: Vec<&str> = seen[from..]
        .iter()
        .rev()
        .map(|v| nodes[v % count].name.as_str())
        .collect();
    names.dedup();
    if names.len() > 1 && names.first() == names.last() {
        names.pop();
    }
    let place = after
        .iter()
        .rev()
        .find(|(node, _)| names.contains(&nodes[*node as usize].name.as_str()))
        .map_or(nodes[vertex % count].place, |(_, place)| *place);
    let step = names.first().copied().unwrap_or_default().to_owned();
    let mut circle: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    circle.push(format!("`{step}`"));
    GraphError::Cycle {
        step,
        place,
        circle: circle.join(" -> "),
    }
}

/// The hash of a graph's structure.
pub(crate) fn graph_hash(pipeline: &str, nodes: &[Node], outputs: &[Source]) -> Digest {
    let mut hasher = FieldHasher::new("zen graph 1");
    hasher.field(pipeline.as_bytes());
    let source = |hasher: &mut FieldHasher, source: &Source| {
        hasher
            .field(&source.node.to_le_bytes())
            .field(&source.output.to_le_bytes());
    };
    for node in nodes {
        let kind = match &node.kind {
            NodeKind::Step => "step".to_owned(),
            NodeKind::Stored { name, number, .. } => format!("stored {number:?} {name}"),
            NodeKind::Each { body, .. } => format!("each {body}"),
            NodeKind::When { body, .. } => format!("when {body}"),
            NodeKind::Element { each } => format!("element {each}"),
        };
        hasher
            .field(b"node")
            .field(node.name.as_bytes())
            .field(kind.as_bytes());
        hasher
            .field(node.step().unwrap_or_default().as_bytes())
            .field(&node.scope.to_le_bytes());
        for input in &node.inputs {
            hasher.field(b"input").field(input.name.as_bytes());
            match &input.binding {
                Binding::Output(from) => source(&mut hasher, from),
                Binding::Value(value) => {
                    hasher.field(bare_type_name(value.codec.type_name()).as_bytes());
                }
            }
        }
        for output in &node.outputs {
            hasher.field(b"output").field(output.name.as_bytes());
            hasher.field(bare_type_name(output.codec.type_name()).as_bytes());
            hasher.field(output.artifact.as_deref().unwrap_or_default().as_bytes());
        }
        for after in &node.after {
            hasher.field(b"after").field(&after.to_le_bytes());
        }
        for result in node.body().map(|(_, results)| results).unwrap_or_default() {
            hasher.field(b"result");
            source(&mut hasher, result);
        }
    }
    for output in outputs {
        hasher.field(b"result");
        source(&mut hasher, output);
    }
    hasher.finish()
}
