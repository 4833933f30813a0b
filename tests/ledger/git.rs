//! The scenarios on a bare repository, and what a run costs there: pushes are counted.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deskform::ledger::{Ledger, Location, Store, StoreError, Trouble};

use crate::command::{Place as Project, git};
use crate::scenarios::{self, Place};

/// A bare repository with a clone; every store opened on it is another process as far as git can
/// tell.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), "init --quiet --bare remote.git");
        git(folder.path(), "init --quiet clone");
        git(
            &folder.path().join("clone"),
            "remote add origin ../remote.git",
        );
        Self(folder)
    }

    fn clone(&self) -> PathBuf {
        self.0.path().join("clone")
    }

    fn remote(&self) -> PathBuf {
        self.0.path().join("remote.git")
    }
}

impl Place for Repository {
    fn open(&self, environment: &str, org_id: &str) -> Store {
        let location = Location::parse("git", &self.clone()).unwrap();
        Store::open(&location, environment, org_id, &|_| None).unwrap()
    }

    fn spoil(&self, environment: &str, bytes: &[u8]) {
        let remote = self.remote();
        std::fs::write(self.0.path().join("spoilt"), bytes).unwrap();
        let blob = git(&remote, "hash-object -w ../spoilt");
        let list = self.0.path().join("list");
        std::fs::write(&list, format!("100644 blob {blob}\tledger.json\n")).unwrap();
        let tree = Command::new("git")
            .arg("mktree")
            .current_dir(&remote)
            .stdin(std::fs::File::open(&list).unwrap())
            .output()
            .unwrap();
        let tree = String::from_utf8(tree.stdout).unwrap();
        let commit = git(
            &remote,
            &format!(
                "-c user.name=x -c user.email=x commit-tree -m spoilt {}",
                tree.trim()
            ),
        );
        git(
            &remote,
            &format!("update-ref refs/deskform/{environment} {commit}"),
        );
    }

