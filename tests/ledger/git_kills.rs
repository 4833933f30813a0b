//! A run with its ledger in git, killed at each of its pushes, and pushes that are refused: the next
//! run finishes the job.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

use crate::command::{Place, Server, git, words};

const BEFORE: &str = "departments: {Support: {}, Gone: {description: Old}}\n";
const AFTER: &str = "departments: {Support: {description: Answers}, Billing: {}}\n\
                     accounts: {Example Corporation: {}}\n\
                     contacts: {a@example.com: {lastName: A, account: Example Corporation}}\n";
/// Of what [`AFTER`] needs after [`BEFORE`]: three are made, one is changed, one is removed.
const WRITES: usize = 5;
/// The lock; all that the run is about to write; what came of it, with the lock given back.
const PUSHES: usize = 3;

/// A project whose organization is served on loopback, with something in it.
struct Stage {
    place: Place,
    server: Server,
    /// Writes and pushes up to now.
    before: (u64, usize),
}

impl Stage {
    fn new() -> Self {
        let mut place = Place::empty();
        place.in_git();
        let server = Server::start(&place, "--organization 700001");
        place.write(
            "deskform.yaml",
            &format!(
                "environments:\n  production: {{orgId: \"700001\", endpoint: {{desk: \"{0}\", accounts: \"{0}\"}}, ledger: git, guards: {{maxDeletePercent: 100}}}}\n",
                server.address()
            ),
        );
        place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
        place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
        place.set(
            "ZOHO_REFRESH_TOKEN",
            "1000.deskform-simulator.refresh.700001",
        );
        // Listings do not lag here, and no test waits.
        place.set("DESKFORM_SETTLE", "0");
        place.write("desk.yaml", BEFORE);
        place.done("apply --auto-approve");
        place.write("desk.yaml", AFTER);
        let mut stage = Self {
            place,
            server,
            before: (0, 0),
        };
        stage.before = (stage.writes(), stage.place.pushes());
        stage
    }

    fn writes(&self) -> u64 {
        self.server.statistics()["total"]["writes"]
            .as_u64()
            .unwrap()
    }

    /// How many writes and pushes there were since the beginning.
    fn counts(&self) -> (usize, usize) {
        let writes = self.writes() - self.before.0;
        let pushes = self.place.pushes() - self.before.1;
        (usize::try_from(writes).unwrap(), pushes)
    }

    /// What the remote does at the n-th push from now: before it has any effect, and after it.
    fn at_push(&self, n: usize, before: &str, after: &str) {
        let n = n + self.place.pushes();
        let at = format!("test $(wc -l < pushes) -eq {n} || exit 0\n");
        self.place.hook(&format!("{at}{before}"));
        self.place.hook_after(&format!("{at}{after}"));
    }

    /// Runs the command, which says first how it is found.
    fn apply(&self) -> Output {
        let command = self.place.command(&words("apply --auto-approve"));
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "echo $$ > ../pid; exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(command.get_current_dir().unwrap())
            .env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        shell.output().unwrap()
    }

    /// The names of the pieces that lie in the remote, but for past runs.
    fn pieces(&self) -> Vec<String> {
        let listed = git(
            &self.place.remote(),
            "ls-tree -r --name-only refs/deskform/production",
        );
        // Every run that wrote is kept, whatever became of it.
        let lines = listed.lines().filter(|name| !name.starts_with("history/"));
        lines.map(str::to_owned).collect()
    }

    fn is_locked(&self) -> bool {
        self.pieces().iter().any(|name| name == "ledger.lock")
    }

    fn has_journal(&self) -> bool {
        self.pieces().iter().any(|name| name.starts_with("runs/"))
    }

    /// The next run comes to what an undisturbed one comes to.
    fn converges(&self) {
        self.place.hook("");
        self.place.hook_after("");
        if self.is_locked() {
            let run = self.place.refused("apply --auto-approve");
            assert!(run.stderr.contains("the ledger is locked by `"), "{run}");
            self.place.done("unlock --force");
        }
        self.place.done("apply --auto-approve");
        let plan = self.place.done("plan --detailed-exitcode");
        assert!(plan.stdout.contains("No changes: "), "{plan}");
        assert_eq!(self.pieces(), ["ledger.json"]);
        // Nothing was made twice, and all of it is owned.
        let shown = self.place.done("ledger show --format json");
        for address in [
            "departments/Support",
            "departments/Billing",
            "accounts/Example Corporation",
            "contacts/a@example.com",
        ] {
            assert!(shown.stdout.contains(address), "{address}: {shown}");
        }
        assert_eq!(self.counts().0, WRITES, "writes");
    }
}

/// What a run says on standard error, without the ends of its lines.
fn unwrapped(run: &Output) -> String {
    let said = String::from_utf8_lossy(&run.stderr);
    let words: Vec<&str> = said
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    words.join(" ")
}

#[test]
fn undisturbed_it_pushes_three_times() {
    let stage = Stage::new();
    let run = stage.apply();
    assert!(run.status.success(), "{run:?}");
    assert_eq!(stage.counts(), (WRITES, PUSHES));
    stage.converges();
}

