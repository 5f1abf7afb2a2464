//! Which names are bound where: a call of a local closure is no call of a step.

use std::collections::HashMap;

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Ident, Item, Pat, PatIdent, Stmt, UseTree};

/// The scopes around the place that is being visited, the innermost last.
pub(super) struct Scopes(Vec<HashMap<String, Meaning>>);

/// What a name means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A variable, or an item that is no step.
    Local,
    /// A step or a pipeline defined in the body.
    Step,
}

impl Scopes {
    pub(super) fn new() -> Self {
        Self(vec![HashMap::new()])
    }

    pub(super) fn enter(&mut self) {
        self.0.push(HashMap::new());
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    pub(super) fn meaning(&self, name: &str) -> Option<Meaning> {
        self.0.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    /// Binds the names of a pattern.
    pub(super) fn bind(&mut self, pattern: &Pat) {
        let mut bindings = Bindings(Vec::new());
        bindings.visit_pat(pattern);
        for name in bindings.0 {
            self.declare(name, Meaning::Local);
        }
    }

    /// Declares the items of a block, which are known in all of it.
    pub(super) fn declare_items(&mut self, statements: &[Stmt]) {
        for statement in statements {
            let Stmt::Item(item) = statement else { continue };
            match item {
                Item::Fn(item) => {
                    let meaning = if item.attrs.iter().any(is_graph_attribute) {
                        Meaning::Step
                    } else {
                        Meaning::Local
                    };
                    self.declare(item.sig.ident.to_string(), meaning);
                }
                Item::Const(item) => self.declare(item.ident.to_string(), Meaning::Local),
                Item::Static(item) => self.declare(item.ident.to_string(), Meaning::Local),
                Item::Use(item) => self.declare_imports(&item.tree, false),
                _ => {}
            }
        }
    }

    /// Imports from the standard library are no steps; what others are can't be seen.
    fn declare_imports(&mut self, tree: &UseTree, standard: bool) {
        let mut declare = |name: &Ident| {
            if standard {
                self.declare(name.to_string(), Meaning::Local);
            }
        };
        match tree {
            UseTree::Path(tree) => {
                let standard = standard || super::paths::is_standard(&tree.ident);
                self.declare_imports(&tree.tree, standard);
            }
            UseTree::Name(name) => declare(&name.ident),
            UseTree::Rename(name) => declare(&name.rename),
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.declare_imports(tree, standard)),
            _ => {}
        }
    }

    fn declare(&mut self, name: String, meaning: Meaning) {
        if let Some(scope) = self.0.last_mut() {
            scope.insert(name, meaning);
        }
    }
}

/// `#[step]` or `#[pipeline]`, by whatever path.
fn is_graph_attribute(attribute: &Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "step" || last.ident == "pipeline")
}

struct Bindings(Vec<String>);

impl Visit<'_> for Bindings {
    fn visit_pat_ident(&mut self, pattern: &PatIdent) {
        self.0.push(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
    // The condition of `pattern if condition` binds nothing that is known here.
    fn visit_expr(&mut self, _: &Expr) {}
}