    fn is_shared(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn git_remote() {
    scenarios::all(&Repository::new).await;
}

#[tokio::test]
async fn git_race() {
    scenarios::race(&Repository::new()).await;
}

/// Where the ledger was changed by somebody who did not ask for the lock, nothing is written over it,
/// and the lock is given back all the same.
#[tokio::test]
async fn what_no_longer_fits_is_given_up_whole() {
    let place = Repository::new();
    let ours = place.open("production", "700002").batched();
    let lock = ours
        .lock(&scenarios::holder("ann", 1_000), Duration::from_secs(60))
        .await
        .unwrap();
    let loaded = ours.load().await.unwrap();
    let mut ledger = Ledger::new("production", "700002");
    let theirs = place.open("production", "700002");
    theirs
        .save(&mut ledger.clone(), &loaded.version)
        .await
        .unwrap();
    let aside = theirs.load().await.unwrap();
    ledger.applied_at = 5;
    ours.save(&mut ledger, &loaded.version).await.unwrap();
    lock.release().await.unwrap();
    let error = ours.flush().await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Git {
                trouble: Trouble::Moved,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(ours.flush().await, Err(error));
    assert_eq!(theirs.load().await.unwrap(), aside);
    assert_eq!(theirs.holder(2_000).await.unwrap(), None);
}

/// A project in a clone whose remote counts what is pushed to it.
fn project(ledger: &str) -> Project {
    let mut place = Project::empty();
    place.in_git();
    place.write(
        "deskform.yaml",
        &format!(
            "environments:\n  local: {{simulator: {{dialect: openapi}}, ledger: \"{ledger}\"}}\n"
        ),
    );
    place.write("desk.yaml", "departments: {Billing: {}, Support: {}}\n");
    place
}

fn subjects(place: &Project, name: &str) -> Vec<String> {
    let log = git(
        &place.remote(),
        &format!("log --reverse --format=%an:%s refs/deskform/{name}"),
    );
    log.lines().map(str::to_owned).collect()
}

/// Who only reads pushes nothing; who applies pushes the lock, and all the rest with giving it back.
#[test]
fn every_push_of_a_command_is_counted() {
    let mut place = project("git");
    place.set("USER", "ann");
    for (line, pushes) in [
        ("validate", 0),
        ("plan", 0),
        ("apply --auto-approve", 2),
        ("plan", 0),
        ("drift", 0),
        ("ledger show", 0),
        ("export ../written", 0),
        ("unlock", 0),
        ("apply --auto-approve", 2),
        ("ledger forget 'departments/*'", 2),
        ("ledger show --format json", 0),
    ] {
        let before = place.pushes();
        place.done(line);
        assert_eq!(place.pushes() - before, pushes, "{line}");
    }
    assert_eq!(
        subjects(&place, "local"),
        [
            "ann:Take the lock",
            "ann:Save the ledger, give the lock back",
            "ann:Take the lock",
            "ann:Give the lock back",
            "ann:Take the lock",
            "ann:Save the ledger, give the lock back",
        ]
    );
    // Nothing of the clone is touched but its objects.
    let clone = place.path("");
    assert_eq!(git(&clone, "for-each-ref"), "");
    assert!(!clone.join(".git/FETCH_HEAD").exists());
    assert!(!clone.join(".git/index").exists());
    assert!(!clone.join(".deskform/local.json").exists());
}

/// Settings of the user, of the job around it and of the server that stop or change a push of theirs
/// change nothing here.
#[test]
fn what_the_user_has_configured_is_not_in_the_way() {
    let mut place = project("git:up.stream/desk-1");
    let clone = place.path("");
    let other = place.root().join("other.git");
    git(place.root(), "init --quiet --bare other.git");
    git(&other, "config remote.up.stream.url ../nowhere.git");
    for (name, value) in [
        ("GIT_DIR", other.to_str().unwrap()),
        ("GIT_COMMON_DIR", other.to_str().unwrap()),
        ("GIT_WORK_TREE", "/nonexistent"),
        ("GIT_OBJECT_DIRECTORY", "/nonexistent"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nonexistent"),
        ("GIT_INDEX_FILE", "/nonexistent"),
        ("GIT_SHALLOW_FILE", "/nonexistent"),
        ("GIT_NAMESPACE", "elsewhere"),
        ("GIT_CONFIG", "/nonexistent"),
        ("GIT_TRACE", "2"),
        ("GIT_TRACE_CURL", "2"),
        ("GIT_AUTHOR_NAME", "someone else"),
        ("GIT_AUTHOR_DATE", "no date"),
        ("GIT_COMMITTER_DATE", "no date"),
        ("LC_ALL", "de_DE.UTF-8"),
    ] {
        place.set(name, value);
    }
    for setting in [
        "receive.fsckObjects true",
        "receive.denyNonFastForwards true",
        "receive.denyDeletes true",
        "receive.advertisePushOptions true",
        "receive.certNonceSeed x",
        "receive.advertiseAtomic false",
        "uploadpack.allowAnySHA1InWant false",
    ] {
        git(&place.remote(), &format!("config {setting}"));
    }
    git(&clone, "remote rename origin up.stream");
    let hook = place.path(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    make_executable(&hook);
    for setting in [
        "commit.gpgSign true",
        "push.gpgSign true",
        "push.followTags true",
        "push.pushOption x",
        "push.recurseSubmodules check",
        "push.default nothing",
        "push.negotiate true",
        "push.useForceIfIncludes true",
        "protocol.version 0",
        "remote.up.stream.tagOpt --tags",
        "remote.up.stream.prune true",
        "remote.up.stream.mirror true",
        "fetch.prune true",
        "fetch.fsckObjects true",
        "i18n.commitEncoding ISO-8859-1",
        "core.autocrlf true",
        "core.quotePath true",
        "user.useConfigOnly true",
        "color.ui always",
    ] {
        git(&clone, &format!("config {setting}"));
    }
    place.done("apply --auto-approve");
    assert_eq!(subjects(&place, "desk-1").len(), 2);
    assert_eq!(
        git(&place.remote(), "for-each-ref --format=%(refname)"),
        "refs/deskform/desk-1"
    );
    git(&clone, "fetch --quiet up.stream");
    git(&clone, "gc --quiet --prune=now");
    let plan = place.done("plan");
    assert!(
        plan.stdout.contains("ledger git:up.stream/desk-1\n"),
        "{plan}"
    );
    assert_eq!(git(&other, "count-objects"), "0 objects, 0 kilobytes");
    assert!(plan.stdout.contains("No changes: "), "{plan}");
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) {}

/// A job's clone is shallow, and lies elsewhere each time.
#[test]
fn a_fresh_shallow_clone_goes_on_where_the_last_one_ended() {
    let place = project("git");
    place.done("apply --auto-approve");
    let clone = place.path("");
    git(&clone, "add deskform.yaml desk.yaml");
    git(
        &clone,
        "-c user.name=x -c user.email=x commit --quiet -m one",
    );
    git(
        &clone,
        "-c user.name=x -c user.email=x commit --quiet --allow-empty -m two",
    );
    git(&clone, "push --quiet origin HEAD:refs/heads/main");
    git(
        &clone,
        "--git-dir ../remote.git symbolic-ref HEAD refs/heads/main",
    );
    let shallow = place.root().join("shallow");
    let address = format!("file://{}", place.remote().display());
    git(
        place.root(),
        &format!("clone --quiet --depth 1 {address} shallow"),
    );
    let state = ".deskform/local.simulator.json";
    std::fs::create_dir_all(shallow.join(".deskform")).unwrap();
    std::fs::copy(place.path(state), shallow.join(state)).unwrap();
    let run = place.done(&format!("-C {} plan", shallow.display()));
    assert!(run.stdout.contains("No changes: "), "{run}");
    std::fs::write(shallow.join("desk.yaml"), "departments: {Support: {}}\n").unwrap();
    place.done(&format!("-C {} apply --auto-approve", shallow.display()));
    let shown = place.done("ledger show");
    assert!(!shown.stdout.contains("departments/Billing"), "{shown}");
    assert_eq!(subjects(&place, "local").len(), 4);
    assert_eq!(git(&shallow, "rev-list --count HEAD"), "1");
}

/// A clone that leaves contents out, in which git fetches what it lacks by itself.
#[test]
fn a_partial_clone_has_what_is_needed() {
    for filter in ["blob:none", "tree:0"] {
        let place = project("git");
        place.done("apply --auto-approve");
        let remote = place.remote();
        git(&remote, "config uploadpack.allowFilter true");
        let address = format!("file://{}", remote.display());
        git(
            place.root(),
            &format!("clone --quiet --filter={filter} {address} partial"),
        );
        let partial = place.root().join("partial");
        // As somebody does who fetches everything.
        for refs in [None, Some("fetch --quiet origin refs/*:refs/*")] {
            if let Some(line) = refs {
                git(&partial, line);
            }
            for name in [
                "deskform.yaml",
                "desk.yaml",
                ".deskform/local.simulator.json",
            ] {
                std::fs::create_dir_all(partial.join(".deskform")).unwrap();
                std::fs::copy(place.path(name), partial.join(name)).unwrap();
            }
            let run = place.done(&format!("-C {} plan", partial.display()));
            assert!(run.stdout.contains("No changes: "), "{run}");
            place.done("ledger forget departments/Billing");
            let shown = place.done(&format!("-C {} ledger show", partial.display()));
            assert!(!shown.stdout.contains("departments/Billing"), "{shown}");
            place.done(&format!("-C {} apply --auto-approve", partial.display()));
            let shown = place.done("ledger show");
            assert!(shown.stdout.contains("departments/Billing"), "{shown}");
        }
    }
}

/// What a pull request can bring looks like a repository, and git would run what its settings name.
#[test]
fn nothing_that_lies_in_the_project_folder_is_run() {
    let place = project("git");
    let ran = place.root().join("ran");
    let desk = place.path("desk");
    std::fs::create_dir_all(desk.join("objects")).unwrap();
    std::fs::create_dir_all(desk.join("refs")).unwrap();
    std::fs::write(desk.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(
        desk.join("config"),
        format!(
            "[core]\n\trepositoryFormatVersion = 0\n\tbare = true\n\tsshCommand = touch {0}\n\
             \tgitProxy = touch {0}\n[remote \"origin\"]\n\turl = ssh://a.example.com/b\n",
            ran.display()
        ),
    )
    .unwrap();
    for name in ["deskform.yaml", "desk.yaml"] {
        std::fs::copy(place.path(name), desk.join(name)).unwrap();
    }
    // Git itself falls for it.
    assert_eq!(git(&desk, "remote get-url origin"), "ssh://a.example.com/b");
    for line in ["plan", "apply --auto-approve", "ledger show", "unlock"] {
        let run = place.refused(&format!("-C desk {line}"));
        assert!(
            run.stderr.contains("holds what git takes for a"),
            "{line}: {run}"
        );
    }
    assert!(!ran.exists());
    assert_eq!(place.pushes(), 0);
}

/// The lock of a run that is gone lies in the remote, and is given back there.
#[test]
fn a_lock_in_a_remote_is_given_back() {
    let place = project("git");
    // The run is refused when it has the lock, and cannot give it back.
    place.hook("test $(wc -l < pushes) -eq 1");
    let run = place.run("apply --auto-approve");
    assert_ne!(run.code, 0, "{run}");
    place.hook("");
    for line in ["apply --auto-approve", "ledger forget --all", "unlock"] {
        let run = place.refused(line);
        assert!(run.stderr.contains("the ledger is locked by `"), "{run}");
    }
    let shown = place.done("ledger show");
    assert!(shown.stdout.contains("ocked by"), "{shown}");
    let pushes = place.pushes();
    place.done("unlock --force");
    place.done("unlock");
    assert_eq!(place.pushes(), pushes + 1);
    place.done("apply --auto-approve");
    let plan = place.done("plan");
    assert!(plan.stdout.contains("No changes: "), "{plan}");
}

#[test]
fn what_stands_in_the_way_is_told_in_plain_words() {
    let mut place = project("git");
    let clone = place.path("");
    let mut runs = Vec::new();
    git(
        &clone,
        "remote set-url origin https://jane:hush-hush@127.0.0.1:1/desk.git",
    );
    // Its words depend on how git was built.
    let run = place.refused("apply --auto-approve");
    let begin = "`git:origin/local` cannot be read: fatal: unable to access 'https://127.0.0.1:1/desk.git/'";
    assert!(run.stderr.contains(begin), "{run}");
    assert!(run.stderr.contains("help: check the network"), "{run}");
    assert!(!run.stderr.contains("hush"), "{run}");
    git(&clone, "remote set-url origin ../gone.git");
    runs.push(place.refused("ledger show"));
    git(&clone, "remote set-url origin ../remote.git");
    git(&clone, "remote set-url --push origin a");
    git(&clone, "remote set-url --push --add origin b");
    runs.push(place.refused("ledger forget --all"));
    git(&clone, "remote remove origin");
    runs.push(place.refused("apply --auto-approve"));
    std::fs::rename(clone.join(".git"), place.root().join("away")).unwrap();
    let root = place.root().to_str().unwrap().to_owned();
    place.set("GIT_CEILING_DIRECTORIES", &root);
    runs.push(place.refused("unlock"));
    place.set("PATH", "/nonexistent");
    runs.push(place.refused("ledger show"));
    place.edit(
        "deskform.yaml",
        "ledger: \"git\"",
        "ledger: \"git:https://x.example.com/y\"",
    );
    runs.push(place.refused("plan"));
    insta::assert_snapshot!(crate::command::transcript(&runs));
}

/// What a server refuses is told in its words, without what may be a password, and nothing is
/// written in Zoho Desk.
#[test]
fn a_remote_that_takes_nothing_stops_the_run_before_it_begins() {
    let mut place = project("git");
    place.set("COLUMNS", "400");
    place.hook("echo 'refs/deskform is protected, see https://ann:hush-hush@git.example.com/rules?token=hush' >&2; exit 1");
    let run = place.refused("apply --auto-approve");
    let told = "`git:origin/local` cannot be pushed: [remote rejected] (pre-receive hook declined) remote: \
                refs/deskform is protected, see https://git.example.com/rules?…";
    assert!(run.stderr.contains(told), "{run}");
    assert!(!run.stderr.contains("hush"), "{run}");
    assert!(
        run.stderr.contains("help: git must be able to push"),
        "{run}"
    );
    assert_eq!(place.pushes(), 1, "what is refused is not pushed again");
}

#[test]
fn only_the_remote_that_is_allowed_may_hold_the_ledger() {
    let mut place = project("git");
    let remote = place.remote();
    let clone = place.path("");
    let folder = remote.parent().unwrap().display().to_string();
    git(
        &clone,
        &format!("remote set-url origin {}", remote.display()),
    );
    for allowed in [
        format!("git:{}", remote.display()),
        format!("git:{folder}/remote"),
        format!("git:{folder}"),
    ] {
        place.set("DESKFORM_ALLOW_LEDGER", &allowed);
        place.done("plan");
    }
    for allowed in [
        format!("git:{folder}/remot"),
        "git:https://git.example.com/acme".to_owned(),
        "s3://bucket".to_owned(),
        clone.display().to_string(),
    ] {
        place.set("DESKFORM_ALLOW_LEDGER", &allowed);
        let run = place.refused("plan");
        assert!(run.stderr.contains("alone"), "{run}");
    }
    place.set("DESKFORM_ALLOW_LEDGER", "git:https://git.example.com/acme");
    for (address, may) in [
        ("https://ann:hush@git.example.com/acme/desk.git", true),
        ("https://git.example.com/acme.git", true),
        ("https://git.example.com/acme-of-others/desk.git", false),
        ("https://git.example.com/acme/../others/desk.git", false),
        ("http://git.example.com/acme/desk.git", false),
        ("https://git.example.com:8443/acme/desk.git", false),
        (
            "https://git.example.com@evil.example.com/acme/desk.git",
            false,
        ),
    ] {
        git(&clone, &format!("remote set-url origin {address}"));
        // Whether the door is open shows in the first thing that is wrong: nobody listens there.
        place.set("http_proxy", "http://127.0.0.1:1");
        place.set("https_proxy", "http://127.0.0.1:1");
        let run = place.refused("ledger show");
        let is_refused = run.stderr.contains("DESKFORM_ALLOW_LEDGER");
        assert_eq!(is_refused, !may, "{address}\n{run}");
        assert!(!run.stderr.contains("hush"), "{run}");
    }
    for address in [
        "https://evil.example.com/x:hush@git.example.com/acme/desk.git",
        "https://git.example.com/acme/%2e%2e/others/desk.git",
    ] {
        git(&clone, &format!("remote set-url origin {address}"));
        let run = place.refused("plan");
        assert!(run.stderr.contains("nobody can tell"), "{run}");
        assert!(!run.stderr.contains("hush"), "{run}");
    }
    git(&clone, "remote set-url origin https://git.example.com/acme");
    place.set("DESKFORM_ALLOW_LEDGER", "git:");
    let run = place.refused("plan");
    assert!(run.stderr.contains("no ledger can lie there"), "{run}");
}

#[test]
fn two_applies_at_once() {
    for _ in 0..3 {
        let mut places = [Project::empty(), Project::empty()];
        let remote = {
            places[0].in_git();
            places[0].remote()
        };
        places[1].in_git();
        let clone = places[1].path("");
        git(
            &clone,
            &format!("remote set-url origin {}", remote.display()),
        );
        crate::applies::exactly_one_proceeds(&mut places, "git");
        // The one that proceeds pushes its lock, its intents and its end; the next run, with nothing
        // to do, its lock and its end. The other one pushes at most the lock that is refused.
        assert_eq!(subjects(&places[0], "production").len(), 5);
    }
}
