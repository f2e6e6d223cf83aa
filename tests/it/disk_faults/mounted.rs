//! Faults of real file systems. Needs root.

use std::path::{Path, PathBuf};

use super::{Acknowledged, Fault, live_through};
use crate::power_cut::disk::{Disk, mount};
use crate::support::server::{Server, Site};

/// A site whose store is on something mounted; what is mounted goes first.
struct MountedSite<M> {
    _mounted: M,
    site: Site,
}

fn store(site: &Site) -> PathBuf {
    site.folder().join("store")
}

/// The store's contents moved onto what `mounted` makes of its folder.
fn on<M>(mounted: impl FnOnce(&Path, &Path) -> M) -> MountedSite<M> {
    let site = Site::new("[log]\nlevel = \"warn\"\n");
    let contents = site.folder().join("contents");
    std::fs::rename(store(&site), &contents).unwrap();
    std::fs::create_dir(store(&site)).unwrap();
    let mounted = mounted(&store(&site), &contents);
    MountedSite {
        _mounted: mounted,
        site,
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_full_disk_shuts_the_store_until_there_is_room() {
    let here = on(|folder, contents| {
        let mounted = mount(&["-t", "tmpfs", "-o", "size=24m", "tmpfs"], folder).unwrap();
        copy(contents, folder);
        mounted
    });
    let ballast = store(&here.site).join("ballast");
    let server = here.site.start();
    let fault = Fault {
        begin: Box::new(|_| {
            // All that is left; the write that does not fit is the point.
            let _ = std::fs::write(&ballast, vec![1; 32 << 20]);
        }),
        end: Box::new(|_| std::fs::remove_file(&ballast).unwrap()),
        reason: "No space left on device",
    };
    drop(live_through(&here.site, server, fault));
}

#[test]
fn a_disk_that_fails_to_write_shuts_the_store_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let failing = folder.path().join("failing");
    let here = on(|store, contents| {
        let disk = Disk::without_journal(folder.path().join("disk.raw"), contents);
        disk.mount_failing(store, &failing).unwrap()
    });
    let server = here.site.start();
    let fault = Fault {
        begin: Box::new(|_| std::fs::write(&failing, "").unwrap()),
        end: Box::new(|_| std::fs::remove_file(&failing).unwrap()),
        reason: "Input/output error",
    };
    drop(live_through(&here.site, server, fault));
}

#[test]
fn a_read_only_file_system_is_refused_at_start_and_named() {
    let site = Site::new("");
    let server = site.start();
    let mut acknowledged = Acknowledged::default();
    acknowledged.create(&server);
    assert_eq!(server.stop(), Some(0));
    let bound = mount(&["--bind", store(&site).to_str().unwrap()], &store(&site)).unwrap();
    let again = mount(&["-o", "remount,bind,ro"], &store(&site)).unwrap();
    std::mem::forget(again);
    let mut command = crate::support::server::program();
    command.args(["serve", "--config"]).arg(site.config());
    let log = site.folder().join("server.log");
    let started = Server::try_spawn(command, &log, "127.0.0.1:0");
    assert!(started.is_err());
    let text = site.log();
    let text = text.lines().last().unwrap_or_default();
    assert!(text.contains("Read-only file system"), "{text}");
    assert!(text.contains(store(&site).to_str().unwrap()), "{text}");
    drop(bound);
    let server = site.start();
    acknowledged.prove(&server);
    assert_eq!(server.stop(), Some(0));
}
