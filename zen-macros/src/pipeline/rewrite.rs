//! A pipeline's body: calls of steps become calls of their nodes.

use std::rc::Rc;

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Block, Expr, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprMethodCall, ExprPath,
    ExprStruct, ExprWhile, FnArg, Item, ItemFn, Local, Macro, Pat, Path, PathArguments, PathSegment, Type,
    TypePath,
};

use super::scope::{Meaning, Scopes};
use super::{macros, paths};
use crate::code::Index;
use crate::errors::Errors;

/// Rewrites the body.
pub(super) fn body(function: &mut ItemFn, errors: &mut Errors) {
    let mut scopes = Scopes::new();
    for argument in &function.sig.inputs {
        if let FnArg::Typed(argument) = argument {
            scopes.bind(&argument.pat);
        }
    }
    let caller = function.sig.ident.to_string();
    let file = crate::code::current_file();
    let mut rewrite = Rewrite {
        scopes,
        errors,
        caller,
        file,
        strict: true,
    };
    rewrite.visit_block_mut(&mut function.block);
}

pub(super) struct Rewrite<'e> {
    scopes: Scopes,
    errors: &'e mut Errors,
    /// The pipeline's name.
    caller: String,
    /// The file it is in.
    file: Option<Rc<Index>>,
    /// Whether a step that isn't called is a mistake. In the arguments of a macro nobody knows, it may be anything.
    pub(super) strict: bool,
}

impl Rewrite<'_> {
    /// Whether a path names a step here.
    fn is_step(&self, path: &Path) -> bool {
        if !paths::looks_like_a_step(path) {
            return false;
        }
        match paths::single(path).and_then(|name| self.scopes.meaning(&name)) {
            Some(Meaning::Local) => false,
            Some(Meaning::Step) | None => true,
        }
    }

    /// Reports a call of an ordinary function, when it can be seen that it is one. Elsewhere rustc says that it found
    /// a function where it expected a type.
    fn is_plain(&mut self, path: &Path) -> bool {
        let Some(name) = paths::single(path) else {
            return false;
        };
        let plain = self.scopes.meaning(&name).is_none()
            && self
                .file
                .as_ref()
                .is_some_and(|file| file.is_plain_function(&name, &self.caller));
        if plain {
            self.errors.at(
                path,
                format!(
                    "`{name}` is an ordinary function, and a pipeline's body calls steps and other pipelines: mark `{name}` \
                     with `#[step]` (or `#[pipeline]`, if it calls steps itself), or write `plain!({name}(..))` to call \
                     it here and now, while the graph is built"
                ),
            );
        }
        plain
    }
}

