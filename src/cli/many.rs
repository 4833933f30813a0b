//! One command in many environments: `-e '*'`, `-e a,b` or `-e a -e b`.

use std::cell::RefCell;
use std::rc::Rc;

use super::Global;
use super::common::{Failure, Folder, Workspace, remark, report};
use super::heard::{Heard, objects};
use super::output::{print, print_as_it_is, print_markdown};
use super::terminal::style;
use super::wait::MaxWait;
use crate::config::Project;
use crate::ledger::Store;
use crate::manifest::Desired;
use crate::plan::{Options, matches};
use crate::problem::{Code, Problem, Problems, Severity, counted, exit, ticked};
use crate::report::Whereabouts;
use crate::report::environments::{self, Column, Row};
use crate::run_record::{View, watched};

/// What the words of `-e` are divided by.
const COMMA: char = ',';

/// What came of a command in one environment.
pub(super) struct Outcome {
    /// The exit code.
    pub(super) code: u8,
    /// The figures, in the order of the command's columns.
    pub(super) figures: Vec<usize>,
    /// What went wrong although something was printed.
    pub(super) error: Option<Failure>,
}

/// Where a command prints its result: on standard output, or into a report about many environments.
#[derive(Debug, Default)]
pub(super) struct Sink(Option<RefCell<String>>);

impl Sink {
    /// Hands a result over: it goes into the report about many environments, or else is printed.
    ///
    /// # Errors
    /// What keeps it from being printed.
    pub(super) fn take<E>(
        &self,
        text: String,
        print: impl FnOnce(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            Some(kept) => {
                *kept.borrow_mut() = text;
                Ok(())
            }
            None => print(&text),
        }
    }
}

/// The form of the result, as `--format` says it.
///
/// Of many environments, texts come one by one with a table at the end; the others are one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment
    Markdown,
}

impl Form {
    /// Prints a result that has this form.
    ///
    /// # Errors
    /// What keeps it from being printed.
    pub(super) fn print(self, shown: &str) -> Result<(), Failure> {
        match self {
            Self::Text => print(shown),
            Self::Json => print_as_it_is(shown),
            Self::Markdown => print_markdown(shown),
        }
    }
}

/// What a command does in one environment, with the targets that are meant there.
type Work<'w> = &'w dyn Fn(&Workspace, &Sink, &[String]) -> Result<Outcome, Failure>;

/// A command that works in one environment or in many.
pub(super) struct Many<'a> {
    /// What it is called.
    pub(super) name: &'static str,
    /// Whether its result in one environment is a line that says that all is well: nothing stands
    /// between these, and `--quiet` leaves them out, and the table with them.
    pub(super) is_line: bool,
    /// The key of its result in JSON.
    pub(super) key: &'static str,
    /// What its table shows.
    pub(super) columns: &'a [Column],
    /// The form of the result.
    pub(super) form: Form,
    /// The resources that are meant, as they were written. Of many environments each may lack some.
    pub(super) targets: &'a [String],
}

/// What a command that compares an environment with its organization begins with.
pub(super) struct Begun<'b> {
    pub(super) workspace: &'b Workspace,
    /// What the manifests want.
    pub(super) desired: Desired,
    /// How it is planned.
    pub(super) options: Options,
    /// Where the ledger is kept.
    pub(super) store: Store,
    global: &'b Global,
    form: Form,
    sink: &'b Sink,
}

impl Begun<'_> {
    /// Reads what is kept, tells what is odd about it, and plans with the creations that are in doubt.
    ///
    /// # Errors
    /// [`Failure`] when the place cannot be read or the ledger must be left alone.
    pub(super) async fn look(&mut self) -> Result<View, Failure> {
        let view = self.workspace.look(&self.store).await?;
        self.workspace.warn(self.global, &view.warnings);
        self.options.watched = watched(&view.doubts);
        Ok(view)
    }

    /// Shows the result in the form that was asked for.
    ///
    /// # Errors
    /// What keeps it from being printed.
    pub(super) fn show(
        &self,
        whereabouts: &Whereabouts,
        result: impl FnOnce(Form) -> String,
    ) -> Result<(), Failure> {
        let shown = result(self.form);
        match self.form {
            Form::Text => self.form.print(&format!("{}\n{shown}", whereabouts.line())),
            form => self.sink.take(shown, |text| form.print(text)),
        }
    }
}

