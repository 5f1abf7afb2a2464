//! Models in an artifact store that the stack was given in code.

use zen_core::artifact::ArtifactStore;
use zen_core::deploy::DeployConfig;
use zen_core::prelude::*;
use zen_core::testing::StopServices;
use zen_integrations::native::Native;
use zen_tests::models::Line;

use super::project::SOON;

#[test]
fn the_server_reads_its_model_where_the_stack_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    // Nothing is kept inline, so that the server has to find the store.
    let store = ArtifactStore::folder(&elsewhere, false)
        .unwrap()
        .with_inline_limit(0);
    let stack = Stack::builder()
        .home(folder.path().join(".zen"))
        .artifacts(store)
        .program(env!("CARGO_BIN_EXE_servant"))
        .model_deployer(Native::deployer())
        .build()
        .unwrap();
    let _stop = StopServices::of(&stack);
    let config = DeployConfig::named("line");
    let (_, service) = zen_core::deploy::deploy(&stack, true, &Line::new(3.0), config).unwrap();
    assert_eq!(service.predict(&[2.0]).unwrap(), [6.0]);
    service.stop(SOON, false).unwrap();
    service.start(SOON).unwrap();
    assert_eq!(service.predict(&[1.0]).unwrap(), [3.0]);
}
