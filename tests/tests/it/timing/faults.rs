//! What is said about expressions that are wrong.

use proptest::prelude::*;
use zen_core::schedule::Schedule;

fn said(expression: &str) -> String {
    match Schedule::cron(expression) {
        Ok(schedule) => panic!("{expression} was taken for {schedule}"),
        Err(error) => error.to_string(),
    }
}

const MINUTES: &str = "accepted: 0-59, lists `a,b`, ranges `a-b`, steps `*/n` and `a-b/n`";
const NEEDED: &str =
    "it has 5 fields (minute hour day-of-month month day-of-week), or 6 or 7 (second first, year last)";

#[test]
fn the_place_the_reason_and_the_way_out() {
    for (expression, expected) in [
        ("75 2 * * *", "minute `75` is out of range 0-59\n  75 2 * * *\n  ^^".to_owned()),
        ("0 2 * * 8", "day-of-week `8` is out of range 0-7\n  0 2 * * 8\n          ^".to_owned()),
        (
            "0 2 * * mnday",
            "day-of-week `mnday` isn't known\n  0 2 * * mnday\n          ^^^^^\ndid you mean `monday`?".to_owned(),
        ),
        (
            "0 2 1 Decembr *",
            "month `Decembr` isn't known\n  0 2 1 Decembr *\n        ^^^^^^^\ndid you mean `december`?".to_owned(),
        ),
        (
            "x 2 * * *",
            format!("minute `x` is neither a number nor `*`\n  x 2 * * *\n  ^\n{MINUTES}"),
        ),
        (
            "1,,5 2 * * *",
            format!("a value of minute is missing here\n  1,,5 2 * * *\n   ^\n{MINUTES}"),
        ),
        (
            "*/0 2 * * *",
            "minute `*/0`: a step of 0 goes nowhere\n  */0 2 * * *\n    ^\naccepted: 1-59".to_owned(),
        ),
        (
            "*/90 * * * *",
            "minute `*/90`: the step is longer than the field\n  */90 * * * *\n    ^^\naccepted: 1-59; for longer distances of elapsed \
             time there is `Schedule::every`"
                .to_owned(),
        ),
        (
            "0 22-4 * * *",
            "hour `22-4`: the range ends before it begins\n  0 22-4 * * *\n    ^^^^\nwrite `22-23,0-4`".to_owned(),
        ),
        (
            "0 0 * * fri-mon",
            "day-of-week `fri-mon`: the range ends before it begins\n  0 0 * * fri-mon\n          ^^^^^^^\nwrite `5-7,1`".to_owned(),
        ),
        (
            "0\t0\tL\t*\t*",
            "day-of-month `L`: `L`, `W` and `#` aren't supported\n  0 0 L * *\n      ^\naccepted: 1-31, lists `a,b`, ranges `a-b`, steps \
             `*/n` and `a-b/n`"
                .to_owned(),
        ),
        (
            "0 2 * *",
            format!("a cron expression of 4 fields has too few\n  0 2 * *\n  ^^^^^^^\n{NEEDED}"),
        ),
        (
            "0 0 2 * * * 2030 x y",
            format!("a cron expression of 9 fields has too many\n  0 0 2 * * * 2030 x y\n                   ^^^\n{NEEDED}"),
        ),
        ("", format!("the cron expression is empty\n{NEEDED}")),
        (
            "@reboot",
            "`@reboot` names no time: a schedule knows nothing of the machine's starts\n  @reboot\n  ^^^^^^^\nstart the pipeline from \
             what starts with the machine"
                .to_owned(),
        ),
        ("@dayly", "there is no `@dayly`\n  @dayly\n  ^^^^^^\ndid you mean `@daily`?".to_owned()),
        (
            "0 0 31 2 *",
            "this never fires: there is no day 31 in February\n  0 0 31 2 *\n      ^^^^".to_owned(),
        ),
        (
            "0 0 31 apr,jun *",
            "this never fires: there is no day 31 in April or June\n  0 0 31 apr,jun *\n      ^^^^^^^^^^".to_owned(),
        ),
        (
            "0 0 0 29 2 * 2100",
            "this never fires: no day is on all of these dates and weekdays\n  0 0 0 29 2 * 2100\n        ^^^^^^^^^^^".to_owned(),
        ),
        (
            "0 0 12 ? * 0",
            "day-of-week `0` is out of range 1-7\n  0 0 12 ? * 0\n             ^\nin 6 or 7 fields, 1 is Sunday and 7 is Saturday; names mean \
             the same everywhere"
                .to_owned(),
        ),
        (
            "0 0 12 ? * mon/2",
            "day-of-week `mon/2`: a step can't follow a name\n  0 0 12 ? * mon/2\n             ^^^^^\nwrite the range, as `mon-sat/2`"
                .to_owned(),
        ),
        (
            "0 0 12 日本 * *",
            "day-of-month `日本` is neither a number nor `*`\n  0 0 12 日本 * *\n         ^^^^\naccepted: 1-31, lists `a,b`, ranges \
             `a-b`, steps `*/n` and `a-b/n`"
                .to_owned(),
        ),
        (
            "0 2 * * 1-*",
            "day-of-week `1-*`: `*` can't be the end of a range\n  0 2 * * 1-*\n          ^^^\naccepted: 0-7 (0 and 7 are Sunday), \
             sun-sat, lists `a,b`, ranges `a-b`, steps `*/n` and `a-b/n`"
                .to_owned(),
        ),
    ] {
        assert_eq!(said(expression), expected, "{expression}");
    }
}

