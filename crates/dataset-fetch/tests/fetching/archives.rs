//! Zip archives that are unpacked.

use std::io::{Cursor, Write};

use dataset_fetch::Outcome;
use graph_io::datasets::{DatasetInfo, RawFile};
use zip::write::SimpleFileOptions;

use crate::server::{Answer, Server};
use crate::{Place, sha256, unseen};

fn archive(entries: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(name.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A data set that has its published counts whatever is in the two members of its archive.
fn info() -> DatasetInfo {
    let mut info = unseen();
    info.files = vec![RawFile {
        path: "some/a.zip",
        url: "https://nowhere.invalid/a.zip",
        sha256: None,
        max_bytes: 1 << 20,
        members: &["d/one", "d/two"],
    }]
    .leak();
    info
}

#[test]
fn the_members_lie_where_the_data_set_is_looked_for() {
    let bytes = archive(&["d/README", "d/one", "d/two"]);
    let sum = sha256(&bytes);
    let server = Server::start(move |_, _| Answer::whole(&bytes));
    let place = Place::of(&server);
    assert_eq!(place.fetch(&info()).unwrap().files[0].sha256, sum);
    assert_eq!(std::fs::read(place.path("some/d/two")).unwrap(), b"d/two");
    assert_eq!(place.names(), ["a.zip.sha256", "d"]);
    assert_eq!(info().locate(&[place.path("")]).unwrap().paths.len(), 2);

    let again = place.fetch(&info()).unwrap().files.remove(0);
    assert_eq!((again.outcome, again.sha256, server.requests().len()), (Outcome::AlreadyThere, sum, 1));

    // A member that was lost is brought back.
    std::fs::remove_file(place.path("some/d/one")).unwrap();
    assert_eq!(place.fetch(&info()).unwrap().files[0].outcome, Outcome::Downloaded);
    assert!(place.path("some/d/one").is_file());
}

#[test]
fn an_archive_put_there_by_hand_is_unpacked() {
    let server = Server::start(|_, _| Answer::status(500));
    let place = Place::of(&server);
    std::fs::create_dir_all(place.path("some")).unwrap();
    std::fs::write(place.path("some/a.zip"), archive(&["d/one", "d/two"])).unwrap();
    assert_eq!(place.fetch(&info()).unwrap().files[0].outcome, Outcome::AlreadyThere);
    assert!(place.path("some/d/two").is_file() && server.requests().is_empty());
}

#[test]
fn an_archive_that_leads_out_of_its_folder_leaves_nothing() {
    let mut bytes = archive(&["d/one", "d/two", "zzzzzzzzzzz"]);
    for at in 0..bytes.len() - 11 {
        if &bytes[at..at + 11] == b"zzzzzzzzzzz" {
            bytes[at..at + 11].copy_from_slice(b"../../evil!");
        }
    }
    let server = Server::start(move |_, _| Answer::whole(&bytes));
    let place = Place::of(&server);
    assert_eq!(
        place.message(&info()),
        "a.zip.part: expected entries inside the folder, found \"../../evil!\""
    );
    assert!(place.names().is_empty());
    assert!(!place.folder.path().join("evil!").exists());
}

#[test]
fn an_answer_that_is_no_archive_leaves_nothing() {
    let server = Server::start(|_, _| Answer::whole(b"<html>sign in</html>"));
    let place = Place::of(&server);
    let message = place.message(&info());
    assert!(message.starts_with("a.zip.part: expected a zip archive, found "), "{message}");
    assert!(place.names().is_empty());
}
