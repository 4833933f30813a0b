//! A project with something to apply, and the real binary at work in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{PipeReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use deskform::dialect::Dialect;
use deskform::simulator::{OrganizationSeed, Settings, Simulator};
use serde_json::Value;

use super::ORGANIZATION;
use super::command::{Place, git, shell_line, signals_end, with_signals};
use super::desk::{Desk, Seen, Trap, Watch};

/// What is applied before.
const BEFORE: &str = "\
accounts: {One: {phone: '1'}, Gone: {}}
contacts: {a@example.com: {lastName: Doe, account: One}}
";
/// What is wanted: two are changed, five are made, one is removed. Some contacts wait for an account.
const AFTER: &str = "\
accounts: {One: {phone: '2'}, Two: {}, Three: {}}
contacts:
  a@example.com: {lastName: Roe, account: One}
  b@example.com: {lastName: Doe, account: Two}
  c@example.com: {lastName: Doe, account: Two}
  d@example.com: {lastName: Doe, account: Two}
removed: {accounts: [Gone]}
";
/// How many steps that takes, each of which is one write.
pub const STEPS: usize = 8;
/// How many objects of each collection are declared then.
const DECLARED: [(&str, usize); 2] = [("accounts", 3), ("contacts", 4)];

/// A project and its organization, from which every case begins.
pub struct Scene {
    /// The dialect of the organization's API.
    pub dialect: Dialect,
    files: BTreeMap<String, Vec<u8>>,
    state: String,
    /// Where the ledger is, if it lies in git.
    remote: Option<Place>,
    /// What the organization holds when all of it is applied.
    end: String,
}

impl Scene {
    /// Lets what is there before be made, and finds out what an undisturbed run comes to.
    pub fn new(dialect: Dialect, in_git: bool) -> Self {
        let mut place = Place::empty();
        if in_git {
            place.in_git();
        }
        let simulator = Simulator::new(Settings {
            dialect,
            organizations: vec![OrganizationSeed::new(ORGANIZATION)],
            // No test waits for the end of a minute.
            rate_limit_headers: false,
            enforce_minute_limits: false,
            ..Settings::default()
        });
        let mut scene = Self {
            dialect,
            files: BTreeMap::from([("desk.yaml".to_owned(), BEFORE.into())]),
            state: simulator.save(),
            remote: in_git.then_some(place),
            end: String::new(),
        };
        let stage = Stage::new(&scene);
        stage.place.done("apply --auto-approve");
        // An older plan, which only a new one may replace.
        stage.place.done("plan --out plan.json");
        stage.place.write("desk.yaml", AFTER);
        scene.state = stage.desk.save();
        scene.files = stage.place.files();
        if in_git {
            scene.remote = Some(stage.place);
        }
        let stage = Stage::new(&scene);
        let plan = stage.place.done("plan --format json").stdout;
        assert_eq!(plan.matches("\"verb\": \"").count(), STEPS, "{plan}");
        let watch = stage.desk.arm(Trap::Nothing);
        stage.place.done("apply --auto-approve");
        assert_eq!(watch.look(|seen| seen.taken), STEPS);
        scene.end = stage.desk.picture().0;
        scene
    }

    /// Whether its ledger lies in git.
    pub fn is_in_git(&self) -> bool {
        self.remote.is_some()
    }
}

/// What is kept of runs, and the files of the project.
pub type Kept = BTreeMap<String, Vec<u8>>;

/// A scene that is being played.
pub struct Stage {
    /// The project.
    pub place: Place,
    /// What it is applied to.
    pub desk: Desk,
    in_git: bool,
    end: String,
}

impl Stage {
    /// The scene, from its beginning.
    pub fn new(scene: &Scene) -> Self {
        let mut place = Place::empty();
        if let Some(kept) = &scene.remote {
            place.in_git();
            let line = format!("fetch --quiet {} refs/*:refs/*", kept.remote().display());
            git(&place.remote(), &line);
        }
        for (name, bytes) in &scene.files {
            let path = place.path(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, bytes).expect("a writable file");
        }
        let simulator = Simulator::load(&scene.state).expect("its own state");
        let desk = Desk::serve(simulator, scene.dialect);
        let (address, dialect) = (desk.address, scene.dialect);
        let in_git = scene.remote.is_some();
        let ledger = if in_git { ", ledger: git" } else { "" };
        place.write(
            "deskform.yaml",
            &format!(
                "environments:\n  served: {{orgId: '{ORGANIZATION}', dialect: {dialect}, endpoint: {{desk: 'http://{address}', accounts: 'http://{address}'}}{ledger}}}\n"
            ),
        );
        place.set("ZOHO_CLIENT_ID", "1000.DESKFORMSIMULATOR");
        place.set("ZOHO_CLIENT_SECRET", "deskform-simulator");
        place.set(
            "ZOHO_REFRESH_TOKEN",
            &format!("1000.deskform-simulator.refresh.{ORGANIZATION}"),
        );
        // Listings do not lag here, and no test waits.
        place.set("DESKFORM_SETTLE", "0");
        Self {
            place,
            desk,
            in_git,
            end: scene.end.clone(),
        }
    }

