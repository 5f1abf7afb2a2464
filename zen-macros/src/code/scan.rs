//! One walk over tokens: their digest, and the names that occur in them.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemFn};

/// Attributes that change nothing about what code does, and zen's own, whose settings are fields of the cache key.
const INERT: &[&str] = &[
    "doc",
    "allow",
    "warn",
    "deny",
    "forbid",
    "expect",
    "must_use",
    "inline",
    "cold",
    "deprecated",
    "track_caller",
    "skip",
    "step",
    "pipeline",
    "tracked",
    "context",
    "test",
    "ignore",
];

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Of the tokens alone.
    pub(crate) digest: [u8; 32],
    /// Identifiers, and words in the braces of string literals.
    pub(crate) names: BTreeSet<String>,
    /// Identifiers after a dot: fields and methods.
    pub(crate) members: BTreeSet<String>,
}

/// A function, without the attributes on it other than `cfg`.
pub(crate) fn function(function: &ItemFn) -> Scan {
    let mut function = function.clone();
    function.attrs.retain(is_cfg);
    // The name says nothing about what else is used; a function that calls itself names itself in its body.
    let name = function.sig.ident.to_string();
    let mut scan = Scan::of(function.to_token_stream());
    let body = Scan::of(function.block.to_token_stream());
    if !body.names.contains(&name) {
        scan.names.remove(&name);
    }
    scan
}

/// Any item.
pub(crate) fn item(item: &Item) -> Scan {
    match item {
        Item::Fn(item) => function(item),
        other => Scan::of(other.to_token_stream()),
    }
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

impl Scan {
    /// Walks over the tokens.
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut walk = Walk {
            hasher: blake3::Hasher::new(),
            names: BTreeSet::new(),
            members: BTreeSet::new(),
        };
        walk.stream(
            tokens,
            Inside {
                before: None,
                delimiter: Delimiter::None,
                attribute: false,
            },
        );
        Self {
            digest: *walk.hasher.finalize().as_bytes(),
            names: walk.names,
            members: walk.members,
        }
    }
}

struct Walk {
    hasher: blake3::Hasher,
    names: BTreeSet<String>,
    members: BTreeSet<String>,
}

/// Where a stream of tokens stands.
#[derive(Clone)]
struct Inside {
    /// The token before the opening delimiter.
    before: Option<TokenTree>,
    delimiter: Delimiter,
    attribute: bool,
}

impl Walk {
    fn stream(&mut self, stream: TokenStream, inside: Inside) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let keep_last_comma = is_tuple_of_one(&tokens, &inside);
        let mut i = 0;
        while i < tokens.len() {
            let next = tokens.get(i + 1);
            match &tokens[i] {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let bang = matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == '!');
                    if let Some(group) = bracketed(tokens.get(i + 1 + usize::from(bang))) {
                        i += 2 + usize::from(bang);
                        self.attribute(group);
                        continue;
                    }
                    self.field(b'p', "#");
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    let closes = match next {
                        None => inside.delimiter != Delimiter::None && !keep_last_comma,
                        Some(TokenTree::Punct(p)) => p.as_char() == '>',
                        Some(_) => false,
                    };
                    if !closes {
                        self.field(b'p', ",");
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == '\'' && punct.spacing() == Spacing::Joint => {
                    // A lifetime or a label: its name is no name of an item.
                    if let Some(TokenTree::Ident(name)) = next {
                        self.field(b'l', &name.to_string());
                        i += 2;
                        continue;
                    }
                    self.field(b'p', "'");
                }
                TokenTree::Punct(punct) => self.field(b'p', punct.as_char().encode_utf8(&mut [0; 4])),
                TokenTree::Ident(ident) => {
                    let text = ident.to_string();
                    self.field(b'i', &text);
                    if after_single_dot(&tokens, i) {
                        self.members.insert(text);
                    } else {
                        self.names.insert(text);
                    }
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    self.field(b't', &text);
                    self.words(&text, inside.attribute);
                }
                TokenTree::Group(group) => {
                    let before = i.checked_sub(1).map(|before| tokens[before].clone());
                    self.group(
                        group,
                        Inside {
                            before,
                            delimiter: group.delimiter(),
                            ..inside.clone()
                        },
                    );
                }
            }
            i += 1;
        }
    }

    fn group(&mut self, group: &proc_macro2::Group, inside: Inside) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            // Made by `macro_rules!` around its arguments; nobody wrote it.
            Delimiter::None => return self.stream(group.stream(), inside),
        };
        self.field(b'd', open);
        self.stream(group.stream(), inside);
        self.field(b'd', close);
    }

    fn attribute(&mut self, group: &proc_macro2::Group) {
        let mut name = String::new();
        for token in group.stream() {
            match token {
                TokenTree::Ident(ident) => name = ident.to_string(),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                _ => break,
            }
        }
        if INERT.contains(&name.as_str()) {
            return;
        }
        self.field(b'p', "#");
        self.group(
            group,
            Inside {
                before: None,
                delimiter: Delimiter::Bracket,
                attribute: true,
            },
        );
    }

    /// Every field is preceded by its kind and length, so that no two sequences of tokens give the same bytes.
    fn field(&mut self, kind: u8, text: &str) {
        self.hasher.update(&[kind]);
        self.hasher.update(&(text.len() as u64).to_le_bytes());
        self.hasher.update(text.as_bytes());
    }

    /// Names in a string literal: what stands in braces (`"{rate:.2}"`); in an attribute also a path
    /// (`#[serde(default = "default_rate")]`).
    fn words(&mut self, literal: &str, attribute: bool) {
        if !literal.contains('"') {
            return;
        }
        let body = &literal[literal.find('"').map_or(0, |quote| quote + 1)..];
        let word = |c: char| c == '_' || c.is_alphanumeric();
        if attribute {
            self.names.extend(
                body.split(|c| !word(c))
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned),
            );
            return;
        }
        for part in body.split('{').skip(1) {
            let inside = part.split('}').next().unwrap_or_default();
            self.names.extend(
                inside
                    .split(|c| !word(c))
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned),
            );
        }
    }
}

fn bracketed(token: Option<&TokenTree>) -> Option<&proc_macro2::Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Some(group),
        _ => None,
    }
}

fn is_dot(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.')
}

/// `x.name`, but not `..name`.
fn after_single_dot(tokens: &[TokenTree], i: usize) -> bool {
    let back = |n: usize| i.checked_sub(n).and_then(|at| tokens.get(at));
    is_dot(back(1)) && !is_dot(back(2))
}

/// `(a,)` where it is no list of arguments: there the comma makes a tuple of what would be `a`.
fn is_tuple_of_one(tokens: &[TokenTree], inside: &Inside) -> bool {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    if inside.delimiter != Delimiter::Parenthesis
        || tokens.iter().filter(|token| is_comma(token)).count() != 1
    {
        return false;
    }
    let called = match &inside.before {
        Some(TokenTree::Ident(ident)) => !KEYWORDS_BEFORE_VALUES.contains(&ident.to_string().as_str()),
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '>' | '!' | '?'),
        Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Brace,
        _ => false,
    };
    !called && tokens.last().is_some_and(is_comma)
}

const KEYWORDS_BEFORE_VALUES: &[&str] = &[
    "return", "break", "in", "match", "if", "while", "else", "as", "let", "mut", "ref", "move", "for", "dyn",
    "impl",
];
