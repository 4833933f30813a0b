//! The picture of the README: a plan as the program prints it on a terminal.
//!
//! `DESKFORM_BLESS=1 cargo test --test readme` draws it anew.

use std::fs;

use anstyle::{Ansi256Color, AnsiColor, Color, RgbColor};
use anstyle_svg::Term;

use crate::command::{Place, repository, shell_line, words};

const PROJECT: &str =
    "environments:\n  local: {simulator: {dialect: openapi, edition: enterprise}}\n";

const DESK: &str = "\
departments:
  Technical Support: {description: Handles all technical issues}
  Billing: {description: Invoices and refunds}
webhooks:
  crm-sync:
    url: https://crm.example.com/zoho-desk
    subscriptions: {Ticket_Add: {}}
  old-chat:
    url: https://chat.example.com/tickets
    subscriptions: {Ticket_Add: {}}
";

/// A desk that was applied and in which somebody has changed a department since, and files that
/// somebody has edited.
fn edited() -> Place {
    let place = Place::with(&[("deskform.yaml", PROJECT), ("desk.yaml", DESK)]);
    place.done("apply --auto-approve");
    // What another ledger's run has done is a change on a screen for this one.
    let ledger = place.read(".deskform/local.json");
    place.edit("desk.yaml", "Invoices and refunds", "Invoices");
    place.done("apply --auto-approve");
    place.write(".deskform/local.json", &ledger);
    for (from, to) in [
        ("Invoices", "Invoices and refunds"),
        (
            "Handles all technical issues",
            "Answers within four working hours",
        ),
        (
            "webhooks:\n",
            "  Onboarding: {description: The first ninety days of new customers}\nwebhooks:\n",
        ),
    ] {
        place.edit("desk.yaml", from, to);
    }
    let text = place.read("desk.yaml");
    let (kept, _) = text.split_once("  old-chat:").expect("it");
    place.write("desk.yaml", kept);
    place
}

#[test]
fn the_picture_is_what_a_terminal_shows() {
    let place = edited();
    let plan = shell_line(&place.command(&words("plan")));
    let mut terminal = place.on_terminal(&format!("env -u NO_COLOR TERM=xterm-256color {plan}"));
    let output = terminal.output().expect("`script` of util-linux");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let shown = shown.replace('\r', "");
    // It shows what the text beside it says, in colours.
    for (sign, number) in [
        ("\u{1b}[32m+ create", 1),
        ("\u{1b}[33m~ update", 2),
        ("\u{1b}[31m- delete", 1),
        ("changed in Zoho Desk since the last apply", 1),
    ] {
        assert_eq!(shown.matches(sign).count(), number, "{shown:?}");
    }

    // Colours that are told apart on this background, which is told from white and from black.
    let mut palette = anstyle_svg::WIN10_CONSOLE;
    for (color, rgb) in [
        (AnsiColor::Red, RgbColor(0xff, 0x7b, 0x72)),
        (AnsiColor::Green, RgbColor(0x7e, 0xe7, 0x87)),
        (AnsiColor::Yellow, RgbColor(0xf2, 0xcc, 0x60)),
        (AnsiColor::Cyan, RgbColor(0x76, 0xe3, 0xea)),
    ] {
        palette.0[usize::from(Ansi256Color::from_ansi(color).index())] = rgb;
    }
    let picture = Term::new()
        // Where the font is wider than it is taken for.
        .min_width_px(1080)
        .palette(palette)
        .fg_color(Color::Rgb(RgbColor(0xd8, 0xde, 0xe9)))
        .bg_color(Color::Rgb(RgbColor(0x22, 0x27, 0x2e)))
        .render_svg(&format!(
            "\u{1b}[1m$ deskform plan\u{1b}[0m\n{}",
            shown.trim_end()
        ));
    let path = repository().join("docs/terminal.svg");
    if std::env::var_os("DESKFORM_BLESS").is_some() {
        fs::write(&path, &picture).expect("a picture");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == picture,
        "docs/terminal.svg shows something else:\n{}",
        similar::TextDiff::from_lines(&kept, &picture)
            .unified_diff()
            .context_radius(3)
    );
}
