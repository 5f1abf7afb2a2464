//! The procedural macros of zen. Use them through `zen_core`, which re-exports them in its prelude.
//!
//! The macros are thin: what they expand to calls plumbing in `zen_core::graph` and `zen_core::__private`, where all
//! behaviour lives. Every macro takes `crate = some::path` for programs that know `zen_core` under another name.

mod attribute;
mod code;
mod duration;
mod errors;
mod hook;
mod item;
mod main_fn;
mod metric;
mod near;
mod outputs;
mod pipeline;
mod predictor;
mod row;
mod spans;
mod step;
mod tracked;
mod types;

use proc_macro::TokenStream;

/// Makes a function a step of pipelines.
///
/// The function stays as written and can be called as before, which is how a unit test calls it. Beside it comes a
/// companion, a type of the same name, so that a call in the body of a [`#[pipeline]`](macro@pipeline) adds a node to
/// the graph instead. `use` imports both; the companion's `definition()` is the step as a value, for graphs made from
/// configuration.
///
/// ```ignore
/// #[step(version = 2, retry(max = 3, delay = "1s", backoff = 2.0), timeout = "10m")]
/// fn trainer(x: &Matrix, y: &Labels, params: TrainerParams) -> Result<Digits> { .. }
///
/// #[pipeline]
/// fn training() -> Artifact<Digits> {
///     let data = importer();
///     trainer(data.x, data.y, TrainerParams::default())
/// }
/// ```
///
/// # Arguments
///
/// In a pipeline every argument takes a handle (`Artifact<T>`, which another step returned) or a value of `T`. The
/// function itself gets `&T`, `&[T]`, `&str` and `&Path` borrowed from the stored value, or a `T` that is `Clone` by
/// value. An argument whose type is one of the function's type parameters takes a handle only. An argument of type
/// `&StepContext` (or marked `#[context]`) is the step's context; no call passes it.
///
/// # Outputs
///
/// A step returns a value that can be stored, a tuple of two to eight of them, a struct that derives
/// [`Outputs`](derive@Outputs), or nothing; each also in a `Result`, which is known by its name.
///
/// # Settings
///
/// | key | meaning |
/// |---|---|
/// | `name = "x"` | the step's name in a run, instead of the function's |
/// | `version = 2` | stands for the code in the cache key: changes of the function no longer count |
/// | `cache = false` | runs every time |
/// | `cache(expires = "1d", files("data.csv"))` | adopts nothing older; the files' content counts |
/// | `ignore(verbose)` | inputs that don't count in the cache key |
/// | `depends(path::to::helper)` | code elsewhere that counts; a step, or an item marked [`#[tracked]`](macro@tracked) |
/// | `strict` | the whole executable counts |
/// | `retry = 3`, `retry(max = 3, delay = "1s", backoff = 2.0, jitter = true)` | attempts after a failed one |
/// | `timeout = "10m"` | the longest an attempt's body may take |
/// | `isolation = process`, `isolation(process, memory = "2GiB", env("A" = "1"), inherit("B"))` | runs in a process of its own: whatever happens there ends only the step |
/// | `isolation = none`, `isolation(never = "why")` | runs in the program's own process; also when the whole run is isolated |
/// | `on_success = path`, `on_success(notify, archive)` | async functions that are called when it was executed and has completed |
/// | `on_failure = path`, `on_failure(notify, page)` | async functions that are called when it has failed for good, after its last attempt |
/// | `outputs(mean, spread = Codec)` | names of the outputs in order, and codecs for them |
/// | `fallible` | the return type is a `Result` by another name |
/// | `crate = path` | where `zen_core` is found |
///
/// Durations are a whole number and `ms`, `s`, `m`, `h` or `d`.
///
/// # Hooks
///
/// A hook is an `async fn(HookEvent) -> Result<(), E>`, here or elsewhere, and no part of the cache key. It is not called for outputs from the
/// cache, nor when the step is skipped or cancelled. `zen_core::graph::Hook` tells what else holds for it.
///
/// # The cache and the code
///
/// A step runs again when its code changes: the function, and everything it names in its own source file (helpers,
/// constants, types with their methods), and what those name. Formatting, comments and documentation don't count, and
/// neither does what lies beside it unnamed. Code in other files counts when `depends(..)` names it.
///
/// # Where it can stand
///
/// On free functions, also inside other functions; with type and constant parameters; `async` or not. Since the
/// companion is a type, a module of the same name beside the function is refused by rustc:
/// a step in a file named after it is called by path, `trainer::trainer(..)`.
#[proc_macro_attribute]
pub fn step(attributes: TokenStream, item: TokenStream) -> TokenStream {
    step::step(attributes.into(), item.into()).into()
}

