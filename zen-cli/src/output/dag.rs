//! The graph of a run, drawn with its steps.
//!
//! A node stands below one of the nodes it reads from, the last one that is drawn; the others are named behind it. A chain needs no
//! indentation, and what runs once an element is drawn once, with how often it ran.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use zen_core::metadata::{Status, StepRecord};

use super::color::{mark, of_status};
use super::{Palette, Style, time, width};

/// A node of a recorded graph.
#[derive(Debug)]
struct Node {
    id: u64,
    name: String,
    kind: String,
    /// What it reads, and what it waits for.
    sources: Vec<u64>,
    /// The `each` or `when` it stands in.
    within: Option<u64>,
}

/// A graph as it was recorded.
#[derive(Debug)]
pub(crate) struct Dag {
    nodes: Vec<Node>,
    at: HashMap<u64, usize>,
}

impl Dag {
    /// Of what [`zen_core::graph::Pipeline::to_json`] wrote.
    pub(crate) fn of(graph: &Value) -> Self {
        let nodes = graph["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let nodes: Vec<Node> = nodes.iter().filter_map(node).collect();
        let at = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        Self { nodes, at }
    }

    fn get(&self, id: u64) -> Option<&Node> {
        self.at.get(&id).and_then(|at| self.nodes.get(*at))
    }

    /// The names of the steps that a node reads from.
    pub(crate) fn reads(&self, id: u64) -> Vec<String> {
        let sources = self
            .get(id)
            .map(|node| node.sources.as_slice())
            .unwrap_or_default();
        let names = sources.iter().filter_map(|id| self.get(*id));
        names
            .filter(|node| node.kind != "element")
            .map(|node| node.name.clone())
            .collect()
    }

    /// The drawing without any run: only what depends on what.
    pub(crate) fn outline(&self, room: Option<usize>, palette: Palette) -> String {
        self.drawn(&[], true, room, palette)
    }

    /// The drawing with how its steps went.
    pub(crate) fn draw(&self, steps: &[StepRecord], room: Option<usize>, palette: Palette) -> String {
        self.drawn(steps, false, room, palette)
    }

    fn drawn(&self, steps: &[StepRecord], outline: bool, room: Option<usize>, palette: Palette) -> String {
        let mut of_node: HashMap<u64, Vec<&StepRecord>> = HashMap::new();
        for step in steps {
            of_node.entry(u64::from(step.node)).or_default().push(step);
        }
        let mut below: BTreeMap<Option<u64>, Vec<u64>> = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| node.kind != "element") {
            below.entry(self.parent(node)).or_default().push(node.id);
        }
        let mut drawing = Drawing {
            dag: self,
            steps: &of_node,
            below: &below,
            outline,
            lines: Vec::new(),
            seen: HashSet::new(),
            deepest: room.map_or(DEEPEST, |room| room / 2),
        };
        match below.get(&None).map(Vec::as_slice).unwrap_or_default() {
            [root] => drawing.chain(*root, "", ""),
            // Without branches, several roots would look like a chain.
            roots => {
                for (number, root) in roots.iter().enumerate() {
                    let (first, rest) = match number + 1 == roots.len() {
                        true => ("└─", "  "),
                        false => ("├─", "│ "),
                    };
                    drawing.chain(*root, first, rest);
                }
            }
        }
        drawing.text(room, palette)
    }

    /// Below which node it is drawn: the last one it reads from in its own scope, else the owner of the scope.
    fn parent(&self, node: &Node) -> Option<u64> {
        let sources = node.sources.iter().filter_map(|id| self.get(*id));
        let same = sources.filter(|source| source.within == node.within && source.kind != "element");
        // Only what stands before it: whatever a damaged record says, the drawing ends.
        let earlier = same.filter(|source| self.at[&source.id] < self.at[&node.id]);
        let last = earlier
            .max_by_key(|source| self.at[&source.id])
            .map(|source| source.id);
        let owner = || {
            node.within
                .filter(|owner| self.at.contains_key(owner) && *owner != node.id)
        };
        last.or_else(owner)
    }
}

fn node(value: &Value) -> Option<Node> {
    let inputs = value["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut sources: Vec<u64> = inputs
        .iter()
        .filter_map(|input| input["from"]["node"].as_u64())
        .collect();
    let after = value["after"].as_array().map(Vec::as_slice).unwrap_or_default();
    sources.extend(after.iter().filter_map(Value::as_u64));
    sources.dedup();
    let mut unique = Vec::new();
    for source in sources {
        if !unique.contains(&source) {
            unique.push(source);
        }
    }
    Some(Node {
        id: value["id"].as_u64()?,
        name: value["name"].as_str()?.to_owned(),
        kind: value["kind"].as_str().unwrap_or("step").to_owned(),
        sources: unique,
        within: value["within"].as_u64(),
    })
}

/// One line: the lines of the tree, what it is, how it went.
struct Line {
    tree: String,
    name: String,
    mark: &'static str,
    style: Style,
    detail: String,
}

struct Drawing<'a> {
    dag: &'a Dag,
    steps: &'a HashMap<u64, Vec<&'a StepRecord>>,
    below: &'a BTreeMap<Option<u64>, Vec<u64>>,
    /// Only what depends on what.
    outline: bool,
    lines: Vec<Line>,
    seen: HashSet<u64>,
    /// No node is indented by more columns: what comes deeper stands below each other.
    deepest: usize,
}