/// Compares with their organizations all environments that are meant; see [`run`].
///
/// # Errors
/// Those of [`run`].
pub(super) fn compare(
    global: &Global,
    many: &Many<'_>,
    wait: MaxWait,
    work: &dyn Fn(Begun<'_>) -> Result<Outcome, Failure>,
) -> Result<u8, Failure> {
    run(global, many, &|workspace, sink, targets| {
        workspace.max_wait.set(wait.max_wait);
        let desired = workspace.compose(global)?;
        let options = workspace.options(global, targets)?;
        let store = workspace.store()?.batched();
        workspace.endpoint()?;
        work(Begun {
            workspace,
            desired,
            options,
            store,
            global,
            form: many.form,
            sink,
        })
    })
}

/// The commands that a hint may name and that work in one environment.
const IN_ONE: &[&str] = &[
    "apply", "auth", "drift", "export", "ledger", "plan", "unlock",
];

impl Global {
    /// A hint whose commands work in the environment that was named: whoever copies one changes no
    /// other environment.
    pub(super) fn in_its_environment(&self, hint: &str) -> String {
        let mut hint = hint.to_owned();
        if let ([name], false) = (&*self.words(), self.names_several()) {
            for command in IN_ONE {
                let named = format!("`deskform -e {name} {command}");
                hint = hint.replace(&format!("`deskform {command}"), &named);
            }
        }
        hint
    }

    /// The words of all `-e`, each once.
    fn words(&self) -> Vec<&str> {
        let words = self.environment.iter();
        let mut once = Vec::new();
        for word in words.flat_map(|word| word.split(COMMA)).map(str::trim) {
            if !once.contains(&word) {
                once.push(word);
            }
        }
        once
    }

    /// Whether several environments are meant, or any number of them.
    fn names_several(&self) -> bool {
        let words = self.words();
        words.len() > 1 || words.iter().any(|word| word.contains('*'))
    }

    /// The environment of a command that works in one.
    ///
    /// # Errors
    /// [`Failure`] where several are named.
    pub(super) fn one_environment(&self) -> Result<Option<&str>, Failure> {
        let words = self.words();
        if !self.names_several() {
            return Ok(words.first().copied());
        }
        Err(Problem::error(
            Code::OneEnvironment,
            format!(
                "this command works in one environment, and {} {} several",
                ticked(&words, "and"),
                if words.len() == 1 { "names" } else { "name" }
            ),
        )
        .help("name one with `-e NAME`; `validate`, `plan` and `drift` take several")
        .into())
    }
}

/// The environments that the words mean: in the order of the words, each once, patterns in the order
/// of the project file.
fn chosen(global: &Global, project: &Project) -> Result<Vec<String>, Problem> {
    let mut chosen: Vec<String> = Vec::new();
    for word in global.words() {
        let mut found: Vec<&str> = Vec::new();
        if word.contains('*') {
            let names = project.environments.iter().map(|one| &*one.name);
            found.extend(names.filter(|name| matches(word, name)));
            if found.is_empty() {
                let names: Vec<&str> = project.environments.iter().map(|one| &*one.name).collect();
                return Err(Problem::error(
                    Code::UnknownEnvironment,
                    format!("no environment fits `{word}`"),
                )
                .help(format!("there is {}", ticked(&names, "and"))));
            }
        } else {
            found.push(&project.environment(Some(word))?.name);
        }
        for name in found {
            if !chosen.iter().any(|one| one == name) {
                chosen.push(name.to_owned());
            }
        }
    }
    Ok(chosen)
}

/// Runs a command in every environment that is meant, one after the other; one that fails does not stop
/// the others. The project is read once. What was warned of and what failed is shown at the end, equal
/// ones once; a target counts as an error only where no environment has it.
///
/// # Errors
/// [`Failure`] when the words name no environment, or the result cannot be written.
pub(super) fn run(global: &Global, many: &Many<'_>, work: Work<'_>) -> Result<u8, Failure> {
    if !global.names_several() {
        let workspace = Workspace::open(global)?;
        let outcome = work(&workspace, &Sink::default(), many.targets)?;
        if let Some(failure) = &outcome.error {
            report(global, failure);
        }
        return Ok(outcome.code);
    }
    let mut folder = Folder::read(global)?;
    let heard = Rc::new(Heard::default());
    folder.heard = Some(Rc::clone(&heard));
    let names = chosen(global, &folder.project)
        .map_err(|problem| Failure::Problems(problem.into(), folder.texts.clone()))?;
    let mut rows = Vec::new();
    let mut lacks = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if !global.quiet {
            let heading = format!("environment `{name}`, {} of {}", at + 1, names.len());
            remark(global, &heading);
        }
        let sink = Sink((many.form != Form::Text).then(RefCell::default));
        let outcome = Workspace::of(global, &folder, Some(name)).and_then(|workspace| {
            let (outcome, lacking) = targeted(many, &workspace, &sink, work)?;
            lacks.push((at, lacking));
            Ok(outcome)
        });
        let (code, figures, failure) = match outcome {
            Ok(outcome) => (outcome.code, outcome.figures, outcome.error),
            Err(failure) => (exit::ERROR, Vec::new(), Some(failure)),
        };
        // An environment that lacks every target has shown nothing.
        let has_none = lacks.last().is_some_and(|(of, lacking)| {
            *of == at && !lacking.is_empty() && lacking.len() == many.targets.len()
        });
        if many.form == Form::Text && code != exit::ERROR && !many.is_line && !has_none {
            print("\n")?;
        }
        let mut row = Row {
            environment: name.clone(),
            code,
            figures,
            error: None,
            failure: Vec::new(),
            report: sink
                .0
                .map(RefCell::into_inner)
                .filter(|text| !text.is_empty()),
        };
        if let Some(failure) = &failure {
            fail(global, &mut row, failure, &heard);
        }
        rows.push(row);
    }
    // What no environment has is a slip of the pen; one that failed may have it.
    let has = |target: &String| {
        let mut all = lacks.iter();
        lacks.len() < names.len()
            || all.any(|(_, lacking)| !lacking.iter().any(|(one, _)| one == target))
    };
    for (at, lacking) in &lacks {
        let slips = lacking.iter().filter(|(target, _)| !has(target));
        for (_, failure) in slips {
            if let Some(row) = rows.get_mut(*at) {
                row.code = exit::ERROR;
                row.figures.clear();
                fail(global, row, failure, &heard);
            }
        }
    }
    heard.show(global, &names);
    match many.form {
        Form::Text if global.quiet && many.is_line => {}
        Form::Text => {
            let above = if many.is_line { "\n" } else { "" };
            let table = environments::text(&rows, many.columns, style(global));
            print(&format!("{above}{table}"))?;
        }
        Form::Json => print_as_it_is(&environments::json(&rows, many.columns, many.key))?,
        Form::Markdown => print_markdown(&environments::markdown(&rows, many.columns, many.name))?,
    }
    Ok(environments::worst(&rows))
}

