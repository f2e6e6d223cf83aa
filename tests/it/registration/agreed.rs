//! Nothing is done that nobody was shown.

use psop_adapter::registration::apply::{Apply, ApplyError};
use psop_adapter::registration::client::Client;
use psop_adapter::registration::plan::{Plan, Published, Step, plan};
use psop_adapter::registration::{present, wanted};

use super::{ID, Scene};

/// Runs what somebody agreed to after something else has happened, and tells how it ended.
fn applied_after(scene: &Scene, happens: impl FnOnce(&Scene)) -> Result<usize, ApplyError> {
    let (server, wanted) = wanted::load(&scene.path("registration.toml"), None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut client = Client::new(&server).unwrap();
        let subjects = wanted.rights.iter().map(|right| &right.subject);
        let present = present::read(&mut client, &wanted.client, subjects)
            .await
            .unwrap();
        let agreed: Plan = plan(&wanted, &present, Published::JustRead).unwrap();
        assert!(
            !agreed
                .steps
                .iter()
                .any(|step| matches!(step, Step::Take(_)))
        );
        happens(scene);
        let mut apply = Apply {
            client: &mut client,
            wanted: &wanted,
            agreed: &agreed,
            accepted: &[],
            registration_wait_s: 1,
            tell: &mut |_| {},
        };
        apply.run(Published::JustRead).await
    })
}

/// One service's time-out is another than the file's.
fn drifted() -> Scene {
    let scene = Scene::registered();
    let mut state = scene.stand_in.state();
    let subsystem = state.subsystems.get_mut(ID).unwrap();
    subsystem.descriptions[0].services[0].timeout = 7;
    drop(state);
    scene
}

#[test]
fn what_was_agreed_to_is_done() {
    let scene = drifted();
    assert_eq!(applied_after(&scene, |_| {}).unwrap(), 1);
}

#[test]
fn a_right_that_came_meanwhile_is_not_taken_without_being_shown() {
    let scene = drifted();
    let before = scene.changes().len();
    let ended = applied_after(&scene, |scene| {
        let mut state = scene.stand_in.state();
        let subsystem = state.subsystems.get_mut(ID).unwrap();
        let subjects = subsystem
            .rights
            .entry("getServiceEvents".to_owned())
            .or_default();
        subjects.insert("FI-TEST:COM:9000007-0:care".to_owned());
    });
    let told = ended.unwrap_err().to_string();
    assert!(
        told.contains("look at the plan again") && told.contains("getServiceEvents"),
        "{told}"
    );
    assert_eq!(scene.changes().len(), before, "something was done");
}
