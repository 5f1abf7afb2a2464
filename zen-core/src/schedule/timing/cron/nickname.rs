//! `@daily` and its like.

use super::fault::Fault;
use super::split::Word;
use crate::near::nearest;

const KNOWN: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The five fields that a nickname stands for.
pub(super) fn fields(words: &[Word<'_>]) -> Result<&'static str, Fault> {
    let [word] = words else {
        let at = words.get(1).map_or(0..0, Word::span).start..words.last().map_or(0..0, Word::span).end;
        let reason = "nothing may follow a nickname such as `@daily`".to_owned();
        return Err(Fault::new(at, reason));
    };
    let name = word.text.to_ascii_lowercase();
    if let Some((_, fields)) = KNOWN.iter().find(|(known, _)| *known == name) {
        return Ok(fields);
    }
    if name == "@reboot" {
        let reason = "`@reboot` names no time: a schedule knows nothing of the machine's starts".to_owned();
        return Err(
            Fault::new(word.span(), reason).help("start the pipeline from what starts with the machine")
        );
    }
    let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    let fault = Fault::new(word.span(), format!("there is no `{}`", word.shown()));
    Err(match nearest(&name, names.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(format!("there are {}", names.join(", "))),
    })
}
