//! What the program has seen, at its end.

use zen_core::prelude::*;
use zen_core::schedule::SchedulerEnd;

use crate::client::Asked;
use crate::report::Training;

/// What has been seen of all slots.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The runs that trained.
    trained: Vec<Training>,
    /// Slots that led to no completed run.
    pub(crate) others: usize,
    /// What has come of asking the server.
    pub(crate) asked: Option<Asked>,
}

impl Seen {
    /// One more run that trained.
    pub(crate) fn add(&mut self, training: Training) {
        self.trained.push(training);
    }

    /// How many images there were last.
    pub(crate) fn images(&self) -> Option<usize> {
        self.trained.last().map(|training| training.images)
    }

    /// Where the server answered last.
    pub(crate) fn url(&self) -> Option<&str> {
        let url = self.trained.last()?.url.as_str();
        (!url.is_empty()).then_some(url)
    }

    fn urls(&self) -> Vec<&str> {
        let mut urls: Vec<&str> = self
            .trained
            .iter()
            .map(|training| training.url.as_str())
            .collect();
        urls.dedup();
        urls
    }

    /// Whether clients have noticed nothing.
    ///
    /// # Errors
    /// When a request has failed, or the server has moved.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(Asked {
            failed,
            error: Some(error),
            ..
        }) = &self.asked
        {
            return Err(format!("{failed} requests failed; the first: {error}").into());
        }
        match self.urls()[..] {
            [] | [_] => Ok(()),
            _ => Err(format!("the server has moved: {}", self.urls().join(", ")).into()),
        }
    }
}

/// It in words.
pub(crate) fn of(seen: &Seen, end: SchedulerEnd) -> Result<String> {
    let count = |wanted: &dyn Fn(&Training) -> bool| seen.trained.iter().filter(|run| wanted(run)).count();
    let mut text = format!(
        "trained  {} times: {} with new data, {} from the cache\n",
        seen.trained.len(),
        count(&|run| !run.cached),
        count(&|run| run.cached),
    );
    text += &format!(
        "models   {} deployed, {} kept\n",
        count(&|run| run.deployed),
        count(&|run| !run.deployed),
    );
    if seen.others > 0 {
        text += &format!("slots    {} without a completed run\n", seen.others);
    }
    if let Some(asked) = &seen.asked {
        text += &format!("client   {} requests, {} failed\n", asked.requests, asked.failed);
    }
    if let SchedulerEnd::Cancelled { runs, .. } = end {
        text += &format!("ended    {runs} runs were cancelled\n");
    }
    if let Some(url) = seen.url() {
        let same = if seen.urls().len() == 1 {
            ", the same all the time"
        } else {
            ""
        };
        text += &format!("server   {url}{same}\n");
        text += "\nThe server goes on when this program has ended. To stop it:\n\n";
        text += "cargo run --example continuous_training -- --stop-service\n\n";
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Comparison;

    fn training(url: &str, deployed: bool) -> Training {
        Training {
            images: 1,
            cached: !deployed,
            comparison: Comparison {
                candidate: Accuracy(0.5),
                served: None,
            },
            deployed,
            decision: String::new(),
            url: url.into(),
        }
    }

    #[test]
    fn a_failed_request_and_a_server_that_moved_are_errors() {
        let mut seen = Seen::default();
        assert!(seen.check().is_ok());
        seen.add(training("a", true));
        seen.add(training("a", false));
        let text = of(&seen, SchedulerEnd::Drained).unwrap();
        assert!(
            text.contains("2 times: 1 with new data, 1 from the cache\n"),
            "{text}"
        );
        assert!(text.contains("a, the same all the time\n"), "{text}");
        assert!(seen.check().is_ok());
        seen.asked = Some(Asked {
            requests: 9,
            failed: 1,
            error: Some("gone".into()),
        });
        assert_eq!(
            seen.check().unwrap_err().to_string(),
            "1 requests failed; the first: gone"
        );
        seen.asked = None;
        seen.add(training("b", true));
        assert_eq!(
            seen.check().unwrap_err().to_string(),
            "the server has moved: a, b"
        );
    }
}