/// Makes a function a pipeline: called from ordinary code it returns a `Pipeline`, ready to run.
///
/// ```ignore
/// #[pipeline]
/// fn training(epochs: usize) -> Artifact<f64> {
///     let split = importer();
///     let models: Vec<_> = [0.1, 0.01].map(|rate| trainer(split.train, rate, epochs)).into();
///     score(gather(models), split.test)
/// }
///
/// let run = training(5).run().await?;
/// ```
///
/// # The body
///
/// The body runs once for each graph, and only builds it; no step runs there. It is ordinary Rust, loops, `if` on
/// arguments and closures included, with one difference: **a call by a lower-case path is a step or another pipeline**.
/// A step becomes a node and gives handles back; another pipeline is built into this one. Not meant are
///
/// - variables and closures of the body, functions defined in it, and methods;
/// - `when` and `gather`, which work on handles;
/// - functions of types (`Vec::new()`), of primitive types (`usize::max(..)`), and of `std`, `core` and `alloc`;
/// - hooks, in `.on_success(..)` and `.on_failure(..)`;
/// - whatever stands in `plain!(..)`, which calls an ordinary function here and now.
///
/// Calls inside macros count when the macro's arguments read as expressions, as those of `vec![..]` do. A step can't be
/// used as a value: write `.map(|x| trainer(x))` for `.map(trainer)`. A condition on what a step will have computed
/// is a node too, `when(decision, || deploy(model))`, and so is a loop over it, `rows.each(|row| score(row))`.
///
/// # Arguments and what it returns
///
/// Arguments are plain values, or handles when the pipeline is only built into others. It returns nothing, an
/// `Artifact<T>`, a tuple of handles, or a struct of handles from [`Outputs`](derive@Outputs). A pipeline without type
/// parameters is registered under its module path, so that a scheduler or another process of the same program
/// can start it; its arguments have to be serde types for that.
///
/// # Settings
///
/// | key | meaning |
/// |---|---|
/// | `name = "x"` | the pipeline's name, instead of the function's |
/// | `cache = false` | turns the cache off for all steps that don't say otherwise |
/// | `on_success = path`, `on_success(announce, archive)` | async functions that are called when a run has completed |
/// | `on_failure = path`, `on_failure(notify, page)` | async functions that are called when a run has failed |
/// | `crate = path` | where `zen_core` is found |
///
/// Hooks are for runs: a pipeline that is built into another one has none of its own, and its hooks are not called.
#[proc_macro_attribute]
pub fn pipeline(attributes: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::pipeline(attributes.into(), item.into()).into()
}

