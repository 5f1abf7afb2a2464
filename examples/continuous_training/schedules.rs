//! The two schedules, as they are kept in the project.

use zen_core::prelude::*;
use zen_core::schedule::{Schedule, ScheduleView};

use crate::options::Options;
use crate::pipelines::{continuous_training, served_inference};

/// The schedule that trains.
pub(crate) const TRAINING: &str = "training";
/// The schedule that predicts a batch.
pub(crate) const BATCH: &str = "batch";
/// Why they rest when the program ends by itself: a scheduler of another program would go on with them otherwise.
const ENDED: &str = "the demonstration has ended";

/// Keeps both schedules. Said at every start: what is the same stays as it is.
pub(crate) async fn keep(options: &Options, folder: &str) -> Result<[ScheduleView; 2]> {
    let config = DeployConfig::named("digits")
        .host(options.host.to_string())
        .port(options.port);
    let training = continuous_training(folder.to_owned(), options.min_accuracy, config)
        .schedule(TRAINING, options.training()?)
        .await?;
    let batch = Schedule::every(options.batch_every)?.in_timezone(options.timezone);
    let batch = served_inference().schedule(BATCH, batch).await?;
    Ok([awake(training).await?, awake(batch).await?])
}

/// Resumes what [`rest`] has paused; what somebody else has paused stays paused.
async fn awake(schedule: ScheduleView) -> Result<ScheduleView> {
    match schedule.reason() {
        Some(ENDED) => Ok(schedule.resume().await?),
        _ => Ok(schedule),
    }
}

/// Pauses both schedules until the next start.
pub(crate) async fn rest(schedules: &[ScheduleView]) -> Result<()> {
    for schedule in schedules {
        let schedule = schedule.refresh().await?;
        if schedule.reason().is_none() {
            schedule.pause(ENDED).await?;
        }
    }
    Ok(())
}