impl VisitMut for Rewrite<'_> {
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        match &mut *call.func {
            Expr::Path(func) if func.qself.is_none() => {
                if self.is_step(&func.path) && !self.is_plain(&func.path) {
                    *call.func = node_of(func);
                }
            }
            Expr::Path(_) => {}
            other => self.visit_expr_mut(other),
        }
        for argument in &mut call.args {
            self.visit_expr_mut(argument);
        }
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        // A hook is an ordinary function, or a closure of ordinary code.
        if call.args.len() == 1 && (call.method == "on_success" || call.method == "on_failure") {
            return self.visit_expr_mut(&mut call.receiver);
        }
        visit_mut::visit_expr_method_call_mut(self, call);
    }

    fn visit_expr_path_mut(&mut self, value: &mut ExprPath) {
        if self.strict && value.qself.is_none() && self.is_step(&value.path) {
            let path = spaceless(&value.path);
            self.errors.at(
                &value.path,
                format!(
                    "`{path}` is used as a value here, and a pipeline's body calls its steps: write a closure, \
                     `|x| {path}(x)`. If it is an ordinary function or value, write `plain!({path})`"
                ),
            );
        }
    }

    fn visit_expr_struct_mut(&mut self, value: &mut ExprStruct) {
        for field in &mut value.fields {
            // `Params { epochs }` repeats a field's name.
            if field.colon_token.is_some() {
                self.visit_expr_mut(&mut field.expr);
            }
        }
        if let Some(rest) = &mut value.rest {
            self.visit_expr_mut(rest);
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scopes.enter();
        self.scopes.declare_items(&block.stmts);
        visit_mut::visit_block_mut(self, block);
        self.scopes.leave();
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.scopes.bind(&local.pat);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.scopes.enter();
        for input in &closure.inputs {
            self.scopes.bind(input);
        }
        self.visit_expr_mut(&mut closure.body);
        self.scopes.leave();
    }

    fn visit_expr_for_loop_mut(&mut self, each: &mut ExprForLoop) {
        self.visit_expr_mut(&mut each.expr);
        self.scopes.enter();
        self.scopes.bind(&each.pat);
        self.visit_block_mut(&mut each.body);
        self.scopes.leave();
    }

    fn visit_expr_if_mut(&mut self, condition: &mut ExprIf) {
        // What `if let` binds is known in the rest of the condition and in the first branch.
        self.scopes.enter();
        self.visit_expr_mut(&mut condition.cond);
        self.visit_block_mut(&mut condition.then_branch);
        self.scopes.leave();
        if let Some((_, otherwise)) = &mut condition.else_branch {
            self.visit_expr_mut(otherwise);
        }
    }

    fn visit_expr_while_mut(&mut self, repeat: &mut ExprWhile) {
        self.scopes.enter();
        self.visit_expr_mut(&mut repeat.cond);
        self.visit_block_mut(&mut repeat.body);
        self.scopes.leave();
    }

    fn visit_expr_let_mut(&mut self, condition: &mut ExprLet) {
        self.visit_expr_mut(&mut condition.expr);
        self.scopes.bind(&condition.pat);
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.scopes.enter();
        self.scopes.bind(&arm.pat);
        self.visit_pat_mut(&mut arm.pat);
        self.visit_expr_mut(&mut arm.body);
        self.scopes.leave();
    }

    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        // Constants in patterns are no calls; the condition after `if` is ordinary code.
        if let Pat::Guard(guard) = pattern {
            self.visit_expr_mut(&mut guard.guard);
        }
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        macros::rewrite(self, call);
    }

    // Functions in the body are functions of their own, and no step is called in a type.
    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_path_arguments_mut(&mut self, _: &mut PathArguments) {}
}

/// `path::<T>` becomes `<path>::node::<T>`. A path in brackets is looked up among types, where only steps and pipelines have
/// a companion.
fn node_of(func: &ExprPath) -> Expr {
    let mut path = func.path.clone();
    let arguments = path
        .segments
        .last_mut()
        .map(|last| std::mem::take(&mut last.arguments))
        .unwrap_or_default();
    let (first, last) = (
        start(&path),
        path.segments
            .last()
            .map_or_else(Span::call_site, |last| last.ident.span()),
    );
    let mut node: PathSegment = syn::Ident::new("node", last).into();
    node.arguments = arguments;
    let qself = syn::QSelf {
        lt_token: syn::token::Lt(first),
        ty: Box::new(Type::Path(TypePath {
            attrs: Vec::new(),
            qself: None,
            path,
        })),
        position: 0,
        as_token: None,
        gt_token: syn::token::Gt(last),
    };
    let path = Path {
        leading_colon: Some(syn::token::PathSep([last, last])),
        segments: std::iter::once(node).collect(),
    };
    Expr::Path(ExprPath {
        attrs: func.attrs.clone(),
        qself: Some(qself),
        path,
    })
}

fn start(path: &Path) -> Span {
    match (&path.leading_colon, path.segments.first()) {
        (Some(colon), _) => colon.spans[0],
        (None, Some(first)) => first.ident.span(),
        (None, None) => Span::call_site(),
    }
}

fn spaceless(path: &Path) -> String {
    path.to_token_stream().to_string().split_whitespace().collect()
}
