//! Values of a configuration, as they are typed: `key=value`, or `--key=value` as in ZenML.

use std::collections::BTreeMap;

use serde_json::Value;
use zen_core::stack::ComponentDefinition;
use zen_core::stack::settings::parse_value;

use crate::error::Error;

/// Reads `key=value` arguments for a component of this flavour.
pub(super) fn read(
    component: &ComponentDefinition,
    texts: &[String],
) -> Result<BTreeMap<String, Value>, Error> {
    let mut values = BTreeMap::new();
    for text in texts {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Error::usage(format!("`{text}` is no `key=value`")))?;
        let key = key.trim_start_matches('-').replace('-', "_");
        let value = parse_value(component, &key, value)?;
        if values.insert(key.clone(), value).is_some() {
            return Err(Error::usage(format!("`{key}` is given twice")));
        }
    }
    Ok(values)
}
