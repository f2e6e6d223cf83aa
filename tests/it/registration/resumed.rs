//! Broken off after each change in turn, the change done and not acknowledged: the next run ends where an unbroken one
//! does.

use super::{STEPS_FRESH, Scene};

#[test]
fn a_run_that_broke_off_after_any_change_is_finished_by_the_next() {
    let whole = Scene::registered();
    let whole = whole.subsystem().of(&whole.publisher);
    std::thread::scope(|scope| {
        for count in 1..=STEPS_FRESH {
            let whole = &whole;
            scope.spawn(move || {
                let scene = Scene::new();
                scene.stand_in.state().break_after = Some(count);
                let told = scene.apply(&[]).refused();
                assert!(
                    told.contains("the same command goes on from there"),
                    "{told}"
                );
                assert_eq!(scene.changes().len(), count);
                let mut state = scene.stand_in.state();
                (state.is_broken, state.break_after) = (false, None);
                drop(state);
                scene.apply(&[]);
                assert_eq!(scene.planned(), [""; 0], "broken off after {count}");
                let found = scene.subsystem().of(&scene.publisher);
                assert_eq!(found, *whole, "broken off after {count}");
                // Nothing was done twice.
                assert_eq!(scene.changes().len(), STEPS_FRESH, "{:?}", scene.changes());
            });
        }
    });
}
