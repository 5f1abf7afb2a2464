//! What can be set, as text.

use std::time::Duration;

use proptest::prelude::*;
use zen_integrations::native::NativeOptions;

proptest! {
    #[test]
    fn durations_come_back_from_text(nanos in 0u64..1 << 47) {
        let options = NativeOptions::default().max_batch_delay(Duration::from_nanos(nanos));
        let text = serde_json::to_string(&options).unwrap();
        prop_assert_eq!(serde_json::from_str::<NativeOptions>(&text).unwrap(), options);
    }
}

#[test]
fn what_is_left_out_has_its_default_and_nonsense_is_refused() {
    assert_eq!(
        serde_json::from_str::<NativeOptions>("{}").unwrap(),
        NativeOptions::default()
    );
    let options: NativeOptions = serde_json::from_str(r#"{"request_timeout": 1500}"#).unwrap();
    assert_eq!(
        options,
        NativeOptions::default().request_timeout(Duration::from_millis(1500))
    );
    for wrong in ["-1", "1e30", "\"a\""] {
        let text = format!(r#"{{"request_timeout": {wrong}}}"#);
        assert!(serde_json::from_str::<NativeOptions>(&text).is_err(), "{wrong}");
    }
}
