//! Ending what a test started.

use std::time::Duration;

use crate::metadata::ServiceFilter;
use crate::service::{Service, local};
use crate::stack::Stack;

/// Ends every service of a stack when it is dropped, also when the test panics: by the identities that are recorded, so that nothing
/// else is ever ended.
#[derive(Debug)]
pub struct StopServices(Stack);

impl StopServices {
    /// Guards the services of this stack, those included that come later.
    pub fn of(stack: &Stack) -> Self {
        Self(stack.clone())
    }
}

impl Drop for StopServices {
    fn drop(&mut self) {
        let Ok(services) = self.0.metadata().services(&ServiceFilter::default()) else {
            return;
        };
        for record in services {
            // Without the lease: who holds it may be what the test left hanging.
            let versions = self.0.metadata().service_versions(record.id).unwrap_or_default();
            for process in versions.iter().filter_map(|version| version.process.as_ref()) {
                local::ending::end(process);
            }
            let service: Service = Service::new(self.0.clone(), record);
            let _ = service.delete(Duration::from_secs(10), true);
        }
    }
}
