//! The finished graph: nodes, their wiring, and the scopes of fan-outs and branches.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{CachePolicy, Hooks, Isolation, Parameter, Place, Retry, StepDefinition};
use crate::artifact::{
    AnyValue, ArtifactError, CodecError, Digest, ErasedCodec, Materialize, codec_of, duplicate,
};

/// The number of a node in its graph, in the order in which the pipeline's body made them.
pub type NodeId = u32;

/// The number of a scope: 0 is the pipeline itself, each `each` and `when` has one for its closure.
pub(crate) type ScopeId = u32;

/// An output of a node of the same graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub(crate) node: NodeId,
    pub(crate) output: u16,
}

/// What a node's input is bound to.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Output(Source),
    Value(Arc<Parameter>),
}

/// A named input of a node.
#[derive(Debug, Clone)]
pub(crate) struct NodeInput {
    pub(crate) name: String,
    pub(crate) binding: Binding,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    /// Executes a step.
    Step,
    /// A stored artifact: this version of it, or the newest.
    Stored {
        name: String,
        number: Option<u32>,
        codec: Arc<dyn ErasedCodec>,
    },
    /// Runs `body` for every element of its input, then collects `results` with its definition.
    Each {
        body: ScopeId,
        results: Vec<Source>,
        elements: Elements,
    },
    /// Runs `body` when its input is true, then wraps `results` with its definition.
    When { body: ScopeId, results: Vec<Source> },
    /// The element that the body of `each` works on.
    Element { each: NodeId },
}

/// How to look into a vector without knowing its type.
#[derive(Clone)]
pub(crate) struct Elements {
    pub(crate) len: fn(&(dyn Any + Send + Sync)) -> usize,
    pub(crate) digest: Arc<DigestElement>,
    /// Makes a value of its own of an element.
    pub(crate) extract: fn(&(dyn Any + Send + Sync), usize) -> Result<AnyValue, ArtifactError>,
    /// How an element is written by itself.
    pub(crate) codec: Arc<dyn ErasedCodec>,
    /// An element written by itself.
    pub(crate) encode: Arc<EncodeElement>,
}

type EncodeElement = dyn Fn(&(dyn Any + Send + Sync), usize) -> Result<Vec<u8>, CodecError> + Send + Sync;
type DigestElement = dyn Fn(&(dyn Any + Send + Sync), usize) -> Result<Digest, CodecError> + Send + Sync;

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elements")
    }
}

impl Elements {
    pub(crate) fn of<T: Materialize>() -> Self {
        let codecs = T::codecs();
        let encode = move |vector: &(dyn Any + Send + Sync), index| {
            let element = vector
                .downcast_ref::<Vec<T>>()
                .and_then(|vector| vector.get(index));
            let (Some(element), Some(codec)) = (element, codecs.first()) else {
                return Err(CodecError::Unsupported(format!("there is no element {index}")));
            };
            let mut bytes = Vec::new();
            codec.encode(element, &mut bytes)?;
            Ok(bytes)
        };
        let encode: Arc<EncodeElement> = Arc::new(encode);
        let encoded = Arc::clone(&encode);
        Self {
            len: |vector| vector.downcast_ref::<Vec<T>>().map_or(0, Vec::len),
            digest: Arc::new(move |vector, index| Ok(Digest::of(&encoded(vector, index)?))),
            codec: codec_of::<T>(),
            encode,
            extract: |vector, index| {
                let element = vector
                    .downcast_ref::<Vec<T>>()
                    .and_then(|vector| vector.get(index));
                let element = element.ok_or_else(|| ArtifactError::WrongType {
                    what: format!("element {index}"),
                    stored: "value of another type".into(),
                    requested: std::any::type_name::<Vec<T>>(),
                })?;
                Ok(Arc::new(duplicate(element)?))
            },
        }
    }
}

/// Options given at the call.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) cache: CachePolicy,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) isolation: Isolation,
    pub(crate) hooks: Hooks,
    pub(crate) tags: Vec<String>,
}

/// One output of a node.
#[derive(Debug, Clone)]
pub(crate) struct NodeOutput {
    pub(crate) name: String,
    pub(crate) codec: Arc<dyn ErasedCodec>,
    /// The artifact name it is published under.
    pub(crate) artifact: Option<String>,
    /// Whether the stack's experiment tracker gets it.
    pub(crate) logged: bool,
}

/// One node of a graph.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) id: NodeId,
    pub(crate) name: String,
    pub(crate) kind: NodeKind,
    /// What is executed; for `each` and `when` the collecting, for other kinds none.
    pub(crate) definition: Option<Arc<StepDefinition>>,
    pub(crate) inputs: Vec<NodeInput>,
    pub(crate) outputs: Vec<NodeOutput>,
    pub(crate) after: Vec<NodeId>,
    pub(crate) options: CallOptions,
    pub(crate) scope: ScopeId,
    /// The place among the nodes of its scope.
    pub(crate) position: u32,
    pub(crate) place: Place,
}

impl Node {
    /// Its number in the graph.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The step's name in a run; within `each` and `when` a template's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the step function stands; none for stored artifacts and elements.
    pub fn step(&self) -> Option<&str> {
        self.definition
            .as_ref()
            .map(|definition| definition.path.as_str())
    }

    /// Where the call stands.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The nodes it takes values from or waits for, each once.
    pub fn dependencies(&self) -> Vec<NodeId> {
        let sources = self.inputs.iter().filter_map(|input| match &input.binding {
            Binding::Output(source) => Some(source.node),
            Binding::Value(_) => None,
        });
        let mut nodes: Vec<_> = sources.chain(self.after.iter().copied()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    pub(crate) fn body(&self) -> Option<(ScopeId, &[Source])> {
        match &self.kind {
            NodeKind::Each { body, results, .. } | NodeKind::When { body, results } => Some((*body, results)),
            _ => None,
        }
    }
}

/// The body of an `each` or a `when`, or the pipeline itself.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// The scope around it, and the node whose body it is.
    pub(crate) parent: Option<(ScopeId, NodeId)>,
    /// Its own nodes, without those of scopes inside.
    pub(crate) nodes: Vec<NodeId>,
    /// Outputs from outside that its nodes, and those of scopes inside, read.
    pub(crate) captures: Vec<Source>,
}

/// A checked graph.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) scopes: Vec<Scope>,
    /// The pipeline's outputs.
    pub(crate) outputs: Vec<Source>,
    pub(crate) hash: Digest,
}

impl Graph {
    /// The nodes in the order in which the pipeline's body made them.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node by its name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Identifies the graph's structure: steps, names, wiring and types, but not the steps' code nor the values of
    /// parameters.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    pub(crate) fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(crate) fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id as usize]
    }
}