#[test]
fn years_that_are_past() {
    assert_eq!(
        said("0 0 0 1 1 * 2020"),
        "this never fires again: all its times are past\n  0 0 0 1 1 * 2020\n              ^^^^\ngive a year to come, or leave the years \
         out"
    );
}

#[test]
fn a_very_long_expression_is_not_repeated() {
    let text = said(&"1,".repeat(1 << 20));
    assert_eq!(
        text,
        "a cron expression of 2097152 bytes is too long: 4096 are enough for any"
    );
}

#[test]
fn nothing_of_an_expression_breaks_the_lines() {
    let text = said("0 0 \u{1b}[31m\u{7}\u{202e} * *");
    assert_eq!(
        text.lines().nth(1),
        Some("  0 0 \u{fffd}[31m\u{fffd}\u{fffd} * *"),
        "{text}"
    );
    assert_eq!(text.lines().nth(2), Some("      ^^^^^^^"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_text_is_taken_or_refused_with_three_lines_or_so(text in "\\PC{0,40}") {
        one(&text)?;
    }

    #[test]
    fn any_characters(text in prop::collection::vec(any::<char>(), 0..30)) {
        one(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn almost_expressions(text in "[-0-9*/,?@a-fL#~ \t]{0,40}") {
        one(&text)?;
    }

    #[test]
    fn almost_five_fields(text in "([-0-9*/,?a-z]{1,5} ){4}[-0-9*/,a-zé]{1,5}") {
        one(&text)?;
    }
}

/// It doesn't panic; and what is said fits into four lines, the third of which is carets under the second.
fn one(expression: &str) -> Result<(), TestCaseError> {
    let Err(error) = Schedule::cron(expression) else {
        return Ok(());
    };
    let text = error.to_string();
    let lines: Vec<&str> = text.split('\n').collect();
    prop_assert!(lines.len() <= 4, "{}", text);
    if lines.len() > 2 {
        prop_assert!(
            lines[2].trim_matches(' ').bytes().all(|byte| byte == b'^'),
            "{}",
            text
        );
        prop_assert!(lines[2].contains('^'), "{}", text);
    }
    prop_assert!(
        !text
            .chars()
            .any(|character| character.is_control() && character != '\n'),
        "{:?}",
        text
    );
    Ok(())
}
