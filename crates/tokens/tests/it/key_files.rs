//! Private files: modes, kinds of file, and what a crash leaves.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use tokens::key_file::{self, MAX_LENGTH};

use crate::support::{TestDir, code, mode, set_mode};

#[test]
fn a_created_file_is_private_and_reads_back() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    key_file::create(&path, b"octets").unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(key_file::read(&path).unwrap().expose(), b"octets");
    assert_eq!(dir.names(), ["a.key"]);
}

#[test]
fn any_right_of_group_or_others_is_refused_with_the_way_out() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    key_file::create(&path, b"octets").unwrap();
    for bit in [0o040, 0o020, 0o010, 0o004, 0o002, 0o001, 0o044, 0o077] {
        set_mode(&path, 0o600 | bit);
        let error = key_file::read(&path).err().unwrap();
        assert_eq!(error.code(), "key-file-readable-by-others", "{bit:o}");
        let text = error.to_string();
        let path = path.display().to_string();
        assert!(
            text.contains(&format!("mode {:04o}", 0o600 | bit)),
            "{text}"
        );
        assert!(text.contains(&format!("`chmod 600 {path}`")), "{text}");
    }
    for own in [0o400, 0o600, 0o700] {
        set_mode(&path, own);
        assert_eq!(code(key_file::read(&path)), "accepted", "{own:o}");
    }
}

#[test]
fn only_regular_files_are_read() {
    let dir = TestDir::new();
    assert_eq!(code(key_file::read(&dir.join("none"))), "key-file-missing");
    let inner = dir.join("inner");
    fs::create_dir(&inner).unwrap();
    assert_eq!(code(key_file::read(&inner)), "key-file-not-regular");
    let device = std::path::Path::new("/dev/null");
    assert_eq!(code(key_file::read(device)), "key-file-not-regular");
    // Opening a pipe without a writer would wait for ever, so the reading has
    // a thread and a limit of its own.
    let pipe = dir.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    set_mode(&pipe, 0o600);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(code(key_file::read(&pipe))));
    let answer = receiver.recv_timeout(Duration::from_secs(30));
    assert_eq!(answer, Ok("key-file-not-regular"));
}

#[test]
fn a_link_is_judged_by_what_it_points_to() {
    let dir = TestDir::new();
    let (target, link) = (dir.join("target"), dir.join("link"));
    key_file::create(&target, b"octets").unwrap();
    symlink(&target, &link).unwrap();
    assert_eq!(code(key_file::read(&link)), "accepted");
    set_mode(&target, 0o640);
    assert_eq!(code(key_file::read(&link)), "key-file-readable-by-others");
    fs::remove_file(&target).unwrap();
    assert_eq!(code(key_file::read(&link)), "key-file-missing");
}

#[test]
fn a_file_too_long_is_refused_before_it_is_read() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    key_file::create(&path, b"").unwrap();
    assert!(key_file::read(&path).unwrap().expose().is_empty());
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(MAX_LENGTH + 1).unwrap();
    assert_eq!(code(key_file::read(&path)), "key-file-malformed");
}

#[test]
fn nothing_is_overwritten() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    key_file::create(&path, b"first").unwrap();
    assert_eq!(code(key_file::create(&path, b"second")), "key-file-exists");
    assert_eq!(key_file::read(&path).unwrap().expose(), b"first");
    let dangling = dir.join("dangling");
    symlink(dir.join("nowhere"), &dangling).unwrap();
    assert_eq!(code(key_file::create(&dangling, b"x")), "key-file-exists");
    let inner = dir.join("inner");
    fs::create_dir(&inner).unwrap();
    assert_eq!(code(key_file::create(&inner, b"x")), "key-file-exists");
    assert_eq!(dir.names(), ["a.key", "dangling", "inner"]);
}

#[test]
fn of_many_makers_one_wins() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    let winners: Vec<u8> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8u8)
            .map(|n| (n, &path))
            .map(|(n, path)| scope.spawn(move || (n, key_file::create(path, &[n; 4096]))))
            .collect();
        let results = makers.into_iter().map(|maker| maker.join().unwrap());
        results
            .filter_map(|(n, made)| match made {
                Ok(()) => Some(n),
                Err(error) => {
                    assert_eq!(error.code(), "key-file-exists");
                    None
                }
            })
            .collect()
    });
    let [winner] = winners[..] else {
        panic!("{winners:?}");
    };
    assert_eq!(key_file::read(&path).unwrap().expose(), &[winner; 4096]);
    assert_eq!(dir.names(), ["a.key"]);
}

#[test]
fn what_a_crash_left_stops_neither_a_first_nor_a_next_writing() {
    let dir = TestDir::new();
    let path = dir.join("a.key");
    // Before the link of create, and before the rename of replace.
    for stale in [".a.key.0123456789abcdef.tmp", ".a.key.new.tmp"] {
        fs::write(dir.join(stale), b"to").unwrap();
        set_mode(&dir.join(stale), 0o644);
    }
    assert_eq!(code(key_file::read(&path)), "key-file-missing");
    key_file::create(&path, b"old").unwrap();
    assert_eq!(key_file::read(&path).unwrap().expose(), b"old");
    key_file::replace(&path, b"new").unwrap();
    assert_eq!(key_file::read(&path).unwrap().expose(), b"new");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(dir.names(), [".a.key.0123456789abcdef.tmp", "a.key"]);
}

#[test]
fn replace_makes_or_replaces_and_does_not_write_through_links() {
    let dir = TestDir::new();
    let (path, outside) = (dir.join("a"), dir.join("outside"));
    key_file::replace(&path, b"first").unwrap();
    assert_eq!(key_file::read(&path).unwrap().expose(), b"first");
    fs::remove_file(&path).unwrap();
    key_file::create(&outside, b"untouched").unwrap();
    symlink(&outside, &path).unwrap();
    key_file::replace(&path, b"second").unwrap();
    assert_eq!(key_file::read(&path).unwrap().expose(), b"second");
    assert_eq!(key_file::read(&outside).unwrap().expose(), b"untouched");
}

#[test]
fn a_missing_directory_and_a_path_without_a_name_are_refused_by_name() {
    let dir = TestDir::new();
    let inner = dir.join("inner");
    for result in [
        key_file::create(&inner.join("a"), b"x"),
        key_file::replace(&inner.join("a"), b"x"),
    ] {
        let error = result.err().unwrap();
        assert_eq!(error.code(), "key-file-missing");
        assert_eq!(error.to_string(), format!("{} is missing", inner.display()));
    }
    for unusable in ["/", ".."] {
        let path = std::path::Path::new(unusable);
        assert_eq!(code(key_file::create(path, b"x")), "key-path-unusable");
    }
}

#[test]
fn a_directory_of_keys_is_its_owners_alone() {
    let dir = TestDir::new();
    let inner = dir.join("inner");
    assert_eq!(code(key_file::check_directory(&inner)), "key-file-missing");
    fs::create_dir(&inner).unwrap();
    for bad in [0o750, 0o705, 0o710, 0o701, 0o770, 0o777] {
        set_mode(&inner, bad);
        let error = key_file::check_directory(&inner).err().unwrap();
        assert_eq!(error.code(), "key-directory-open-to-others", "{bad:o}");
        assert!(error.to_string().contains("`chmod 700 "), "{error}");
    }
    for good in [0o700, 0o500, 0o2700] {
        set_mode(&inner, good);
        assert_eq!(code(key_file::check_directory(&inner)), "accepted");
    }
    let file = dir.join("file");
    key_file::create(&file, b"").unwrap();
    assert_eq!(code(key_file::check_directory(&file)), "key-file-malformed");
}
