//! Where files end up, and what is written down of them.

use dataset_fetch::{Outcome, Quiet};

use crate::server::{Answer, Server};
use crate::{Log, PATH, Place, content, known, named, sha256, unseen};

#[test]
fn a_file_is_downloaded_once_and_put_in_its_place() {
    let server = Server::start(|_, _| Answer::whole(&content()));
    let place = Place::of(&server);
    let mut log = Log::default();
    let report = place.fetch.fetch(&known(&content()), &mut log).unwrap();
    let file = &report.files[0];
    assert_eq!((report.name, report.files.len(), file.outcome), ("mutag", 1, Outcome::Downloaded));
    assert_eq!((&file.path, file.is_checksum_known), (&place.path(PATH), true));
    assert_eq!((place.read(), file.sha256.clone()), (content(), sha256(&content())));
    assert_eq!((log.started, log.last), (vec![PATH.to_string()], (200_000, Some(200_000))));
    assert_eq!(place.names(), ["file.bin"]);

    let again = place.fetch(&known(&content())).unwrap();
    assert_eq!(again.files[0].outcome, Outcome::AlreadyThere);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].path, format!("/{PATH}"));
}

#[test]
fn a_file_that_is_there_with_another_checksum_is_replaced() {
    let server = Server::start(|_, _| Answer::whole(&content()));
    let place = Place::of(&server);
    std::fs::create_dir_all(place.path("some")).unwrap();
    std::fs::write(place.path(PATH), "half").unwrap();
    assert_eq!(place.fetch(&known(&content())).unwrap().files[0].outcome, Outcome::Downloaded);
    assert_eq!(place.read(), content());
}

#[test]
fn nothing_is_fetched_for_an_embedded_data_set() {
    let server = Server::start(|_, _| Answer::status(500));
    let place = Place::of(&server);
    assert!(place.fetch(&named("cora")).unwrap().files.is_empty());
    assert!(!place.path("").exists() && server.requests().is_empty());
}

#[test]
fn an_unknown_checksum_is_written_down_and_another_one_noticed_later() {
    let server = Server::start(|index, _| Answer::whole(if index == 0 { b"first" } else { b"second" }));
    let place = Place::of(&server);
    let file = place.fetch(&unseen()).unwrap().files.remove(0);
    assert_eq!((file.sha256, file.is_checksum_known), (sha256(b"first"), false));
    assert_eq!(place.names(), ["file.bin", "file.bin.sha256"]);
    let record = std::fs::read_to_string(place.path("some/file.bin.sha256")).unwrap();
    assert_eq!(record, format!("{}  file.bin\n", sha256(b"first")));
    assert_eq!(place.fetch(&unseen()).unwrap().files[0].outcome, Outcome::AlreadyThere);

    std::fs::remove_file(place.path(PATH)).unwrap();
    let expected = format!(
        "{}/{PATH}: expected the SHA-256 {} of the first time, found {}; to take what is published now, remove {}",
        server.url(),
        sha256(b"first"),
        sha256(b"second"),
        place.path("some/file.bin.sha256").display()
    );
    assert_eq!(place.message(&unseen()), expected);
    std::fs::remove_file(place.path("some/file.bin.sha256")).unwrap();
    assert_eq!(place.fetch(&unseen()).unwrap().files[0].sha256, sha256(b"second"));
}

#[test]
fn what_does_not_have_the_published_counts_is_not_kept() {
    let server = Server::start(|_, _| Answer::whole(b"<html>sign in</html>"));
    let place = Place::of(&server);
    let mut other = unseen();
    other.num_edges = 79;
    let error = place.fetch(&other).unwrap_err();
    assert_eq!(error.to_string(), "what was downloaded is not karate");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "data set karate: expected its published 79 edges, found 78");
    assert!(place.names().is_empty());
}

#[test]
fn a_file_put_there_by_hand_is_taken_if_it_is_the_data_set() {
    let server = Server::start(|_, _| Answer::whole(b"downloaded"));
    let place = Place::of(&server);
    std::fs::create_dir_all(place.path("some")).unwrap();
    std::fs::write(place.path(PATH), "by hand").unwrap();
    assert_eq!(place.fetch(&unseen()).unwrap().files[0].outcome, Outcome::AlreadyThere);
    assert_eq!((place.read().as_slice(), place.names().len()), (&b"by hand"[..], 2));
    assert!(server.requests().is_empty());
}

#[test]
fn two_at_once_download_once() {
    let server = Server::start(|_, _| {
        std::thread::sleep(std::time::Duration::from_millis(150));
        Answer::whole(&content())
    });
    let place = Place::of(&server);
    let info = known(&content());
    let outcomes = std::thread::scope(|scope| {
        let fetch = || place.fetch.fetch(&info, &mut Quiet).unwrap().files[0].outcome;
        let threads = [scope.spawn(fetch), scope.spawn(fetch)];
        threads.map(|thread| thread.join().unwrap())
    });
    assert_ne!(outcomes[0], outcomes[1]);
    assert_eq!((server.requests().len(), place.read()), (1, content()));
}

#[test]
fn what_to_do_by_hand_names_every_file_its_checksum_and_its_place() {
    let server = Server::start(|_, _| Answer::status(500));
    let place = Place::of(&server);
    assert_eq!(
        place.fetch.by_hand(&known(b"abc")),
        format!(
            "https://nowhere.invalid/file.bin as {} (SHA-256 {})\n",
            place.path(PATH).display(),
            sha256(b"abc")
        )
    );
    assert_eq!(place.fetch.by_hand(&named("pubmed")).lines().count(), 8);
}