    /// The files of the project, and what lies in the ledger's remote.
    pub fn kept(&self) -> Kept {
        let mut kept = self.place.files();
        if self.in_git {
            let remote = self.place.remote();
            let names = git(&remote, "ls-tree -r --name-only refs/deskform/served");
            for name in names.lines() {
                let bytes = git(&remote, &format!("show refs/deskform/served:{name}"));
                kept.insert(format!(".deskform/{name}"), bytes.into_bytes());
            }
        }
        kept
    }

    /// What `ledger show` tells. Nobody holds the lock.
    pub fn ledger(&self) -> Value {
        let shown = self.place.done("ledger show --format json").stdout;
        let ledger: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(ledger["lock"], Value::Null);
        let left = self.kept().into_keys();
        let locks: Vec<String> = left
            .filter(|name| [".lock", ".alive"].iter().any(|end| name.ends_with(end)))
            .collect();
        assert!(locks.is_empty(), "{locks:?}");
        ledger
    }

    /// The ledger owns what is there; where something is in doubt, a journal tells the rest.
    pub fn agrees(&self, ledger: &Value, in_doubt: bool) {
        let runs = ledger["unfinishedRuns"].as_array().expect("runs");
        assert_eq!(runs.len(), usize::from(in_doubt), "{ledger:#}");
        let resources = ledger["resources"].as_array().expect("resources");
        let owned: BTreeSet<&str> = resources
            .iter()
            .filter_map(|one| one["id"].as_str())
            .collect();
        let live: Vec<String> = (DECLARED.iter())
            .flat_map(|(collection, _)| self.desk.ids(collection))
            .collect();
        let live: BTreeSet<&str> = live.iter().map(String::as_str).collect();
        if in_doubt {
            let told = runs
                .iter()
                .flat_map(|run| [&run["settled"], &run["unsettled"]]);
            let told: u64 = told.filter_map(Value::as_u64).sum();
            let unknown = live.symmetric_difference(&owned).count();
            assert!(unknown <= usize::try_from(told).expect("few"), "{ledger:#}");
        } else {
            assert_eq!(owned, live, "{ledger:#}");
        }
    }

    /// The next run finishes the job; `taken` writes had their effect up to now.
    pub fn finishes(&self, taken: usize) {
        let watch = self.desk.arm(Trap::Nothing);
        let run = self.place.done("apply --auto-approve");
        let all = taken + watch.look(|seen| seen.taken);
        assert_eq!(all, STEPS, "writes that had their effect\n{run}");
        let (found, twice) = self.desk.picture();
        assert!(twice.is_empty(), "{twice:?}");
        let diff = similar::TextDiff::from_lines(self.end.as_str(), &found);
        assert!(
            found == self.end,
            "{}",
            diff.unified_diff().context_radius(2)
        );
        for (collection, count) in DECLARED {
            assert_eq!(self.desk.ids(collection).len(), count, "{collection}");
        }
        self.agrees(&self.ledger(), false);
        let plan = self.place.run("plan --detailed-exitcode");
        assert_eq!(plan.code, 0, "{plan}");
        let ledger = if self.in_git { "ledger" } else { "served" };
        let kept = self.kept().into_keys();
        // Every run that wrote is kept, whatever became of it.
        let kept = kept.filter(|name| !name.contains("/history/"));
        let left: Vec<String> = kept.filter(|name| name.contains(".deskform/")).collect();
        assert_eq!(left, [format!(".deskform/{ledger}.json")]);
    }

    /// Starts a command whose results somebody reads, or nobody any more from some time on.
    pub fn start(&self, mut command: Command, trap: Trap, stderr: Stderr) -> Running {
        let watch = self.desk.arm(trap);
        let (results, stdout) = std::io::pipe().expect("a pipe");
        let (said, to_say) = std::io::pipe().expect("a pipe");
        command.stdout(stdout).stderr(to_say);
        let said: Option<PipeReader> = (stderr != Stderr::Unread).then_some(said);
        let mut child = command.spawn().expect("the binary");
        // The command's own ends of the pipes are closed with it, here as well.
        drop(command);
        let id = child.id();
        let heard = said.map(|said| listen(said, Arc::clone(&watch), stderr));
        let told = Arc::clone(&watch);
        let end = thread::spawn(move || {
            let status = child.wait().expect("an end");
            if let Some(heard) = heard {
                heard.join().expect("it");
            }
            told.note(|seen| seen.has_ended = true);
            status
        });
        Running {
            id,
            watch,
            end,
            results: Some(results),
            typed: None,
        }
    }