/// How far nodes are indented where there is no end of the line.
const DEEPEST: usize = 100;

impl Drawing<'_> {
    /// A node and all below it; a chain stays at one indentation.
    fn chain(&mut self, from: u64, first: &str, rest: &str) {
        // What is still to be drawn, the next one last: graphs are deeper than the stack of a thread.
        let mut waiting = vec![(from, first.to_owned(), rest.to_owned())];
        while let Some((id, tree, rest)) = waiting.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            self.line(id, &tree);
            let Some((last, others)) = self.below.get(&Some(id)).and_then(|below| below.split_last()) else {
                continue;
            };
            let last_is_inside = self.dag.get(*last).is_some_and(|node| node.within == Some(id));
            if others.is_empty() && !last_is_inside {
                waiting.push((*last, rest.clone(), rest));
                continue;
            }
            let deeper = |more: &str| match width::width(&rest) + 4 > self.deepest {
                true => rest.clone(),
                false => format!("{rest}{more}"),
            };
            waiting.push((*last, format!("{rest}└─"), deeper("  ")));
            let others = others.iter().rev();
            waiting.extend(others.map(|child| (*child, format!("{rest}├─"), deeper("│ "))));
        }
    }

    fn line(&mut self, id: u64, tree: &str) {
        let Some(node) = self.dag.get(id) else { return };
        let steps = self.steps.get(&id).map(Vec::as_slice).unwrap_or_default();
        let (mark, style, mut detail) = match (steps, node.kind.as_str()) {
            ([], "stored_artifact") => ("○", Style::Dim, "stored artifact".to_owned()),
            ([], "each") => ("∗", Style::Plain, "for each element".to_owned()),
            ([], "when") => ("?", Style::Plain, "when it is so".to_owned()),
            ([], _) if self.outline => ("·", Style::Dim, String::new()),
            ([], _) => ("·", Style::Dim, "not started".to_owned()),
            ([step], _) => (mark(step.status), of_status(step.status), one(step)),
            (many, _) => several(many),
        };
        let drawn = self.dag.parent(node);
        let others: Vec<String> = node
            .sources
            .iter()
            .filter(|source| Some(**source) != drawn)
            .filter_map(|source| self.dag.get(*source))
            .filter(|source| source.kind != "element")
            .map(|source| source.name.clone())
            .collect();
        if !others.is_empty() {
            let gap = if detail.is_empty() { "" } else { "  " };
            detail += &format!("{gap}← {}", others.join(", "));
        }
        let name = match steps.len() {
            0 | 1 => node.name.clone(),
            count => format!("{} ×{count}", node.name),
        };
        self.lines.push(Line {
            tree: tree.to_owned(),
            name: width::clean(&name),
            mark,
            style,
            detail: width::clean(&detail),
        });
    }

    fn text(self, room: Option<usize>, palette: Palette) -> String {
        let head = |line: &Line| width::width(&line.tree) + 2 + width::width(&line.name);
        let widest = self.lines.iter().map(head).max().unwrap_or(0);
        // Details stand in a column when there is room for one.
        let column = room.map_or(widest, |room| widest.min(room * 3 / 5));
        let mut text = String::new();
        for line in &self.lines {
            let room = room.unwrap_or(usize::MAX);
            let name = width::cut(
                &line.name,
                room.saturating_sub(width::width(&line.tree) + 2).max(2),
            );
            let used = width::width(&line.tree) + 2 + width::width(&name);
            let padding = column.saturating_sub(used) + 2;
            let detail = width::cut(&line.detail, room.saturating_sub(used + padding).max(1));
            let detail = match detail.is_empty() || room.saturating_sub(used + padding) < 6 {
                true => String::new(),
                false => format!("{}{}", " ".repeat(padding), palette.paint(&detail, line.style)),
            };
            let mark = palette.paint(line.mark, line.style);
            let tree = palette.paint(&line.tree, Style::Dim);
            text += &format!("{tree}{mark} {name}{detail}\n");
        }
        text
    }
}

/// How a step went.
fn one(step: &StepRecord) -> String {
    let mut text = step.status.to_string();
    let took = time::between(step.started, step.ended).filter(|_| step.status != Status::Cached);
    if let Some(took) = took {
        text += &format!(" {}", time::span(took));
    }
    if step.attempt > 1 {
        text += &format!(", attempt {}", step.attempt);
    }
    if let (Status::Failed | Status::Skipped | Status::Retrying, Some(error)) = (step.status, &step.error) {
        text += &format!(": {}", error.lines().next().unwrap_or_default());
    }
    text
}

