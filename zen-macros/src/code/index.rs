//! The items of one source file, by name.
//!
//! An index is kept from one macro call to the next, so it holds plain data: the compiler's tokens and spans must not
//! outlive the call that made them.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemImpl, TraitItem, UseTree};

use super::scan::{self, Scan};

/// The items of a file.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(super) items: Vec<Indexed>,
    by_name: HashMap<String, Vec<usize>>,
    /// Which traits of this file have a method of that name.
    traits_by_method: HashMap<String, BTreeSet<String>>,
    /// Blocks that implement a trait from elsewhere for a type from elsewhere, by the names of their functions.
    foreign_impls: HashMap<String, Vec<usize>>,
}

/// One item.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) scan: Scan,
    pub(super) name: String,
    /// The innermost `#[cfg(test)]` module around it.
    pub(super) test_module: Option<usize>,
    is_fn: bool,
    /// A function that surely is no step: it carries attributes known to leave a function as it is, or none.
    is_plain_fn: bool,
    /// Modules and functions around it.
    scope: Vec<String>,
}

impl Index {
    /// Indexes a file.
    pub(crate) fn of(source: &str) -> syn::Result<Self> {
        let file = syn::parse_file(source)?;
        let mut builder = Builder::default();
        builder.visit_file(&file);
        Ok(builder.finish())
    }

    /// The items that this name may mean, and the blocks that implement them.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Names of the traits that have this method.
    pub(super) fn traits_with(&self, method: &str) -> impl Iterator<Item = &String> {
        self.traits_by_method.get(method).into_iter().flatten()
    }

    /// Blocks that implement foreign traits for foreign types and have this function.
    pub(super) fn foreign_impls_with(&self, method: &str) -> &[usize] {
        self.foreign_impls.get(method).map_or(&[], Vec::as_slice)
    }

    /// The test modules that hold a function of this name and these tokens.
    pub(super) fn test_modules_of(&self, name: &str, digest: &[u8; 32]) -> BTreeSet<usize> {
        let same = |item: &&Indexed| item.is_fn && item.name == name && item.scan.digest == *digest;
        self.items
            .iter()
            .filter(same)
            .filter_map(|item| item.test_module)
            .collect()
    }

    /// Whether a call of `name` in the body of function `caller` reaches an ordinary function of this file, and cannot
    /// reach anything else: the two stand in the same module, and nothing else here has that name.
    pub(crate) fn is_plain_function(&self, name: &str, caller: &str) -> bool {
        let mut meant = self
            .named(name)
            .iter()
            .map(|&i| &self.items[i])
            .filter(|item| item.name == name)
            .peekable();
        meant.peek().is_some()
            && meant.all(|item| {
                let mut callers = self.items.iter().filter(|item| item.is_fn && item.name == caller);
                item.is_plain_fn && callers.all(|caller| caller.scope == item.scope)
            })
    }
}

#[derive(Default)]
struct Builder {
    index: Index,
    /// Names in the headers of `impl` blocks: which of them are of this file is known at the end.
    impls: Vec<(usize, BTreeSet<String>, Vec<String>)>,
    /// Names that are defined here, not only imported.
    defined: BTreeSet<String>,
    test_modules: usize,
    test_module: Option<usize>,
    scope: Vec<String>,
}

impl Builder {
    fn add(&mut self, name: &str, scan: Scan, is_fn: bool, is_plain_fn: bool) -> usize {
        let i = self.index.items.len();
        let (scope, test_module) = (self.scope.clone(), self.test_module);
        self.index.items.push(Indexed {
            scan,
            name: name.to_owned(),
            test_module,
            is_fn,
            is_plain_fn,
            scope,
        });
        if !name.is_empty() {
            self.index.by_name.entry(name.to_owned()).or_default().push(i);
        }
        i
    }