    /// Starts a command on a terminal, where its results go as well unless `results` is set. The
    /// shell says first how the process is found.
    pub fn start_on_terminal(&self, line: &str, trap: Trap, results: bool) -> Running {
        let watch = self.desk.arm(trap);
        let to = if results {
            self.fifo("results");
            " > ../results"
        } else {
            ""
        };
        let command = shell_line(&signals_end(&self.place, line));
        let shell = format!("echo $$ > ../pid; exec {command}{to}");
        let mut running = self.terminal(&shell, watch);
        running.results = results.then(|| {
            let fifo = File::open(self.place.root().join("results")).expect("a pipe");
            PipeReader::from(std::os::fd::OwnedFd::from(fifo))
        });
        running
    }

    /// Starts a command on a terminal whose shell passes on that the terminal goes away, and tells
    /// the command's exit code when nobody else can.
    pub fn start_below_shell(&self, line: &str, trap: Trap) -> Running {
        let watch = self.desk.arm(trap);
        self.fifo("hung");
        self.fifo("code");
        let command = shell_line(&signals_end(&self.place, line));
        // The second wait is for a wait that the signal has ended.
        let shell = format!(
            "exec 8<&0; trap 'kill -HUP $child; echo > ../hung' HUP; {command} <&8 & child=$!; \
             wait $child; code=$?; if [ $code -gt 128 ]; then wait $child; code=$?; fi; \
             echo $code > ../code"
        );
        self.terminal(&shell, watch)
    }

    fn terminal(&self, shell: &str, watch: Arc<Watch>) -> Running {
        let plain = self.place.on_terminal(shell);
        let mut terminal = with_signals(plain);
        terminal.stdin(Stdio::piped()).stderr(Stdio::null());
        let (said, to_say) = std::io::pipe().expect("a pipe");
        let mut child = terminal
            .stdout(to_say)
            .spawn()
            .expect("`script` of util-linux");
        drop(terminal);
        let typed = child.stdin.take();
        let id = child.id();
        let heard = listen(said, Arc::clone(&watch), Stderr::Read);
        let told = Arc::clone(&watch);
        let end = thread::spawn(move || {
            let status = child.wait().expect("an end");
            heard.join().expect("it");
            told.note(|seen| seen.has_ended = true);
            status
        });
        Running {
            id,
            watch,
            end,
            results: None,
            typed,
        }
    }

    fn fifo(&self, name: &str) {
        let path = self.place.root().join(name);
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.expect("`mkfifo` of coreutils").success());
    }

    /// What a pipe of the shell's line tells.
    pub fn told(&self, name: &str) -> String {
        let text = fs::read_to_string(self.place.root().join(name)).expect("a pipe");
        text.trim().to_owned()
    }
}

/// Who reads standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// Somebody, to its end.
    Read,
    /// Somebody, until these words come.
    Until(&'static str),
    /// Nobody.
    Unread,
}

/// Reads what a process says.
fn listen(mut said: PipeReader, watch: Arc<Watch>, stderr: Stderr) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            // A terminal that goes away is the end of what it shows.
            let count = said.read(&mut buffer).unwrap_or(0);
            let text = String::from_utf8_lossy(buffer.get(..count).expect("a part"));
            let mut is_over = count == 0;
            watch.note(|seen| {
                seen.said.push_str(&text.replace('\r', ""));
                is_over |= matches!(stderr, Stderr::Until(words) if seen.said.contains(words));
            });
            if is_over {
                return;
            }
        }
    })
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match status.signal() {
            Some(signal) => Self::Signal(signal),
            None => Self::Code(status.code().expect("a code")),
        }
    }
}

/// A process that is under way.
pub struct Running {
    /// Its id; on a terminal that of the terminal.
    pub id: u32,
    /// What is known of it.
    pub watch: Arc<Watch>,
    end: JoinHandle<ExitStatus>,
    results: Option<PipeReader>,
    typed: Option<ChildStdin>,
}

impl Running {
    /// Waits until something is known, which comes before the end.
    pub fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        if let Err(said) = self.watch.until(is_so) {
            panic!("it ended before {what}:\n{said}");
        }
    }

    /// Reads standard output no more.
    pub fn close(&mut self) {
        assert!(self.results.take().is_some(), "somebody reads");
    }

    /// Types something on the terminal.
    pub fn types(&mut self, text: &str) {
        let typed = self.typed.as_mut().expect("a terminal");
        typed.write_all(text.as_bytes()).expect("a terminal");
    }

    /// Waits for the end, and returns it with what came to standard output.
    pub fn ends(mut self) -> (End, String) {
        let mut text = String::new();
        if let Some(mut results) = self.results.take() {
            results.read_to_string(&mut text).expect("UTF-8");
        }
        let status = self.end.join().expect("an end");
        (status.into(), text)
    }
}

/// Sends a signal to a process.
pub fn send(signal: &str, pid: u32) {
    let line = format!("kill -{signal} {pid}");
    let sent = Command::new("sh").args(["-c", &line]).status();
    assert!(sent.expect("a shell").success());
}
