//! Trees that the engine would follow out of bounds, or for ever.

use std::collections::HashMap;

use tract_onnx::pb::NodeProto;

/// Checks the trees of a `TreeEnsembleClassifier`. The engine trusts them: it takes a node's number for its place in the tree, and
/// a leaf's class for a place among the scores.
pub(super) fn check_trees(node: &NodeProto) -> Result<(), String> {
    let find = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
    let ints = |name: &str| find(name).map_or(&[][..], |attribute| attribute.ints.as_slice());
    let texts = |name: &str| find(name).map_or(&[][..], |attribute| attribute.strings.as_slice());
    let (trees, numbers, modes) = (ints("nodes_treeids"), ints("nodes_nodeids"), texts("nodes_modes"));
    let (yes, no) = (ints("nodes_truenodeids"), ints("nodes_falsenodeids"));
    if [numbers.len(), modes.len(), yes.len(), no.len()] != [trees.len(); 4] {
        return Err("its nodes don't all have the same attributes".into());
    }
    let mut places = HashMap::with_capacity(trees.len());
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    for (place, (tree, number)) in trees.iter().zip(numbers).enumerate() {
        if places.insert((tree, number), place).is_some() {
            return Err(format!("tree {tree} has two nodes {number}"));
        }
        *sizes.entry(*tree).or_default() += 1;
    }
    for (tree, number) in trees.iter().zip(numbers) {
        let size = sizes.get(tree).copied().unwrap_or(0);
        if !(0..size).contains(number) {
            return Err(format!("node {number} of tree {tree} is none of its {size}"));
        }
    }
    // A node that only one other leads to, from a root that none leads to, can't be met again.
    let mut reached = vec![false; trees.len()];
    let branches = (0..trees.len()).filter(|place| modes[*place] != b"LEAF");
    for (place, child) in branches.flat_map(|place| [(place, &yes[place]), (place, &no[place])]) {
        let (tree, number) = (&trees[place], &numbers[place]);
        let Some(next) = places.get(&(tree, child)) else {
            return Err(format!(
                "node {number} of tree {tree} leads to node {child}, which is not there"
            ));
        };
        if *child == 0 || std::mem::replace(&mut reached[*next], true) {
            return Err(format!("node {child} of tree {tree} is reached in two ways"));
        }
    }
    let classes = ints("classlabels_int64s")
        .len()
        .max(texts("classlabels_strings").len());
    match ints("class_ids")
        .iter()
        .find(|class| usize::try_from(**class).is_ok_and(|class| class >= classes))
    {
        Some(class) => Err(format!("a leaf is of class {class}, and there are {classes}")),
        None => Ok(()),
    }
}
