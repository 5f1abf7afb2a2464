//! No secret that was handed out is left in a text.

use proptest::prelude::*;
use zen_core::secrets::{Secret, conceal, redact};

/// What others of these tests don't have in their texts.
fn own(text: &str) -> String {
    format!("§{text}")
}

#[test]
fn what_is_no_secret_stays() {
    let text = "nothing of this is secret: 100% \"x\" \\ é";
    assert_eq!(redact(text), text);
    conceal(&Secret::new("x%"));
    assert_eq!(redact("9x%9"), "9x%9", "shorter than 4 bytes");
}

#[test]
fn lines_of_a_secret_are_secret() {
    conceal(&Secret::new(
        "-----BEGIN OF IT-----\nMIIEvQIBADANBg\n}\n-----END OF IT-----\n",
    ));
    assert_eq!(redact("a MIIEvQIBADANBg b } c"), "a *** b } c");
    assert_eq!(
        redact("-----BEGIN OF IT-----\nMIIEvQIBADANBg\n}\n-----END OF IT-----"),
        "***"
    );
    assert_eq!(
        redact("-----BEGIN OF IT-----\\nMIIEvQIBADANBg\\n}\\n-----END OF IT-----\\n"),
        "***"
    );
}

#[test]
fn what_falls_together_is_looked_at_again() {
    for secret in ["ö1-abcd", "ö1ö1-abcd-2-2"] {
        conceal(&Secret::new(secret));
    }
    assert_eq!(redact("ö1ö1-abcd-2-2"), "***");
    conceal(&Secret::new("ü7***8ü"));
    assert_eq!(redact("ü7ö1-abcd8ü"), "***");
    conceal(&Secret::new("ßxßxß"));
    assert_eq!(redact("ßxßxßxßxß ßx"), "*** ßx");
}

fn encoded(text: &str, which: u64, lower: bool) -> String {
    let encode =
        |(index, byte): (usize, u8)| match (which >> (index % 64)) & 1 == 1 || !byte.is_ascii_graphic() {
            true if lower => format!("%{byte:02x}"),
            true => format!("%{byte:02X}"),
            false => char::from(byte).to_string(),
        };
    text.bytes().enumerate().map(encode).collect()
}

/// With what has to be escaped somewhere, and with few letters, so that secrets overlap: such as no other test writes, as their lines are
/// secret in the whole process.
const SECRET: &str = "[ǡḃ\"\\\\\n é%+*]{3,14}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_is_left(
        secrets in proptest::collection::vec(SECRET, 1..4),
        around in proptest::collection::vec("\\PC{0,12}", 5),
        which: u64,
        lower: bool,
    ) {
        let secrets: Vec<String> = secrets.iter().map(|secret| own(secret)).collect();
        for secret in &secrets {
            conceal(&Secret::new(secret.as_str()));
        }
        let mut text = String::new();
        for (index, around) in around.iter().enumerate() {
            let secret = &secrets[index % secrets.len()];
            text.push_str(around);
            match index {
                0 => text.push_str(secret),
                1 => text.push_str(&serde_json::to_string(secret).unwrap()),
                2 => text.push_str(&format!("{secret:?}")),
                3 => text.push_str(&encoded(secret, which, lower)),
                // Two that overlap as far as they can.
                _ => {
                    let next = &secrets[(index + 1) % secrets.len()];
                    let shared = (0..=next.len()).rev().filter(|end| next.is_char_boundary(*end));
                    let shared = shared.into_iter().find(|end| secret.ends_with(&next[..*end])).unwrap();
                    text.push_str(secret);
                    text.push_str(&next[shared..]);
                }
            }
        }
        let json = serde_json::to_string(&serde_json::json!({ "error": text })).unwrap();
        for text in [text.clone(), json, format!("{text:?}")] {
            let left = redact(&text);
            for secret in &secrets {
                let written = serde_json::to_string(secret).unwrap();
                let shown = format!("{secret:?}");
                let forms = [
                    secret.as_str(),
                    &written[1..written.len() - 1],
                    &shown[1..shown.len() - 1],
                    &encoded(secret, which, lower),
                    &encoded(secret, u64::MAX, lower),
                ];
                for form in forms {
                    prop_assert!(!left.contains(form), "{form:?} in {left:?}, which was {text:?}");
                }
            }
            prop_assert_eq!(redact(&left), left.as_ref());
        }
    }
}