/// Makes the fields of a struct the named outputs of a step that returns it.
///
/// In a pipeline the call of such a step gives a struct of handles with the same fields, `SplitArtifacts` for `Split`,
/// or as `#[outputs(handles = "Name")]` says. Every field is stored on its own, so each has to be storable. The struct itself
/// is not, and must not derive serde: it would be one output and several at once.
///
/// ```ignore
/// #[derive(Outputs)]
/// pub struct Split {
///     pub train: Matrix,
///     pub test: Matrix,
/// }
///
/// #[step]
/// fn importer() -> Result<Split> { .. }
/// ```
#[proc_macro_derive(Outputs, attributes(outputs))]
pub fn derive_outputs(item: TokenStream) -> TokenStream {
    outputs::derive(item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Makes a newtype of `f64` a metric: a number that knows its name and which way is better.
///
/// `#[metric(higher_is_better)]` or `#[metric(lower_is_better)]` has to be said. The name is the type's in snake case, or
/// `name = ".."`.
///
/// ```ignore
/// #[derive(Debug, Clone, Copy, Serialize, Deserialize, Metric)]
/// #[metric(lower_is_better, name = "pinball_90")]
/// struct Pinball(f64);
/// ```
#[proc_macro_derive(Metric, attributes(metric))]
pub fn derive_metric(item: TokenStream) -> TokenStream {
    metric::derive(item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Runs an `async fn main` of a program with pipelines.
///
/// The expansion starts the runtime, runs the function and turns what it returns into the exit code: nothing, an
/// `ExitCode`, or a `Result` of either, whose error is printed with its causes. A process that was started to do one
/// part of a run, or to serve a model, does that instead of running the function.
///
/// `worker_threads = 4` sets the number of the runtime's threads, `crate = path` where `zen_core` is found.
///
/// ```ignore
/// #[zen_core::main]
/// async fn main() -> Result<()> {
///     training(5).run().await?;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(attributes: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::main(attributes.into(), item.into()).into()
}

/// Gives an item an identity, so that steps of other files and crates can name it in `depends(..)`.
///
/// Goes on functions, constants, statics, structs and enums. What the item names in its own source file counts with
/// it. Steps are tracked without it.
///
/// ```ignore
/// // features.rs
/// #[tracked]
/// pub fn scale(x: f64) -> f64 { x / MAXIMUM }
///
/// // training.rs
/// #[step(depends(features::scale))]
/// fn trainer(x: &[f64]) -> f64 { .. }
/// ```
#[proc_macro_attribute]
pub fn tracked(attributes: TokenStream, item: TokenStream) -> TokenStream {
    tracked::tracked(attributes.into(), item.into()).into()
}

/// Makes an async function known by its path, so that another process of the same program finds it: the hooks of a schedule.
///
/// The function stays as written. Hooks of steps and pipelines need no such mark: `#[step(on_failure = notify)]` takes any
/// `async fn(HookEvent) -> Result<(), E>`. It goes on free functions without type parameters, and takes `crate = path`.
///
/// ```ignore
/// #[zen_core::hook]
/// async fn page(event: HookEvent) -> Result<()> {
///     pager::send(&event.to_string()).await
/// }
/// ```
#[proc_macro_attribute]
pub fn hook(attributes: TokenStream, item: TokenStream) -> TokenStream {
    hook::hook(attributes.into(), item.into()).into()
}

/// Lists a model's implementation of `Predictor`, so that a prediction server's process finds it.
///
/// ```ignore
/// #[predictor]
/// impl Predictor for Digits {
///     type Input = Vec<f32>;
///     type Output = u8;
///     fn predict(&self, batch: &[Vec<f32>]) -> Result<Vec<u8>> { .. }
/// }
/// ```
///
/// A generic implementation is listed by `zen_core::register_predictor!` instead, once for each type that is served.
#[proc_macro_attribute]
pub fn predictor(attributes: TokenStream, item: TokenStream) -> TokenStream {
    predictor::predictor(attributes.into(), item.into()).into()
}

/// Makes a struct a row of a model's input or output: each field is a tensor of its name.
///
/// A field is a number, `bool`, `String`, or an array or vector of them.
///
/// ```ignore
/// #[derive(Serialize, Deserialize, Row)]
/// struct Flower { sepal: [f32; 2], petal: [f32; 2] }
/// ```
#[proc_macro_derive(Row, attributes(row))]
pub fn derive_row(item: TokenStream) -> TokenStream {
    row::derive(item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