#[test]
fn killed_at_any_push_the_next_run_finishes() {
    let kill = "kill -KILL $(cat ../pid); exit 1";
    for push in 1..=PUSHES {
        for (is_after, before, after) in [(false, kill, ""), (true, "", kill)] {
            let stage = Stage::new();
            stage.at_push(push, before, after);
            let run = stage.apply();
            let what = format!("push {push}, after it: {is_after}\n{run:?}");
            assert_eq!(run.status.signal(), Some(9), "{what}");
            // Nothing is written before all that is about to be written lies in the remote.
            let (writes, pushes) = stage.counts();
            assert_eq!(pushes, push, "{what}");
            assert_eq!(writes, if push < 3 { 0 } else { WRITES }, "{what}");
            let place = (push, is_after);
            assert_eq!(
                stage.is_locked(),
                !matches!(place, (1, false) | (3, true)),
                "{what}"
            );
            assert_eq!(
                stage.has_journal(),
                matches!(place, (2, true) | (3, false)),
                "{what}"
            );
            stage.converges();
        }
    }
}

/// Whatever the server's reason, what is not recorded is not written, and what is written and not
/// recorded is told and found by the next run.
#[test]
fn a_push_that_is_refused_stops_the_run_or_is_told() {
    for push in 1..=PUSHES {
        let stage = Stage::new();
        // From then on every push is refused.
        let n = push + stage.place.pushes();
        stage.place.hook(&format!("test $(wc -l < pushes) -lt {n}"));
        let run = stage.apply();
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(!run.status.success(), "push {push}: {said}");
        assert!(
            said.contains("`git:origin/production` cannot be pushed: [remote rejected]"),
            "push {push}: {said}"
        );
        let (writes, _) = stage.counts();
        assert_eq!(writes, if push < 3 { 0 } else { WRITES }, "{said}");
        assert_eq!(stage.has_journal(), push == 3, "{said}");
        assert_eq!(stage.is_locked(), push > 1, "{said}");
        stage.converges();
    }
}

/// The connection breaks: nothing is written, or all that was written is found again.
#[test]
fn a_remote_that_goes_away_stops_the_run_or_is_told() {
    for push in 1..=PUSHES {
        let stage = Stage::new();
        let away = "mv ../remote.git ../away.git";
        stage.at_push(push, "", away);
        let run = stage.apply();
        let said = String::from_utf8(run.stderr).unwrap();
        let (root, writes) = (stage.place.root(), stage.writes() - stage.before.0);
        std::fs::rename(root.join("away.git"), root.join("remote.git")).unwrap();
        // What was pushed before holds: the last push may be the last.
        assert_eq!(run.status.success(), push == PUSHES, "push {push}: {said}");
        let expected = if push == 1 { 0 } else { WRITES };
        assert_eq!(usize::try_from(writes).unwrap(), expected, "{said}");
        let told = match push {
            1 => "help: check the network",
            2 => "the ledger was not saved",
            _ => "",
        };
        assert!(said.contains(told), "push {push}: {said}");
        stage.converges();
    }
}

/// Somebody forced the lock open, and another run saved meanwhile: neither loses what it made.
#[test]
fn a_ref_that_another_run_has_moved_is_never_overwritten() {
    let stage = Stage::new();
    // Between the intents and the first write another run comes in, with force.
    let line = words("apply --auto-approve");
    let other = stage.place.command(&line);
    let program = other.get_program().to_str().unwrap().to_owned();
    stage.at_push(
        2,
        "",
        &format!(
            "mv hooks/post-receive hooks/once; unset $(git rev-parse --local-env-vars) GIT_QUARANTINE_PATH; \
             cd ../project && {program} unlock --force >../other 2>&1 && {program} ledger forget departments/Gone >>../other 2>&1"
        ),
    );
    let run = stage.apply();
    let said = unwrapped(&run);
    let other = std::fs::read_to_string(stage.place.root().join("other")).unwrap();
    assert!(!run.status.success(), "{said}\n{other}");
    let log = git(
        &stage.place.remote(),
        "log --reverse --format=%s refs/deskform/production",
    );
    // Nobody's commit is gone.
    assert_eq!(
        log.lines()
            .filter(|line| line.contains("Save the ledger"))
            .count(),
        2,
        "{log}\n{said}\n{other}"
    );
    assert!(
        said.contains(
            "the ledger was not saved: `git:origin/production` cannot be pushed: another run"
        ),
        "{said}"
    );
    assert!(
        said.contains("the lock `git:origin/production:ledger.lock` was lost"),
        "{said}"
    );

    stage.place.hook("");
    stage.place.hook_after("");
    stage.place.done("apply --auto-approve");
    let plan = stage.place.done("plan --detailed-exitcode");
    assert!(plan.stdout.contains("No changes: "), "{plan}");
    assert_eq!(stage.pieces(), ["ledger.json"]);
}
