//! Steps and pipelines defined in a function, over types of that function.

use zen_core::prelude::*;

fn main() {
    #[derive(Serialize, Deserialize)]
    struct Rows(Vec<f64>);

    #[derive(Serialize, Deserialize, Clone)]
    struct Settings {
        factor: f64,
    }

    #[step]
    fn rows() -> Rows {
        Rows(vec![1.0, 2.0])
    }

    #[step]
    fn scale(rows: &Rows, settings: Settings) -> Rows {
        Rows(rows.0.iter().map(|x| x * settings.factor).collect())
    }

    #[pipeline]
    fn scaled(factor: f64) -> Artifact<Rows> {
        scale(rows(), Settings { factor })
    }

    assert_eq!(scaled(2.0).graph().unwrap().nodes().len(), 2);

    // The functions stay ordinary functions.
    assert_eq!(scale(&rows(), Settings { factor: 3.0 }).0, [3.0, 6.0]);
}
