//! Rows as CSV files: the format of tables that any program and any person reads.
//!
//! [`Csv`] stores a `Vec` of a struct. It is chosen for one output, with `.materializer::<Csv>()` on its handle or
//! `#[step(outputs(output = Csv))]`, or for a type wherever it stands, with `register_codec!`, which lets other programs load such an
//! artifact too:
//!
//! ```
//! use zen_core::prelude::*;
//! use zen_integrations::csv::Csv;
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! pub struct Flower {
//!     species: String,
//!     petal: f64,
//!     sepal: Option<f64>,
//! }
//!
//! zen_core::register_codec!(Vec<Flower> => Csv);
//!
//! #[step]
//! fn picked() -> Vec<Flower> {
//!     vec![Flower { species: "Iris, wild".into(), petal: 1.4, sepal: None }]
//! }
//!
//! #[pipeline]
//! fn garden() -> Artifact<Vec<Flower>> {
//!     picked()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! # let stack = Stack::in_memory()?;
//! let run = garden().on(&stack).quiet().run().await?;
//! let artifact = run.step("picked")?.output("output")?;
//! assert_eq!(artifact.bytes().await?, "species,petal,sepal\r\n\"Iris, wild\",1.4,\r\n");
//! assert_eq!(artifact.load::<Vec<Flower>>().await?, *run.output().await?);
//! # Ok(())
//! # }
//! ```

mod cell;
mod codec;
mod columns;
mod error;
mod read;
mod read_cell;
mod row;
mod write;

pub use self::codec::Csv;
pub use self::error::CsvError;