    fn add_item(&mut self, item: &Item) {
        let name = match item {
            Item::Fn(item) => {
                let plain = item.attrs.iter().all(leaves_functions_alone);
                self.add(&item.sig.ident.to_string(), scan::function(item), true, plain);
                return;
            }
            Item::Const(item) => &item.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Trait(item) => {
                for member in &item.items {
                    if let TraitItem::Fn(method) = member {
                        let traits = &mut self.index.traits_by_method;
                        traits
                            .entry(method.sig.ident.to_string())
                            .or_default()
                            .insert(item.ident.to_string());
                    }
                }
                &item.ident
            }
            Item::Impl(item) => return self.add_impl(item),
            Item::Use(item) => return self.add_use(&item.tree, &mut Vec::new()),
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return self.add_macro_call(item),
            },
            _ => return,
        };
        self.defined.insert(name.to_string());
        self.add(&name.to_string(), scan::item(item), false, false);
    }

    fn add_impl(&mut self, item: &ItemImpl) {
        let i = self.add("", Scan::of(item.to_token_stream()), false, false);
        let mut header = super::scan_tokens(&item.self_ty).names;
        if let Some((path, _)) = &item.trait_ {
            header.extend(super::scan_tokens(path).names);
        }
        let functions = item.items.iter().filter_map(|member| match member {
            syn::ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        });
        self.impls.push((i, header, functions.collect()));
    }

    /// One item for each name an import brings in, so that other names beside it in the same `use` don't count.
    fn add_use(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_use(&tree.tree, path);
                path.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, path)),
            UseTree::Name(name) => self.add_import(&name.ident.to_string(), &name.ident.to_string(), path),
            UseTree::Rename(name) => self.add_import(&name.rename.to_string(), &name.ident.to_string(), path),
            _ => {}
        }
    }

    fn add_import(&mut self, name: &str, original: &str, path: &[String]) {
        let (name, original) = match (name, path.last()) {
            ("self", Some(module)) => (module.as_str(), module.as_str()),
            _ => (name, original),
        };
        let text = format!("{}::{original}", path.join("::"));
        let mut scan = Scan::of(TokenStream::from(TokenTree::from(proc_macro2::Literal::string(
            &text,
        ))));
        scan.names = BTreeSet::from([original.to_owned()]);
        self.add(name, scan, false, false);
    }

    /// `thread_local! { static CACHE .. }`: a macro call that defines items is found by what it seems to define.
    fn add_macro_call(&mut self, item: &syn::ItemMacro) {
        let mut names = BTreeSet::new();
        defined_names(item.mac.tokens.clone(), &mut names);
        for name in names {
            self.add(&name, Scan::of(item.to_token_stream()), false, false);
        }
    }

    fn finish(mut self) -> Index {
        for (i, header, functions) in std::mem::take(&mut self.impls) {
            let reached_by_name = header.iter().any(|name| self.defined.contains(name));
            for name in header {
                if let Some(items) = self.index.by_name.get_mut(&name) {
                    items.push(i);
                }
            }
            if !reached_by_name {
                for function in functions {
                    self.index.foreign_impls.entry(function).or_default().push(i);
                }
            }
        }
        self.index
    }

    fn within(&mut self, scope: Option<String>, attributes: &[Attribute], inner: impl FnOnce(&mut Self)) {
        let outer = self.test_module;
        if attributes.iter().any(is_cfg_test) {
            self.test_modules += 1;
            self.test_module = Some(self.test_modules);
        }
        let scoped = scope.is_some();
        self.scope.extend(scope);
        inner(self);
        if scoped {
            self.scope.pop();
        }
        self.test_module = outer;
    }
}

impl Visit<'_> for Builder {
    fn visit_item(&mut self, item: &Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        self.within(None, attributes, |this| this.add_item(item));
        let scope = match item {
            Item::Mod(item) => Some(item.ident.to_string()),
            Item::Fn(item) => Some(item.sig.ident.to_string()),
            _ => None,
        };
        self.within(scope, attributes, |this| visit::visit_item(this, item));
    }
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|name| name == "test")
}

fn leaves_functions_alone(attribute: &Attribute) -> bool {
    const KNOWN: &[&str] = &[
        "doc",
        "allow",
        "warn",
        "deny",
        "expect",
        "must_use",
        "inline",
        "cold",
        "deprecated",
        "track_caller",
        "cfg",
    ];
    let path = attribute.path();
    // As it is written in its documentation: another attribute of the same name may make anything of the function.
    let is_hook =
        path.segments.len() == 2 && path.segments[0].ident == "zen_core" && path.segments[1].ident == "hook";
    is_hook || KNOWN.iter().any(|name| path.is_ident(name))
}

fn defined_names(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut defines = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let keyword = matches!(
                    text.as_str(),
                    "fn" | "struct"
                        | "enum"
                        | "const"
                        | "static"
                        | "type"
                        | "trait"
                        | "ref"
                        | "union"
                        | "mut"
                );
                if defines && !keyword {
                    names.insert(text);
                }
                defines = keyword;
            }
            TokenTree::Group(group) => {
                defined_names(group.stream(), names);
                defines = false;
            }
            _ => defines = false,
        }
    }
}