/// How the elements of a fan-out went: the worst first, with counts.
fn several(steps: &[&StepRecord]) -> (&'static str, Style, String) {
    let order = [
        Status::Failed,
        Status::Cancelled,
        Status::Running,
        Status::Retrying,
        Status::Queued,
        Status::Completed,
        Status::Cached,
        Status::Skipped,
    ];
    let count = |status: Status| steps.iter().filter(|step| step.status == status).count();
    let there: Vec<(Status, usize)> = order
        .into_iter()
        .map(|status| (status, count(status)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let worst = there.first().map_or(Status::Queued, |(status, _)| *status);
    let mut text: Vec<String> = there
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    let executed = steps.iter().filter(|step| step.status != Status::Cached);
    let took: Duration = executed
        .filter_map(|step| time::between(step.started, step.ended))
        .sum();
    if !took.is_zero() {
        text.push(format!("{} together", time::span(took)));
    }
    (mark(worst), of_status(worst), text.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(nodes: &Value) -> String {
        Dag::of(&json!({ "nodes": nodes })).draw(
            &[],
            None,
            Palette::new(crate::args::ColorChoice::Never, false),
        )
    }

    #[test]
    fn chains_are_flat_and_branches_are_not() {
        let step = |id: u64, name: &str, from: &[u64]| {
            let inputs: Vec<Value> = from
                .iter()
                .map(|node| json!({"name": "x", "from": {"node": node}}))
                .collect();
            json!({"id": id, "name": name, "kind": "step", "inputs": inputs, "after": [], "within": null})
        };
        let text = drawn(&json!([
            step(0, "load", &[]),
            step(1, "split", &[0]),
            step(2, "train", &[1]),
            step(3, "tune", &[2]),
            step(4, "plot", &[1]),
            step(5, "report", &[3, 4]),
        ]));
        let name = |line: &'_ str| {
            line.split("not started")
                .next()
                .map(|name| name.trim_end().to_owned())
        };
        let names: Vec<String> = text.lines().filter_map(name).collect();
        assert_eq!(
            names,
            [
                "· load",
                "· split",
                "├─· train",
                "│ · tune",
                "└─· plot",
                "  · report"
            ]
        );
        assert!(text.contains("← tune"), "{text}");
    }

    #[test]
    fn a_graph_may_be_deep() {
        let from = |node: u64| json!([{"name": "x", "from": {"node": node}}]);
        let mut nodes = vec![json!({"id": 0, "name": "0", "inputs": []})];
        for id in 1..20_000 {
            // A side branch, and one that goes on from it: each node goes deeper.
            nodes.push(json!({"id": 2 * id - 1, "name": "leaf", "inputs": from(2 * (id - 1))}));
            nodes.push(json!({"id": 2 * id, "name": "on", "inputs": from(2 * (id - 1))}));
        }
        let never = Palette::new(crate::args::ColorChoice::Never, false);
        let text = Dag::of(&json!({ "nodes": nodes })).draw(&[], Some(40), never);
        assert_eq!(text.lines().count(), 39_999);
        let indented = |line: &str| line.chars().take_while(|c| " │├└─".contains(*c)).count();
        assert!(text.lines().all(|line| indented(line) <= 20));
    }

    #[test]
    fn several_roots_are_no_chain() {
        let step = |id: u64, name: &str, from: &[u64]| {
            let inputs: Vec<Value> = from.iter().map(|node| json!({"from": {"node": node}})).collect();
            json!({"id": id, "name": name, "inputs": inputs})
        };
        let graph = json!({ "nodes": [step(0, "importer", &[]), step(1, "loader", &[]), step(2, "predictor", &[0, 1])] });
        let palette = Palette::new(crate::args::ColorChoice::Never, false);
        let text = Dag::of(&graph).outline(Some(40), palette);
        assert_eq!(text, "├─· importer\n└─· loader\n  · predictor  ← importer\n");
    }

    #[test]
    fn an_outline_is_cut_by_what_it_shows() {
        let step = |id: u64, name: &str| json!({"id": id, "name": name, "inputs": []});
        let mut last = step(2, "c");
        last["inputs"] = json!([{"from": {"node": 0}}, {"from": {"node": 1}}]);
        let graph = json!({ "nodes": [step(0, "a_long_source"), step(1, "b"), last] });
        let palette = Palette::new(crate::args::ColorChoice::Never, false);
        let text = Dag::of(&graph).outline(Some(36), palette);
        assert!(text.contains("← a_long_source\n"), "{text}");
        assert!(!text.contains("not started"), "{text}");
    }

    #[test]
    fn a_damaged_graph_is_drawn_to_its_end() {
        let text = drawn(&json!([
            {"id": 0, "name": "a", "inputs": [{"from": {"node": 1}}], "within": 0},
            {"id": 1, "name": "b", "inputs": [{"from": {"node": 0}}], "within": 7},
            {"id": "x"}, 3, null
        ]));
        assert!(text.lines().count() <= 2, "{text}");
    }
}
