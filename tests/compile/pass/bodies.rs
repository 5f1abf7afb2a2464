//! The bodies of pipelines: ordinary Rust around calls of steps.

use zen_core::prelude::*;

#[derive(Serialize, Deserialize, Clone, Copy, Default)]
struct Params {
    rate: f64,
    epochs: usize,
}

impl Params {
    fn fast() -> Self {
        Self { epochs: 1, ..Self::default() }
    }
}

#[step]
fn source() -> Vec<f64> {
    vec![1.0]
}

#[step]
fn train(data: &[f64], rate: f64) -> f64 {
    data.len() as f64 * rate
}

#[step]
fn fit(data: &[f64], params: Params) -> f64 {
    data.len() as f64 * params.rate
}

#[step]
fn best(scores: &[f64]) -> f64 {
    scores[0]
}

#[step]
fn good(score: f64) -> bool {
    score > 0.5
}

#[step]
fn deploy(score: f64) -> String {
    score.to_string()
}

#[step]
fn add(one: f64, two: f64) -> f64 {
    one + two
}

#[step]
fn report(_url: &Option<String>) {}

fn helper(x: f64) -> f64 {
    x * 2.0
}

mod helpers {
    pub fn half(x: f64) -> f64 {
        x / 2.0
    }
    pub const RATE: f64 = 0.1;
}

#[pipeline]
fn loops_and_lists(rates: Vec<f64>, verbose: bool) -> Artifact<f64> {
    let data = source();
    let mut scores = vec![train(data, 0.1), train(data, 0.2)];
    for rate in &rates {
        scores.push(train(data, *rate));
    }
    scores.extend(rates.iter().map(|rate| train(data, *rate)));
    let [a, b] = [train(data, 1.0), train(data, 2.0)];
    let more = vec![train(data, 3.0); 2];
    scores.extend(more);
    let (c, d) = (train(data, 4.0), train(data, 5.0));
    if verbose && !rates.is_empty() {
        scores.push(c);
    } else {
        scores.push(d);
    }
    let mut i = 0;
    while i < 2 {
        scores.push(train(data, f64::from(i)));
        i += 1;
    }
    let last = loop {
        if i > 3 {
            break train(data, 9.0);
        }
        i += 1;
    };
    println!("{} {last:?} {name}", scores.len(), name = stringify!(train));
    assert!(!scores.is_empty(), "no scores of {}", i);
    best(gather(scores.into_iter().chain([a, b])))
}

#[pipeline]
fn closures_and_locals() -> Artifact<f64> {
    let data = source();
    let train_at = |rate| train(data, rate);
    let nested = move |rate: f64| {
        let twice = |x: f64| x * 2.0;
        train_at(twice(rate))
    };
    let scores: Vec<_> = [0.1, 0.2].into_iter().map(nested).collect();
    // A local of the name of a step hides it.
    let train = train(data, 0.3);
    let best = best(gather(scores.iter().copied().chain([train])));
    best
}

#[pipeline]
fn exempt(rate: f64) -> Artifact<f64> {
    fn local(x: f64) -> f64 {
        x + helper(1.0)
    }
    const fn three() -> usize {
        3
    }
    use std::cmp::max;
    #[step]
    fn inner(data: &[f64]) -> f64 {
        data[0]
    }
    let epochs = usize::max(1, 2).max(three());
    let epochs = std::cmp::min(epochs, max(1, 5));
    let text = String::from("text");
    let _ = (char::from(65), str::len(&text), Vec::<u8>::with_capacity(3), Some(rate).map(f64::sqrt));
    let params = Params { rate: plain!(helper(rate)) + local(1.0), epochs };
    let rates = [1.0, 2.0].map(plain!(helper)).map(local).map(f64::abs);
    let _ = (helpers::RATE, f64::MAX, rates, plain!(helpers::half(1.0)));
    let data = source();
    inner(data);
    let rate = params.rate;
    let with = |params: Params| fit(data, params);
    with(Params { rate, ..Params::fast() });
    with(Params { epochs: three(), ..Default::default() });
    fit(data, params)
}

#[pipeline]
fn scopes(level: Option<u32>, name: String) -> Artifact<f64> {
    let data = source();
    let score = match level {
        Some(train) if train > 3 => add(1.0, f64::from(train)),
        Some(level @ 1..=2) => train(data, f64::from(level)),
        Some(_) | None => {
            let score = train(data, 0.0);
            score
        }
    };
    let score = if let Some(best) = level
        && best > 1
    {
        add(score, f64::from(best))
    } else {
        best(gather([score]))
    };
    let Some(level) = level else { return score };
    let is_long = matches!(name.as_str(), "long" | "longer");
    'outer: for add in [1.0, 2.0] {
        for _ in 0..3 {
            if add > 1.0 {
                break 'outer;
            }
        }
    }
    let sum = |one: Artifact<f64>, two| {
        if is_long {
            return add(one, two);
        }
        add(two, one)
    };
    sum(score, train(data, f64::from(level)))
}

#[pipeline]
fn graph_functions() -> (Artifact<Option<String>>, Artifact<Vec<f64>>) {
    let score = train(source(), 0.5);
    let url = when(good(score), || {
        let better = add(score, 1.0);
        deploy(better)
    });
    report(url);
    let all = source().each(|x| add(x, 1.0));
    let pairs = source().each(|x| (add(x, 1.0), add(x, 2.0)));
    let (left, _) = pairs;
    let nested = zen_core::prelude::when(true, || train(left, 1.0));
    let _ = nested;
    let _ = best(latest::<Vec<f64>>("scores"));
    let _: Artifact<f64> = version("model", 3);
    (url, all)
}

#[pipeline(name = "inner", cache = false)]
fn sub(data: Artifact<Vec<f64>>, rate: f64) -> (Artifact<f64>, Artifact<f64>) {
    (train(data, rate), train(data, rate * 2.0))
}

#[pipeline]
fn outer() -> Artifact<f64> {
    let data = source();
    let (one, two) = sub(data, 0.1);
    let more: Vec<_> = (0..3).map(|i| sub(data, f64::from(i)).0).collect();
    add(one, best(gather(more.into_iter().chain(std::iter::once(two)))))
}

#[pipeline]
fn only_effects() {
    report(None);
}

#[pipeline]
fn r#struct(mut rates: Vec<f64>, _unused: u8) -> Artifact<f64> {
    rates.push(1.0);
    train(source(), rates[0])
}

fn main() {
    loops_and_lists(vec![0.1], true).graph().unwrap();
    closures_and_locals().graph().unwrap();
    exempt(0.1).graph().unwrap();
    scopes(Some(3), "x".to_owned()).graph().unwrap();
    graph_functions().graph().unwrap();
    outer().graph().unwrap();
    only_effects().graph().unwrap();
    r#struct(vec![], 1).graph().unwrap();
}
