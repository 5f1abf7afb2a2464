//! The content types of scoring requests.

use super::error::quoted;
use crate::native::Refusal;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Csv,
}

/// Reads a content type; none is JSON.
pub(super) fn read(content_type: Option<&str>) -> Result<Media, Refusal> {
    let Some(text) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(Media::Json);
    };
    let mut parts = text.split(';').map(str::trim);
    let media = match parts.next().unwrap_or_default() {
        kind if kind.eq_ignore_ascii_case("application/json") => Media::Json,
        kind if kind.eq_ignore_ascii_case("text/csv") => Media::Csv,
        kind => {
            return refuse(format!("the content type {} is not supported", quoted(kind)));
        }
    };
    for parameter in parts.filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !name.trim().eq_ignore_ascii_case("charset") {
            return refuse(format!(
                "the content type's parameter {} is not supported",
                quoted(name)
            ));
        }
        let charset = value.trim().trim_matches('"');
        if !["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| charset.eq_ignore_ascii_case(known))
        {
            return refuse(format!("the charset {} is not supported", quoted(charset)));
        }
    }
    Ok(media)
}

fn refuse(reason: String) -> Result<Media, Refusal> {
    Err(Refusal::MediaType(format!(
        "{reason}; send application/json or text/csv, in UTF-8, with no parameter but charset"
    )))
}
