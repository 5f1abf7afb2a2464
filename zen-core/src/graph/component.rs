//! The components of the stack that a step runs on, as steps see them.

use std::any::{Any, TypeId};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// One component of the stack a step runs on.
#[derive(Clone)]
#[non_exhaustive]
pub struct Component {
    /// What it is for: `artifact_store`, `metadata_store`, ..
    pub kind: String,
    /// Its name in the stack.
    pub name: String,
    /// Which implementation it is.
    pub flavor: String,
    value: Held,
}

#[derive(Clone)]
enum Held {
    Here(AnyComponent),
    /// Made when it is asked for.
    Made(TypeId, Arc<dyn Fn() -> Option<AnyComponent> + Send + Sync>),
    /// Opened when it is asked for the first time.
    Opened(Option<TypeId>, Arc<Opened>),
}

type AnyComponent = Arc<dyn Any + Send + Sync>;

/// Why a component could not be opened.
pub(crate) type NotOpened = Arc<dyn Error + Send + Sync>;

struct Opened {
    value: OnceLock<Result<AnyComponent, NotOpened>>,
    open: Box<dyn Fn() -> Result<Component, NotOpened> + Send + Sync>,
}

impl Opened {
    fn value(&self) -> Result<&AnyComponent, &NotOpened> {
        let open = || -> Result<AnyComponent, NotOpened> {
            match (self.open)()?.value {
                Held::Here(value) => Ok(value),
                // Flavours make components that are here.
                Held::Made(..) | Held::Opened(..) => {
                    Err(Arc::new(std::io::Error::other("its flavour makes no value")))
                }
            }
        };
        self.value.get_or_init(open).as_ref()
    }
}

impl Component {
    /// A component whose value is found by its type with [`StepContext::component`](super::StepContext::component).
    pub fn new<T: Send + Sync + 'static>(
        kind: impl Into<String>,
        name: impl Into<String>,
        flavor: impl Into<String>,
        value: Arc<T>,
    ) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            flavor: flavor.into(),
            value: Held::Here(value),
        }
    }

    /// A component whose value is made when it is asked for by its type, each time.
    pub(crate) fn made<T: Send + Sync + 'static>(
        kind: impl Into<String>,
        name: impl Into<String>,
        flavor: impl Into<String>,
        make: impl Fn() -> Option<Arc<T>> + Send + Sync + 'static,
    ) -> Self {
        let make = move || make().map(|value| value as AnyComponent);
        Self {
            kind: kind.into(),
            name: name.into(),
            flavor: flavor.into(),
            value: Held::Made(TypeId::of::<T>(), Arc::new(make)),
        }
    }

    /// A component that is opened when it is asked for the first time by this type. Without a type it can't be opened, and `open` says why.
    pub(crate) fn opened(
        kind: impl Into<String>,
        name: impl Into<String>,
        flavor: impl Into<String>,
        of: Option<TypeId>,
        open: impl Fn() -> Result<Component, NotOpened> + Send + Sync + 'static,
    ) -> Self {
        let opened = Opened {
            value: OnceLock::new(),
            open: Box::new(open),
        };
        Self {
            kind: kind.into(),
            name: name.into(),
            flavor: flavor.into(),
            value: Held::Opened(of, Arc::new(opened)),
        }
    }

    /// Its value, when it is of this type and can be opened.
    pub fn value<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.open().ok()?
    }

    /// Its value, when it is of this type.
    pub(crate) fn open<T: Send + Sync + 'static>(&self) -> Result<Option<Arc<T>>, NotOpened> {
        let is_asked = |of: &TypeId| *of == TypeId::of::<T>();
        let value = match &self.value {
            Held::Here(value) => Some(Arc::clone(value)),
            Held::Made(of, make) if is_asked(of) => make(),
            Held::Opened(Some(of), opened) if is_asked(of) => {
                Some(Arc::clone(opened.value().map_err(Arc::clone)?))
            }
            Held::Made(..) | Held::Opened(..) => None,
        };
        Ok(value.and_then(|value| value.downcast::<T>().ok()))
    }

    /// Opens it now, if it isn't open.
    pub(crate) fn ready(&self) -> Result<(), NotOpened> {
        match &self.value {
            Held::Opened(_, opened) => opened.value().map(drop).map_err(Arc::clone),
            Held::Here(_) | Held::Made(..) => Ok(()),
        }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` ({})", self.kind, self.name, self.flavor)
    }
}