/// Notes in a row why its environment failed.
fn fail(global: &Global, row: &mut Row, failure: &Failure, heard: &Heard) {
    heard.failure(&row.environment, failure);
    row.error.get_or_insert_with(|| first(failure));
    row.failure
        .extend(objects(global, failure, &row.environment));
}

/// A target that an environment lacks, with what was said of it.
type Lacking = (String, Failure);

/// Works in an environment with those of the targets that it has; says which it lacks. With none of
/// them there is nothing to do.
fn targeted(
    many: &Many<'_>,
    workspace: &Workspace,
    sink: &Sink,
    work: Work<'_>,
) -> Result<(Outcome, Vec<Lacking>), Failure> {
    let mut targets = many.targets.to_vec();
    let mut lacking = Vec::new();
    loop {
        let (problems, texts) = match work(workspace, sink, &targets) {
            Err(Failure::Problems(problems, texts)) => (problems, texts),
            other => return Ok((other?, lacking)),
        };
        let unknown = |target: &String| {
            let start = format!("`{target}` ");
            let mut all = problems.list.iter();
            all.find(|one| one.code == Code::UnknownTarget && one.message.starts_with(&start))
        };
        let mut errors = problems.list.iter();
        let is_all =
            errors.all(|one| one.code == Code::UnknownTarget || one.severity != Severity::Error);
        let before = targets.len();
        if is_all {
            targets.retain(|target| {
                let problem = unknown(target);
                lacking.extend(problem.map(|problem| {
                    let problem = Problems::from(problem.clone());
                    (target.clone(), Failure::Problems(problem, texts.clone()))
                }));
                problem.is_none()
            });
        }
        if targets.len() == before {
            return Err(Failure::Problems(problems, texts));
        }
        if targets.is_empty() {
            let nothing = Outcome {
                code: exit::OK,
                figures: vec![0; many.columns.len()],
                error: None,
            };
            return Ok((nothing, lacking));
        }
    }
}

/// What went wrong first, and how much more.
pub(super) fn first(failure: &Failure) -> String {
    match failure {
        Failure::Problems(problems, _) => {
            let mut errors = problems
                .list
                .iter()
                .filter(|problem| problem.severity == Severity::Error);
            let first = errors.next().map(|problem| problem.message.clone());
            match (first, errors.count()) {
                (Some(first), 0) => first,
                (Some(first), more) => format!("{first}, and {} more", counted(more, "problem")),
                (None, _) => "something is wrong".to_owned(),
            }
        }
        Failure::Api(error) | Failure::Elsewhere(error, _) => error.to_string(),
        Failure::Unread(unread) => unread.first().map_or_else(
            || "something could not be read".to_owned(),
            ToString::to_string,
        ),
        Failure::Io(error) => error.to_string(),
    }
}
