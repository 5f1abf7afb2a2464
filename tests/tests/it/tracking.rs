//! What an experiment tracker hears of runs, whatever it is and whatever it does. (MLflow's has tests of its own.)

mod delivery;
mod failures;
mod notebook;
