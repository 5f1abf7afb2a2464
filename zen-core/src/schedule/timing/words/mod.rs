//! Schedules in words, for people. Two cron expressions that differ in a slot differ in their words: each part of the text belongs to
//! just one set of values, and where no phrase is at hand the values are listed.

mod cron;
mod days;
mod instants;
mod interval;
mod list;
mod schedule;
mod times;

pub(super) use schedule::{kind, schedule};
