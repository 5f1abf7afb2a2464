//! Code that counts in cache keys.

/// An item whose code can be named in `#[step(depends(..))]`: a step, or an item marked
/// [`#[tracked]`](crate::tracked).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be named in `depends(..)`: its code isn't tracked",
    label = "not tracked",
    note = "mark the function, constant or type with `#[zen_core::tracked]`"
)]
pub trait Tracked {
    /// Identifies the code: changes when the item, or what it names in its own source file, changes.
    const CODE: &'static str;
}

/// A `Result` under any name, for `#[step(fallible)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Result`",
    label = "`#[step(fallible)]` needs a function that returns a `Result` or an alias of it"
)]
pub trait Fallible {
    /// The value's type.
    type Ok;
    /// The error's type.
    type Error;
    /// As a plain `Result`.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}
